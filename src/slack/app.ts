import { App, type BlockAction, type Logger as BoltLogger } from '@slack/bolt';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept, Retry } from '../turns/accept-turn.ts';
import type { SlackClient } from './client.ts';
import { normaliseMessage } from './normalise.ts';
import type { SlackReceiver } from './receiver.ts';
import { RETRY_ACTION } from './render.ts';
import { escapeText } from './text.ts';

export interface SlackAppDeps {
  readonly receiver: SlackReceiver;
  readonly botToken: string;
  readonly client: SlackClient;
  readonly rules: AdmissionRules;
  readonly accept: Accept;
  /** What `/agent …` answers. */
  readonly answerCommand: (text: string) => string;
  readonly onIgnored: (why: string) => void;
  readonly log: Logger;
}

/** The names the app listens to; `manifest.yml` subscribes to the same. */
export const LISTENED = {
  events: ['app_mention', 'message'],
  actions: [RETRY_ACTION],
  commands: ['/agent'],
} as const;

/**
 * The Bolt app: turns what Slack delivers into accepted turns. A listener that throws makes the delivery fail, and
 * Slack repeats it; everything that can wait happens after the acknowledgement, and may fail on its own.
 */
export function createSlackApp(deps: SlackAppDeps): App {
  const bot = identifyBot(deps.client, deps.log);
  const app = new App({
    receiver: deps.receiver,
    authorize: async () => ({ botToken: deps.botToken }),
    ignoreSelf: false,
    // Bolt would keep state in this process's memory; what a turn needs is in its record.
    convoStore: false,
    logger: boltLogger(deps.log),
  });

  const onMessage = async (envelope: unknown): Promise<void> => {
    const normalised = normaliseMessage(envelope, bot.userId());
    if (normalised.kind === 'ignored') return deps.onIgnored(normalised.why);
    const { message } = normalised;
    const admission = admit(message, deps.rules);
    if (admission !== 'admitted') {
      deps.onIgnored(admission);
      deps.log.warn(
        {
          admission,
          tenant: message.key.tenant,
          channel: message.key.conversation,
          sender: message.sender.id,
        },
        'a message was refused by the allowlists',
      );
      if (message.addressed) whisper(message, REFUSED);
      return;
    }
    const acceptance = await deps.accept.acceptTurn(message);
    if (acceptance.outcome === 'full') whisper(message, LANE_FULL);
  };

  /** A word to one person, best effort and after the acknowledgement. */
  const whisper = (message: Pick<InboundMessage, 'key' | 'sender'>, text: string): void => {
    const { conversation: channel, thread } = message.key;
    deps.client
      .call('chat.postEphemeral', { channel, user: message.sender.id, thread_ts: thread, text })
      .catch((error: unknown) => deps.log.warn({ err: error }, 'a private explanation could not be shown'));
  };

  app.event('app_mention', async ({ body }) => onMessage(body));
  app.event('message', async ({ body }) => onMessage(body));

  app.action<BlockAction>(RETRY_ACTION, async ({ ack, body, action }) => {
    const turnId = 'value' in action ? String(action.value) : '';
    const tenant = body.user.team_id ?? body.team?.id ?? '';
    const result = await deps.accept.retryTurn(turnId, { id: body.user.id, tenant });
    await ack();
    const channel = body.channel?.id;
    const text = RETRY_ANSWERS[result];
    if (channel === undefined || text === undefined) return;
    const thread = String(body.message?.thread_ts ?? body.message?.ts ?? '');
    whisper(
      {
        key: { platform: 'slack', tenant, conversation: channel, thread },
        sender: { id: body.user.id, tenant },
      },
      text,
    );
  });

  app.command('/agent', async ({ ack, command }) => {
    await ack({ response_type: 'ephemeral', text: escapeText(deps.answerCommand(command.text ?? '')) });
  });

  return app;
}

const REFUSED =
  'I am not allowed to answer here. Ask your administrator to allow this workspace, channel or person for the cloud engineer bot.';
const LANE_FULL =
  'You have too many unanswered questions in this thread. Wait until I have caught up, then ask again.';

const RETRY_ANSWERS: Record<Retry, string | undefined> = {
  accepted: undefined,
  already_retried: 'This question has already been asked again; look further down in the thread.',
  not_yours: 'Only the person who asked can retry. Mention me to ask the question yourself.',
  too_old: 'This question is too old to retry. Please ask it again.',
  busy: LANE_FULL,
};

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
