import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../../local/slack/stand-in.ts';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { planParts } from '../../../src/slack/markdown/plan-parts.ts';
import type { Pacing } from '../../../src/slack/pacing.ts';
import { createSlackReplies } from '../../../src/slack/reply.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { Pause } from '../../../src/turns/pace.ts';
import type { Reply } from '../../../src/turns/reply.ts';
import type { ClaimedTurn, PostedPart } from '../../../src/turns/turn.ts';

export const TURN = 'turn-abcdefghijklmnopqrstuvwxyz';

/** The life of a stream is not waited for: a test moves the clock. */
const LONG_MS = 120_000;

/** Waits that take no time, but are noted: the reply's own pace must not slow the tests down. */
export function quickPause(waits: number[]): Pause {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      waits.push(ms);
      if (signal.aborted) return reject(signal.reason as Error);
      if (ms > LONG_MS) {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        return;
      }
      setImmediate(() => (signal.aborted ? reject(signal.reason as Error) : resolve()));
    });
}

/** Everything may be sent at once, as far as we are concerned. */
export const UNPACED: Pacing = {
  ask: async () => ({ granted: true, waitMs: 0 }),
  hold: async () => undefined,
  heldMs: async () => 0,
};

export interface OpenOptions {
  readonly turn?: Partial<ClaimedTurn>;
  readonly assertHeld?: () => void;
  readonly signal?: AbortSignal;
  readonly notePosted?: (parts: readonly PostedPart[]) => Promise<void>;
}

export interface SlackThread {
  readonly slack: SlackStandIn;
  readonly channel: string;
  readonly ts: string;
  readonly turn: ClaimedTurn;
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[];
  /** What was put on record, newest last. */
  readonly noted: (readonly PostedPart[])[];
  open(options?: OpenOptions): Reply;
  /** Names of the calls that write, in order; the status line apart. */
  writes(): string[];
  methods(): string[];
  /** The bot's messages in the thread: what a reader sees of the answer in each. */
  messages(): string[];
  /** Advances Slack's clock. */
  later(ms: number): void;
  close(): Promise<void>;
}

export interface ThreadOptions {
  readonly timeoutMs?: number;
  readonly pacing?: Pacing;
  readonly pause?: Pause;
  /** Milliseconds; for the reply and for Slack alike. */
  readonly now?: () => number;
  readonly slack?: Partial<SlackStandInOptions>;
}

/** A Slack workspace of its own. `now`: its clock. */
export function startSlack(
  now: () => number,
  options: Partial<SlackStandInOptions> = {},
): Promise<SlackStandIn> {
  return createSlackStandIn({
    // Nobody listens here: what the app itself posts need not come back to it.
    eventsUrl: 'http://127.0.0.1:9/slack/events',
    retryDelaysMs: [],
    signingSecret: 'signing-secret-of-the-test',
    botToken: 'xoxb-test',
    now,
    ...options,
  });
}

/** A Slack workspace with a question of alice in it, and the real reply writer on the real client. */
export async function startThread(
  where: 'cloud' | 'dm' = 'cloud',
  options: ThreadOptions = {},
): Promise<SlackThread> {
  let ahead = 0;
  const now = () => (options.now ?? Date.now)() + ahead;
  const slack = await startSlack(now, options.slack);
  const thread = await askIn(slack, where, { ...options, now });
  return {
    ...thread,
    later(ms) {
      ahead += ms;
    },
    close: () => slack.close(),
  };
}

/** A question of alice in a workspace that runs already. */
export async function askIn(
  slack: SlackStandIn,
  where: 'cloud' | 'dm',
  options: ThreadOptions & { readonly now: () => number },
): Promise<Omit<SlackThread, 'later' | 'close'>> {
  const { ts } = await slack.postAs('alice', where, '@Cloud Engineer how many instances?');
  const alice = slack.state.users.find((user) => user.name === 'alice');
  const channel = slack.state.channels.find((item) =>
    where === 'dm' ? item.kind === 'im' && item.name === 'alice' : item.name === where,
  )?.id;
  if (!alice || !channel) throw new Error('the workspace lacks alice or the channel');
  const waits: number[] = [];
  const noted: (readonly PostedPart[])[] = [];
  const client = createSlackClient({
    token: 'xoxb-test',
    apiUrl: slack.apiUrl,
    timeoutMs: options.timeoutMs ?? 5_000,
    observe: () => undefined,
  });
  const openReply = createSlackReplies({
    client,
    pacing: options.pacing ?? UNPACED,
    pause: options.pause ?? quickPause(waits),
    now: options.now,
    log: createLogger({ level: 'silent' }),
  });
  const turn: ClaimedTurn = {
    id: TURN,
    lane: 'lane',
    state: 'running',
    message: {
      key: { platform: 'slack', tenant: slack.state.team.id, conversation: channel, thread: ts },
      kind: where === 'dm' ? 'direct' : 'channel',
      sender: { id: alice.id, tenant: alice.teamId },
      text: 'how many instances?',
      messageId: ts,
      addressed: true,
      files: [],
      claims: [],
    },
    attempt: 1,
    crashes: 0,
    receivedAt: 0,
    posted: [],
    sawWrite: false,
    invoked: false,
    fence: '1',
    places: {},
    quietMs: 0,
    at: {},
  };
  const methods = () => slack.calls.map((call) => call.method);
  return {
    slack,
    channel,
    ts,
    turn,
    waits,
    noted,
    methods,
    open: (more = {}) =>
      openReply({
        turn: { ...turn, ...more.turn },
        assertHeld: more.assertHeld ?? (() => undefined),
        signal: more.signal ?? new AbortController().signal,
        notePosted:
          more.notePosted ??
          (async (parts) => {
            noted.push(parts);
          }),
      }),
    writes: () => methods().filter((name) => name.startsWith('chat.')),
    messages: () =>
      slack
        .thread(channel, ts)
        .slice(1)
        .map((message) =>
          message.blocks.flatMap((block) => (block.type === 'markdown' ? [String(block.text)] : [])).join(''),
        ),
  };
}

/** What must stand in the thread for this answer, in one message or many; tables apart. */
export function shown(text: string, done = true): string {
  return planParts(text, done)
    .flatMap((part) => part.pieces.map((piece) => (piece.kind === 'text' ? piece.text : '')))
    .join('');
}

export const say = (text: string, more: Partial<ReplyView> = {}): ReplyView => ({ text, tasks: [], ...more });
