import {
  App,
  type BlockAction,
  type Logger as BoltLogger,
  type Middleware,
  type Receiver,
  type SlackActionMiddlewareArgs,
  type SlashCommand,
  type ViewSubmitAction,
} from '@slack/bolt';
import { type Admission, type AdmissionRules, admit } from '../chat/admission.ts';
import { grammar } from '../chat/command.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { AccountCommands } from '../commands/account.ts';
import { type Commands, unknownCommand } from '../commands/commands.ts';
import type { ConversationAnswer } from '../commands/conversation-answers.ts';
import type { ConversationActions, Conversations } from '../commands/conversations.ts';
import type { PrivacyCommands } from '../commands/privacy.ts';
import type { WithheldAnswers } from '../commands/withheld.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { FeedbackStore } from '../turns/feedback.ts';
import type { Once } from '../turns/once.ts';
import type { Pause } from '../turns/pace.ts';
import type { QuestionChanges } from '../turns/question-changes.ts';
import { createTellAcceptance } from './acceptance.ts';
import { createAdmitted } from './admitted.ts';
import { createAsides } from './asides.ts';
import { createAsking } from './asking.ts';
import { createAssistantView } from './assistant-view.ts';
import { createBackground } from './background.ts';
import type { SlackClient } from './client.ts';
import { createConversing } from './conversing.ts';
import { createCourtesy } from './courtesy.ts';
import { createSlackFeedback } from './feedback.ts';
import {
  DISPUTE_ACTION,
  FEEDBACK_ACTION,
  FEEDBACK_FORM,
  FEEDBACK_WHY_ACTION,
  WHY_ACTION,
} from './feedback-blocks.ts';
import { createHomeInteractions } from './home-interactions.ts';
import type { HomePeople } from './home-people.ts';
import { createInteractions } from './interactions.ts';
import { LINK_NO_ACTION, LINK_OPEN_ACTION, LINK_YES_ACTION, type PrivateWord } from './link-blocks.ts';
import { createLinking } from './linking.ts';
import { kindOf } from './normalise.ts';
import { createOrigins } from './origin.ts';
import type { Pacing } from './pacing.ts';
import { listenToPrivacy } from './privacy-listeners.ts';
import { createQuestions } from './questions.ts';
import { RETRY_ACTION, STOP_ACTION } from './render.ts';
import { listenToConversations, SHORTCUTS } from './session-listeners.ts';
import { createShortcuts } from './shortcuts.ts';
import { createStopping } from './stopping.ts';
import { createTasks } from './tasks.ts';
import { escapeText } from './text.ts';
import { createWaitingNote } from './waiting-note.ts';
import { createWhisper, REFUSED } from './whisper.ts';
import { createWordsFor } from './words-for.ts';

export interface SlackAppDeps {
  /** Over HTTP or Socket Mode: the app does not see the difference. */
  readonly receiver: Receiver;
  readonly botToken: string;
  readonly client: SlackClient;
  readonly pacing: Pacing;
  readonly rules: AdmissionRules;
  /** thread: also without a mention where the bot takes part in a thread; mention: only when it is named. */
  readonly followUps: 'thread' | 'mention';
  readonly accept: Accept;
  readonly changes: QuestionChanges;
  readonly recordFeedback: FeedbackStore['record'];
  readonly once: Once;
  readonly commands: Commands;
  readonly account: Pick<AccountCommands, 'answer'>;
  readonly privacy: Pick<PrivacyCommands, 'forget'>;
  readonly conversations: ConversationActions & Pick<Conversations, 'words'>;
  readonly home: Home;
  /** Why an operator has paused intake; empty when nobody said. */
  readonly pauseReason: () => Promise<string>;
  /** Why the answer of a turn was withheld. */
  readonly withheld: WithheldAnswers;
  readonly pause: Pause;
  /** Aborts when the process shuts down: what only waits is given up. */
  readonly closing: AbortSignal;
  readonly onIgnored: (why: string) => void;
  /** Somebody wanted something of the bot who may not. */
  readonly onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) => void;
  readonly log: Logger;
}

/** The App Home as far as the app hears of it; publishing goes on elsewhere. */
export type Home = Pick<
  HomePeople,
  'opened' | 'changed' | 'directMessageOf' | 'settingsOf' | 'setLanguage' | 'setLength'
>;

export interface SlackApp {
  /** Resolves when what goes on after acknowledgements has ended. */
  idle(): Promise<void>;
}

/** The names the app listens to; `manifest.yml` subscribes to the same. */
export const LISTENED = {
  events: ['app_mention', 'message', 'reaction_added', 'app_home_opened', 'agent_session_stopped'],
  actions: [
    RETRY_ACTION,
    STOP_ACTION,
    FEEDBACK_ACTION,
    FEEDBACK_WHY_ACTION,
    WHY_ACTION,
    DISPUTE_ACTION,
    LINK_OPEN_ACTION,
    LINK_YES_ACTION,
    LINK_NO_ACTION,
  ],
  views: [FEEDBACK_FORM],
  commands: ['/agent'],
  shortcuts: SHORTCUTS,
} as const;

type ListenedEvent = (typeof LISTENED.events)[number];
const isListened = (type: string | undefined): type is ListenedEvent =>
  (LISTENED.events as readonly (string | undefined)[]).includes(type);

const SLOW_COMMAND = /^\s*\/?\s*(history|search)\b/i;

/**
 * The Bolt app: turns what Slack delivers into accepted turns. A listener that throws makes the delivery fail, and
 * Slack repeats it; everything that can wait happens after the acknowledgement, and may fail on its own.
 */
export function createSlackApp(deps: SlackAppDeps): SlackApp {
  const { client, rules, log, onIgnored } = deps;
  const bot = identifyBot(client, log);
  const { run: background, idle } = createBackground(log);
  const { pause, closing, once, accept, changes, commands, pauseReason } = deps;
  const callAside = createAsides({ client, pacing: deps.pacing, pause, closing });
  const whisper = createWhisper(callAside, background);
  const courtesy = createCourtesy(callAside, log);
  const waitingNote = createWaitingNote({ courtesy, background, placeOf: changes.placeOf, pause, closing });
  const admitted = createAdmitted({ rules, whisper, onIgnored });
  const shared = { callAside, rules, admitted, background, whisper, onIgnored, log, botUserId: bot.userId };
  const feedback = createSlackFeedback({ ...shared, record: deps.recordFeedback });
  const { followUps, withheld, conversations, home } = deps;
  const tell = createTellAcceptance({ once, whisper, waitingNote, pauseReason });
  const changed = (who: Sender) =>
    background('the App Home could not be told of a change', () => home.changed(who));
  const wordsFor = createWordsFor(home);
  const onMessage = createQuestions({
    ...shared,
    followUps,
    accept,
    changes,
    once,
    waitingNote,
    commands,
    tell,
    wordsFor,
    changed,
    onRefused: deps.onRefused,
  });
  const onHomeOpened = createAssistantView({ ...shared, homes: home, once, courtesy });
  const stopping = createStopping({ ...shared, commands, courtesy });
  const linking = createLinking({ ...shared, account: deps.account });
  const interactions = createInteractions({ ...shared, accept, feedback, withheld });
  const asking = createAsking({ callAside, accept, once, tell });
  const origins = createOrigins({ ...shared, directMessageOf: home.directMessageOf });
  const shortcuts = createShortcuts({ ...shared, asking, origins, conversations, changed });
  const conversing = createConversing({
    ...shared,
    conversations,
    origins,
    changed,
    openNewForm: shortcuts.openNewForm,
  });
  const tasks = createTasks({ ...shared, asking, pressedBy: async (body) => (await origins.of(body))?.who });

  const app = new App({
    receiver: deps.receiver,
    authorize: async () => ({ botToken: deps.botToken }),
    ignoreSelf: false,
    // Bolt would keep state in this process's memory; what a turn needs is in its record.
    convoStore: false,
    logger: boltLogger(log),
  });

  const onEvent: Record<ListenedEvent, (envelope: unknown) => Promise<void> | void> = {
    app_mention: onMessage,
    message: onMessage,
    reaction_added: feedback.reacted,
    app_home_opened: onHomeOpened,
    agent_session_stopped: stopping.native,
  };
  // Ahead of the listeners: Bolt would ask each of the forty whether the event is theirs, a tenth of a turn's CPU time.
  app.use(async ({ body, next }) => {
    const type = 'event' in body ? body.event.type : undefined;
    if (isListened(type)) await onEvent[type](body);
    else await next();
  });

  app.action<BlockAction>(RETRY_ACTION, async ({ ack, body }) => {
    await interactions.retry(body);
    await ack();
  });
  app.action<BlockAction>(STOP_ACTION, async ({ ack, body }) => {
    await stopping.pressed(body);
    await ack();
  });
  app.action<BlockAction>(FEEDBACK_ACTION, async ({ ack, body }) => {
    await interactions.feedback(body);
    await ack();
  });
  app.action<BlockAction>(FEEDBACK_WHY_ACTION, async ({ ack, body }) => {
    await interactions.tellWhy(body);
    await ack();
  });
  app.action<BlockAction>(WHY_ACTION, async ({ ack, body }) => {
    await interactions.why(body);
    await ack();
  });
  app.action<BlockAction>(DISPUTE_ACTION, async ({ ack, body }) => {
    await interactions.dispute(body);
    await ack();
  });
  app.action<BlockAction>(LINK_OPEN_ACTION, async ({ ack }) => ack());
  const answerLink =
    (yes: boolean): Middleware<SlackActionMiddlewareArgs<BlockAction>> =>
    async ({ ack, body, respond }) => {
      await linking(body, yes, async (text) => {
        await respond({ replace_original: true, text });
      });
      await ack();
    };
  app.action<BlockAction>(LINK_YES_ACTION, answerLink(true));
  app.action<BlockAction>(LINK_NO_ACTION, answerLink(false));
  app.view<ViewSubmitAction>(FEEDBACK_FORM, async ({ ack, body }) => {
    await interactions.reason(body);
    await ack();
  });

  listenToPrivacy(app, { ...shared, privacy: deps.privacy });
  listenToConversations(app, {
    conversing,
    shortcuts,
    tasks,
    home: createHomeInteractions({ ...shared, origins, homes: home, commands }),
  });

  app.command('/agent', async ({ ack, command, respond }) => {
    const answer = async () => {
      const { text, blocks } = await slash(command);
      const shown = blocks.length > 0 ? { blocks: [...blocks] as never } : {};
      return { response_type: 'ephemeral' as const, text, ...shown };
    };
    // What is looked up in Memory may take longer than Slack waits for an acknowledgement.
    if (!SLOW_COMMAND.test(command.text)) return ack(await answer());
    background('an answer to a command could not be shown', async () => {
      await respond(await answer());
    });
    await ack();
  });

  /** A slash command belongs to no thread, and Slack does not say whose guest its sender is: commands concern their own turns and account only. */
  async function slash({
    text,
    team_id: tenant,
    user_id: id,
    channel_id: conversation,
  }: SlashCommand): Promise<PrivateWord> {
    const asker = {
      key: { platform: 'slack', tenant, conversation, thread: '' },
      sender: { id, tenant },
    } as const;
    const admission = admit({ ...asker, kind: kindOf(conversation) }, rules);
    if (admission !== 'admitted') {
      onIgnored(admission);
      deps.onRefused(asker.sender, admission);
      return { text: REFUSED, blocks: [] };
    }
    const command = text.trim() === '' ? ({ name: 'help' } as const) : grammar.parse(text, 'slash');
    if (!command) return { text: escapeText(unknownCommand(text)), blocks: [] };
    const answer: ConversationAnswer = await commands.run(command, asker);
    changed(asker.sender);
    return wordsFor(command, answer, asker.sender);
  }

  return { idle };
}

/**
 * Events name the bot user in `authorizations`; `auth.test` is only for those that do not. Asked once, in the
 * background, so that a Slack outage does not keep the process from starting.
 */
function identifyBot(client: SlackClient, log: Logger): { userId: () => string | undefined } {
  let userId: string | undefined;
  client.call('auth.test', {}).then(
    (answer) => {
      userId = String(answer.user_id);
      log.info({ botUser: userId, team: answer.team_id }, 'signed in to Slack');
    },
    (error: unknown) => {
      log.error({ err: error }, 'Slack did not accept SLACK_BOT_TOKEN: replies will fail until it is mended');
    },
  );
  return { userId: () => userId };
}

function boltLogger(log: Logger): BoltLogger {
  const child = log.child({ part: 'bolt' });
  return {
    debug: (...parts) => child.debug(parts.map(String).join(' ')),
    info: (...parts) => child.debug(parts.map(String).join(' ')),
    warn: (...parts) => child.warn(parts.map(String).join(' ')),
    error: (...parts) => child.error(parts.map(String).join(' ')),
    setLevel: () => undefined,
    getLevel: () => 'info' as never,
    setName: () => undefined,
  };
}
