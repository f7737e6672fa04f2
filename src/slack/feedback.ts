import { z } from 'zod';
import type { Logger } from '../telemetry/logger.ts';
import type { FeedbackStore, FeedbackValue } from '../turns/feedback.ts';
import type { Admitted } from './admitted.ts';
import type { CallAside } from './asides.ts';
import type { Background } from './background.ts';
import { isTurnId, reasonForm, tellWhyBlocks } from './feedback-blocks.ts';
import { MARKER_EVENT } from './render.ts';
import type { Listener, Whisper } from './whisper.ts';

const THANKS = 'Thanks, that helps.';
const THANKS_DOWN = 'Thanks for saying so. What was wrong with the answer?';

/** What somebody thinks of an answer is worth a wait. */
const PATIENCE_MS = 60_000;

/** The names under which Slack knows the thumbs, without skin tone. */
const REACTIONS: Readonly<Record<string, FeedbackValue>> = {
  '+1': 'up',
  thumbsup: 'up',
  '-1': 'down',
  thumbsdown: 'down',
};

const reactionSchema = z.object({
  team_id: z.string(),
  is_ext_shared_channel: z.boolean().nullish(),
  authorizations: z
    .array(z.object({ team_id: z.string().nullish(), user_id: z.string().nullish() }))
    .nullish(),
  event: z.object({
    user: z.string(),
    reaction: z.string(),
    item_user: z.string().nullish(),
    item: z.object({ type: z.literal('message'), channel: z.string(), ts: z.string() }),
  }),
});

const markedSchema = z.object({
  ts: z.string(),
  thread_ts: z.string().optional(),
  metadata: z.object({
    event_type: z.literal(MARKER_EVENT),
    event_payload: z.object({ turn: z.string().refine(isTurnId) }),
  }),
});

export interface FeedbackDeps {
  readonly callAside: CallAside;
  readonly admitted: Admitted;
  readonly record: FeedbackStore['record'];
  readonly botUserId: () => string | undefined;
  readonly background: Background;
  readonly whisper: Whisper;
  readonly onIgnored: (why: string) => void;
  readonly log: Logger;
}

/** What people say of answers: by the thumbs under them, by a reaction, and in words. */
export function createSlackFeedback(deps: FeedbackDeps) {
  const record = (who: Listener, turnId: string, value: FeedbackValue, reason = '') =>
    deps.record({ turnId, by: who.sender, value, ...(reason === '' ? {} : { reason }) });

  function thank(who: Listener, turnId: string, value: FeedbackValue): void {
    if (value === 'up') deps.whisper(who, THANKS);
    else deps.whisper(who, THANKS_DOWN, tellWhyBlocks(THANKS_DOWN, turnId));
  }

  /** Which turn one of our messages belongs to, by its marker. */
  async function turnOf(
    workspace: string,
    channel: string,
    ts: string,
  ): Promise<{ turnId: string; thread: string } | undefined> {
    const answer = await deps.callAside({
      workspace,
      method: 'conversations.replies',
      args: { channel, ts, oldest: ts, latest: ts, inclusive: true, limit: 1, include_all_metadata: true },
      patienceMs: PATIENCE_MS,
    });
    const messages = Array.isArray(answer.messages) ? (answer.messages as unknown[]) : [];
    for (const message of messages) {
      const marked = markedSchema.safeParse(message);
      if (!marked.success || marked.data.ts !== ts) continue;
      return { turnId: marked.data.metadata.event_payload.turn, thread: marked.data.thread_ts ?? ts };
    }
    return undefined;
  }

  return {
    /** A thumb under an answer. Throws when it could not be kept. */
    async pressed(who: Listener, turnId: string, value: FeedbackValue, trigger: string): Promise<void> {
      const before = await record(who, turnId, value);
      if (value === 'down') this.ask(who, turnId, trigger);
      else if (before === 'new') thank(who, turnId, value);
    },

    /** Opens the form for a reason. Slack does so only within three seconds of a press. */
    ask(who: Listener, turnId: string, trigger: string): void {
      const origin = { turn: turnId, channel: who.key.conversation, thread: who.key.thread };
      deps.background('the form for a reason could not be opened', async () => {
        await deps.callAside({
          workspace: who.key.tenant,
          method: 'views.open',
          args: { trigger_id: trigger, view: reasonForm(origin) },
          patienceMs: 0,
        });
      });
    },

    /** The form was sent. A reason stands for a thumb down. Throws when it could not be kept. */
    async explained(who: Listener, turnId: string, reason: string): Promise<void> {
      await record(who, turnId, 'down', reason);
      deps.whisper(who, THANKS);
    },

    /** A reaction to one of our messages. Which turn it is about only Slack knows, so that comes after the acknowledgement. */
    reacted(envelope: unknown) {
      const parsed = reactionSchema.safeParse(envelope);
      if (!parsed.success) return deps.onIgnored('malformed');
      const { event, team_id: team, authorizations, is_ext_shared_channel: shared } = parsed.data;
      const botUserId = authorizations?.[0]?.user_id ?? deps.botUserId();
      const value = REACTIONS[event.reaction.split('::')[0] ?? ''];
      if (!value || !event.item_user || event.item_user !== botUserId || event.user === botUserId)
        return deps.onIgnored('no_feedback');
      const tenant = authorizations?.[0]?.team_id ?? team;
      const { channel, ts } = event.item;
      // The event does not say whose account it is: in a channel shared with other companies, perhaps theirs.
      const sender = { id: event.user, tenant: shared ? 'unknown' : tenant };
      const key = { platform: 'slack' as const, tenant, conversation: channel, thread: ts };
      if (!deps.admitted({ key, sender }, 'quietly')) return;
      deps.background('a reaction could not be recorded', async () => {
        const found = await turnOf(tenant, channel, ts);
        if (!found) return deps.onIgnored('no_feedback');
        const who = { key: { ...key, thread: found.thread }, sender };
        if ((await record(who, found.turnId, value)) === 'new') thank(who, found.turnId, value);
      });
    },
  };
}

export type SlackFeedback = ReturnType<typeof createSlackFeedback>;
