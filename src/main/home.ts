import { maskSecrets } from '../chat/secrets.ts';
import type { AccountCommands, WhoAnswer } from '../commands/account.ts';
import type { Task } from '../commands/commands.ts';
import type { ConversationActions } from '../commands/conversations.ts';
import { PREDEFINED_TASKS } from '../contract/tasks.ts';
import type { Home } from '../slack/app.ts';
import { createAsides } from '../slack/asides.ts';
import type { SlackClient } from '../slack/client.ts';
import type { DueHome, HomePeople } from '../slack/home-people.ts';
import { startHomePublisher } from '../slack/home-publisher.ts';
import { homeView, type RunningTurn } from '../slack/home-view.ts';
import type { Pacing } from '../slack/pacing.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Operator } from '../turns/operator.ts';
import { pause } from '../turns/pause.ts';
import type { TurnRecord } from '../turns/turn.ts';

export interface HomeDeps {
  readonly homes: HomePeople;
  readonly account: Pick<AccountCommands, 'whoami'>;
  readonly conversations: Pick<ConversationActions, 'list'>;
  readonly operator: Pick<Operator, 'openTurnsOf' | 'show'>;
  readonly slack: SlackClient;
  readonly pacing: Pacing;
  /** Milliseconds. */
  readonly monotonic: () => number;
  readonly log: Logger;
}

export interface ComposedHome {
  readonly home: Home;
  close(): Promise<void>;
}

const UNKNOWN = 'I could not check who you are just now.';
const UNLISTED = { found: false, atWork: false, text: 'I could not look them up just now.' };
/** No Home shows more turns. */
const MOST_TURNS = 50;

/** Publishes the App Homes that people look at: their account, turns, conversations and settings. */
export function composeHome(deps: HomeDeps): ComposedHome {
  const { homes, account, conversations, operator, slack: client, pacing, monotonic, log } = deps;
  const closing = new AbortController();

  async function viewOf({ workspace, sender, directMessage, settings }: DueHome) {
    const asker = {
      key: { platform: 'slack' as const, tenant: workspace, conversation: directMessage, thread: '' },
      sender,
    };
    let complete = true;
    /** A part that cannot be found out just now leaves the others as they are. */
    const orElse = async <T>(find: Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await find;
      } catch (error) {
        log.warn({ err: error }, 'a part of an App Home could not be found out');
        complete = false;
        return otherwise;
      }
    };
    const [who, ids] = await Promise.all([
      orElse<WhoAnswer>(account.whoami(asker), { text: UNKNOWN }),
      homes.turnsOf(sender),
    ]);
    const turns = await Promise.all(ids.slice(0, MOST_TURNS).map(operator.show));
    const view = homeView({
      account: who.text,
      linked: who.linked,
      running: turns
        .flatMap((turn) => turn?.record ?? [])
        .toSorted((a, b) => a.receivedAt - b.receivedAt)
        .map(runningTurn),
      sessions: who.linked === false ? undefined : await orElse(conversations.list(asker, {}), UNLISTED),
      settings,
    });
    return { view, complete };
  }

  const publisher = startHomePublisher({
    homes,
    viewOf,
    callAside: createAsides({ client, pacing, pause, closing: closing.signal }),
    now: monotonic,
    log,
  });
  return {
    home: {
      ...homes,
      /** What they asked before they looked is shown, too. */
      async opened(workspace, sender, ...where) {
        const anew = await homes.opened(workspace, sender, ...where);
        if (anew)
          await homes.adopt(
            sender,
            (await operator.openTurnsOf(sender)).map(({ id }) => id),
          );
        publisher.watched();
        return anew;
      },
    },
    async close() {
      closing.abort(new Error('the process is shutting down'));
      await publisher.close();
    },
  };
}

const runningTurn = ({ id, message, attempt, receivedAt }: TurnRecord): RunningTurn => ({
  id,
  question: maskSecrets(message.text),
  conversation: message.key.conversation,
  direct: message.kind === 'direct',
  since: receivedAt,
  waiting: attempt === 0,
});

/** In the words of whoever asks for them where there are no buttons. */
export const predefinedTasks = (): Task[] =>
  PREDEFINED_TASKS.map(({ id, title, prompt }) => ({ id, title: title.en, prompt: prompt.en }));
