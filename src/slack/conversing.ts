import type { BlockAction, ViewSubmitAction } from '@slack/bolt';
import type { Asker } from '../commands/account.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import type { ConversationActions } from '../commands/conversations.ts';
import { type ListState, listOf, readList, readSession } from '../commands/session-buttons.ts';
import { NAME_MISSING, NO_LONGER_THERE } from '../commands/session-words.ts';
import { archiveIdle } from '../commands/tidying.ts';
import type { Admitted } from './admitted.ts';
import { wordsOf } from './answer-blocks.ts';
import { personIn, pressedValue } from './interactions.ts';
import type { Json } from './json.ts';
import type { PrivateWord } from './link-blocks.ts';
import type { Origins, Pressed } from './origin.ts';
import { readRename, readSearch, renameForm, searchForm } from './session-forms.ts';
import type { Listener } from './whisper.ts';

export interface ConversingDeps {
  readonly conversations: ConversationActions;
  readonly admitted: Admitted;
  readonly origins: Origins;
  /** Something of a person's is another now: their App Home shows it. */
  readonly changed: (who: Listener['sender']) => void;
  /** Opens the form for a new conversation. */
  readonly openNewForm: (pressed: Pressed) => void;
  readonly onIgnored: (why: string) => void;
}

/** Answers to a form: undefined: it is taken, and closes. */
export type FormAnswer =
  | undefined
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly response_action: 'update'; readonly view: Json };

/**
 * The buttons and forms of conversations. What changes something is done before the acknowledgement, and throws when it
 * could not be stored; what is shown then comes after it.
 */
export function createConversing(deps: ConversingDeps) {
  const { conversations, origins } = deps;

  /** Who pressed, where, and the list that they look at; undefined for whoever may not, and for what is malformed. */
  async function pressedIn(body: BlockAction, list: ListState | undefined): Promise<Pressed | undefined> {
    const from = list && (await origins.of(body));
    if (!from) {
      deps.onIgnored('malformed');
      return undefined;
    }
    if (!deps.admitted(from.who)) return undefined;
    const { conversation: channel, thread } = from.who.key;
    return { who: from.who, trigger: from.trigger, origin: { channel, thread, at: from.at, list } };
  }

  async function pressedSession(body: BlockAction) {
    const value = readSession(pressedValue(body));
    const pressed = await pressedIn(body, value && listOf(value));
    return value && pressed ? { ...pressed, id: value.id } : undefined;
  }

  const listed = async (who: Asker, list: ListState, said?: string): Promise<PrivateWord> =>
    wordsOf(await conversations.list(who, list), list, said);

  /** What was looked up; without anything to show, why that is, above the list. */
  const found = async (who: Asker, list: ListState, answer: ConversationAnswer): Promise<PrivateWord> =>
    answer.shown || answer.button ? wordsOf(answer, list) : listed(who, list, answer.text);

  /** After a change: the list as it is now, below what was done. The App Home shows the list itself. */
  function showChange(pressed: Pressed, answer: ConversationAnswer): void {
    const { who, origin } = pressed;
    deps.changed(who.sender);
    const { text, button, found: done } = answer;
    if (button) origins.show(pressed, async () => wordsOf(answer));
    else if (origin.at.kind !== 'home') origins.show(pressed, () => listed(who, origin.list, text));
    else if (!done) origins.show(pressed, async () => wordsOf({ text, found: done, atWork: false }));
  }

  /** A button of a session that changes it. */
  const changing =
    (change: (asker: Asker, id: string) => Promise<ConversationAnswer>) =>
    async (body: BlockAction): Promise<void> => {
      const pressed = await pressedSession(body);
      if (pressed) showChange(pressed, await change(pressed.who, pressed.id));
    };

  return {
    archive: changing((who, id) => conversations.archive(who, { id })),
    restore: changing((who, id) => conversations.restore(who, { id })),
    remove: changing((who, id) => conversations.remove(who, { id })),

    /** Shows a list: a page of it, the archived ones, or all. */
    async show(body: BlockAction): Promise<void> {
      const list = readList(pressedValue(body));
      const pressed = await pressedIn(body, list);
      if (list && pressed) origins.show(pressed, () => listed(pressed.who, list));
    },

    async resume(body: BlockAction): Promise<void> {
      const pressed = await pressedSession(body);
      if (!pressed) return;
      const answer = await conversations.resume(pressed.who, { id: pressed.id }, claimOf(pressed));
      if (!answer) return;
      deps.changed(pressed.who.sender);
      origins.show(pressed, async () =>
        answer.found
          ? wordsOf(answer, pressed.origin.list)
          : listed(pressed.who, pressed.origin.list, answer.text),
      );
    },

    async history(body: BlockAction): Promise<void> {
      const pressed = await pressedSession(body);
      if (!pressed) return;
      origins.show(pressed, async () => {
        const answer = await conversations.history(pressed.who, { id: pressed.id });
        return found(pressed.who, pressed.origin.list, answer);
      });
    },

    /** Opens the form for name, tags and project. */
    async rename(body: BlockAction): Promise<void> {
      const pressed = await pressedSession(body);
      if (!pressed) return;
      const entry = await conversations.entryOf(pressed.who, pressed.id);
      if (entry) return origins.open(pressed, renameForm(entry, pressed.origin));
      showChange(pressed, { text: NO_LONGER_THERE, found: false, atWork: false });
    },

    async renamed(body: ViewSubmitAction): Promise<FormAnswer> {
      const form = readRename(body.view);
      if (!form) {
        deps.onIgnored('malformed');
        return undefined;
      }
      const { origin, id, name, tags, project } = form;
      const who = personIn(body, origin.channel, origin.thread);
      if (!deps.admitted(who)) return undefined;
      if (name === '') return { response_action: 'errors', errors: { name: NAME_MISSING } };
      const answer = await conversations.edit(who, id, { name, tags, project });
      const { found: done, refused = 'name', text } = answer;
      if (!done || answer.refused)
        return { response_action: 'errors', errors: { [refused]: text.slice(0, 300) } };
      showChange({ who, origin, trigger: body.trigger_id ?? '' }, answer);
      return undefined;
    },

    /** Opens the form for what is looked for. */
    async search(body: BlockAction): Promise<void> {
      const list = readList(pressedValue(body));
      const pressed = await pressedIn(body, list);
      if (list && pressed) origins.open(pressed, searchForm(pressed.origin, list.words ?? ''));
    },

    async searched(body: ViewSubmitAction): Promise<FormAnswer> {
      const form = readSearch(body.view);
      if (!form) {
        deps.onIgnored('malformed');
        return undefined;
      }
      const { origin, words, talk, list } = form;
      const who = personIn(body, origin.channel, origin.thread);
      if (!deps.admitted(who)) return undefined;
      const find = async () => (talk ? wordsOf(await conversations.search(who, words)) : listed(who, list));
      if (origin.at.kind !== 'home') {
        origins.show({ who, origin, trigger: '' }, find);
        return undefined;
      }
      origins.showIn(who, origin, body.view.id, find);
      return { response_action: 'update', view: origins.waitingView(origin) };
    },

    /** Archives those that were long idle, of a list that offers it. */
    async tidy(body: BlockAction): Promise<void> {
      const list = readList(pressedValue(body));
      const pressed = await pressedIn(body, list);
      if (list && pressed) showChange(pressed, await archiveIdle(conversations, pressed.who, list));
    },

    /** A new conversation: in the thread where it was pressed, or by a form where there is none. */
    async startNew(body: BlockAction): Promise<void> {
      const pressed = await pressedIn(body, readList(pressedValue(body)) ?? {});
      if (!pressed) return;
      if (pressed.origin.at.kind === 'home') return deps.openNewForm(pressed);
      const answer = await conversations.startNew(pressed.who, undefined, claimOf(pressed));
      if (answer) showChange(pressed, answer);
    },
  };
}

/** However often Slack delivers a press, it counts once. */
const claimOf = ({ who, trigger }: Pressed): string => `slack:press:${who.key.tenant}:${trigger}`;

export type Conversing = ReturnType<typeof createConversing>;
