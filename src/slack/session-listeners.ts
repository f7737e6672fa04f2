import type { App, BlockAction, GlobalShortcut, MessageShortcut, ViewSubmitAction } from '@slack/bolt';
import {
  SESSION_ARCHIVE,
  SESSION_DELETE,
  SESSION_HISTORY,
  SESSION_NEW,
  SESSION_RENAME,
  SESSION_RESTORE,
  SESSION_RESUME,
  SESSIONS_FIRST,
  SESSIONS_NEXT,
  SESSIONS_OTHER,
  SESSIONS_SEARCH,
  SESSIONS_TIDY,
} from '../commands/session-buttons.ts';
import type { Conversing, FormAnswer } from './conversing.ts';
import { RENAME_FORM, SEARCH_FORM } from './session-forms.ts';
import { ASK_ABOUT, ASK_ABOUT_FORM, NEW_SESSION, NEW_SESSION_FORM, type Shortcuts } from './shortcuts.ts';
import { TASK_ACTION } from './tasks.ts';

type Press = (body: BlockAction) => Promise<void>;
type Submit = (body: ViewSubmitAction) => Promise<FormAnswer>;

/** What is listened to for conversations, shortcuts and tasks; each name is registered once. */
export function conversationListeners(deps: {
  readonly conversing: Conversing;
  readonly shortcuts: Shortcuts;
  readonly tasks: Press;
  /** What is pressed in the App Home alone. */
  readonly home: readonly (readonly [string, Press])[];
}) {
  const { conversing, shortcuts, tasks, home } = deps;
  const actions: readonly (readonly [string | RegExp, Press])[] = [
    [SESSION_RESUME, conversing.resume],
    [SESSION_RENAME, conversing.rename],
    [SESSION_HISTORY, conversing.history],
    [SESSION_ARCHIVE, conversing.archive],
    [SESSION_RESTORE, conversing.restore],
    [SESSION_DELETE, conversing.remove],
    [SESSION_NEW, conversing.startNew],
    [SESSIONS_NEXT, conversing.show],
    [SESSIONS_FIRST, conversing.show],
    [SESSIONS_OTHER, conversing.show],
    [SESSIONS_SEARCH, conversing.search],
    [SESSIONS_TIDY, conversing.tidy],
    [TASK_ACTION, tasks],
    ...home,
  ];
  const views: readonly (readonly [string, Submit])[] = [
    [RENAME_FORM, conversing.renamed],
    [SEARCH_FORM, conversing.searched],
    [ASK_ABOUT_FORM, shortcuts.askedAbout],
    [NEW_SESSION_FORM, shortcuts.sessionStarted],
  ];
  return { actions, views };
}

/** The shortcuts of `manifest.yml`. */
export const SHORTCUTS = [ASK_ABOUT, NEW_SESSION] as const;

/** A listener that throws makes the delivery fail: Slack shows the person that it did not work. */
export function listenToConversations(
  app: Pick<App, 'action' | 'view' | 'shortcut'>,
  deps: Parameters<typeof conversationListeners>[0],
): void {
  const { actions, views } = conversationListeners(deps);
  for (const [name, press] of actions)
    app.action<BlockAction>(name, async ({ ack, body }) => {
      await press(body);
      await ack();
    });
  for (const [name, submit] of views)
    app.view<ViewSubmitAction>(name, async ({ ack, body }) => {
      const answer = await submit(body);
      await (answer ? ack(answer as never) : ack());
    });
  app.shortcut<MessageShortcut>(ASK_ABOUT, async ({ ack, body }) => {
    deps.shortcuts.askAbout(body);
    await ack();
  });
  app.shortcut<GlobalShortcut>(NEW_SESSION, async ({ ack, body }) => {
    deps.shortcuts.newSession(body);
    await ack();
  });
}
