import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdmissionRules } from '../../../src/chat/admission.ts';
import { createAccountCommands } from '../../../src/commands/account.ts';
import { createCommands } from '../../../src/commands/commands.ts';
import type { Home } from '../../../src/slack/app.ts';
import type { SlackClient } from '../../../src/slack/client.ts';
import { createSlackIngress, type SlackIngressDeps } from '../../../src/slack/ingress.ts';
import type { Pacing } from '../../../src/slack/pacing.ts';
import { createSlackReceiver } from '../../../src/slack/receiver.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { Accept } from '../../../src/turns/accept-turn.ts';
import type { FeedbackStore } from '../../../src/turns/feedback.ts';
import type { Once } from '../../../src/turns/once.ts';
import type { Pause } from '../../../src/turns/pace.ts';
import type { QuestionChanges } from '../../../src/turns/question-changes.ts';
import { createWebApp } from '../../../src/web/web-app.ts';
import { noPrivacy } from '../../setup/no-privacy.ts';
import { conversationsInMemory, NO_HOME } from './conversations-in-memory.ts';
import { UNPACED } from './slack-thread.ts';

export const SECRET = 'signing-secret-of-the-test';
export const BOT = 'U0CLOUDENG00';

const OPEN: AdmissionRules = {
  tenants: { any: true, ids: new Set() },
  conversations: { any: true, ids: new Set() },
  people: { any: true, ids: new Set() },
};

export interface Ingress {
  readonly url: string;
  readonly ignored: string[];
  readonly refused: string[];
  /** Who wanted something and may not. */
  readonly turnedAway: string[];
  /** Web API calls of the app: method and arguments. */
  readonly calls: { method: string; args: Record<string, unknown> }[];
  close(): Promise<void>;
}

const NOTHING = { outcome: 'none', turnId: '', cancelled: 0, waiting: 0 } as const;
const none = async () => ({ found: false, atWork: false, text: 'none' });
export const NO_CONVERSATIONS = {
  list: none,
  startNew: none,
  resume: none,
  rename: none,
  tag: none,
  archive: none,
  restore: none,
  askDelete: none,
  remove: none,
  history: none,
  search: none,
};

const NOTHING_RUNS = {
  stopLanes: async () => [NOTHING],
  stopTurn: async () => NOTHING,
  openTurnsIn: async () => [],
  openTurnsOf: async () => [],
  show: async () => undefined,
};

/** The real web app, receiver and Bolt app on a free port; only what lies behind `accept` is the test's. */
export async function startIngress(
  accept: Partial<Accept>,
  options: {
    readonly rules?: AdmissionRules;
    readonly client?: SlackClient;
    readonly pacing?: Pacing;
    readonly pause?: Pause;
    readonly followUps?: 'thread' | 'mention';
    readonly changes?: Partial<QuestionChanges>;
    readonly recordFeedback?: FeedbackStore['record'];
    readonly once?: Once;
    readonly conversations?: SlackIngressDeps['conversations'];
    readonly home?: Partial<Home>;
    readonly withoutBolt?: boolean;
  } = {},
): Promise<Ingress> {
  const log = createLogger({ level: 'silent' });
  const ignored: string[] = [];
  const refused: string[] = [];
  const turnedAway: string[] = [];
  const calls: Ingress['calls'] = [];
  const client: SlackClient = options.client ?? {
    async call(method, args) {
      calls.push({ method, args });
      return { ok: true, user_id: BOT, team_id: 'T1' };
    },
  };
  const shared = {
    signingSecret: SECRET,
    now: () => Date.now(),
    onRefused: (why: string) => void refused.push(why),
    log,
  };
  const slack = createSlackIngress({
    ...shared,
    onRequestRefused: shared.onRefused,
    onRefused: (who, why) => void turnedAway.push(`${who.tenant} ${who.id}: ${why}`),
    appToken: undefined,
    apiUrl: '',
    botToken: 'xoxb-test',
    client,
    pacing: options.pacing ?? UNPACED,
    rules: options.rules ?? OPEN,
    followUps: options.followUps ?? 'thread',
    accept: {
      acceptTurn: async () => ({ outcome: 'accepted', turnId: 'turn-1', place: 1, wake: true }),
      retryTurn: async () => 'accepted',
      takesPart: async () => true,
      othersWrote: async () => undefined,
      ...accept,
    },
    changes: {
      amendQuestion: async () => 'unknown',
      cancelQuestion: async () => 'unknown',
      placeOf: async () => undefined,
      ...options.changes,
    },
    recordFeedback: options.recordFeedback ?? (async () => 'new'),
    once: options.once ?? (async () => true),
    account: createAccountCommands(undefined),
    privacy: noPrivacy,
    conversations: options.conversations ?? conversationsInMemory({}).conversations,
    home: { ...NO_HOME, ...options.home },
    commands: createCommands({
      operator: NOTHING_RUNS,
      account: createAccountCommands(undefined),
      privacy: noPrivacy,
      conversations: NO_CONVERSATIONS,
      tasks: () => [],
      now: () => Date.now(),
    }),
    pauseReason: async () => '',
    withheld: {
      explain: async (turnId) => `a rule <matched> in ${turnId}`,
      dispute: async (turnId) => turnId === 'turn-1',
    },
    pause: options.pause ?? (() => Promise.resolve()),
    monotonic: () => performance.now(),
    random: () => 0.5,
    onHandled: () => undefined,
    onIgnored: (why) => void ignored.push(why),
  });
  // A receiver that nobody has given to Bolt.
  const handle = options.withoutBolt ? createSlackReceiver(shared).handle : slack.handle;
  if (!handle) throw new Error('there is nothing to send to');
  const server = createServer(
    createWebApp({
      slackEvents: handle,
      notReady: async () => [],
      intake: async () => 'open',
      metrics: async () => '',
      log,
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ignored,
    refused,
    turnedAway,
    calls,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await slack.close();
    },
  };
}

export interface Sent {
  readonly body: string | Buffer;
  readonly type?: string;
  readonly method?: string;
  readonly signed?: boolean;
  readonly headers?: Record<string, string | string[]>;
  readonly chunked?: boolean;
  readonly path?: string;
}

export function signature(body: string | Buffer, timestamp: string): string {
  return `v0=${createHmac('sha256', SECRET).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/** Sends one request as Slack does, and reads the whole answer. */
export async function send(
  ingress: Pick<Ingress, 'url'>,
  sent: Sent,
): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = Buffer.from(sent.body);
  const signed = sent.signed ?? true;
  const request = httpRequest(`${ingress.url}${sent.path ?? '/slack/events'}`, {
    method: sent.method ?? 'POST',
    agent: false,
    headers: {
      'Content-Type': sent.type ?? 'application/json',
      ...(sent.chunked ? {} : { 'Content-Length': String(body.length) }),
      ...(signed
        ? { 'X-Slack-Request-Timestamp': timestamp, 'X-Slack-Signature': signature(body, timestamp) }
        : {}),
      ...sent.headers,
    },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  if (sent.chunked)
    for (let at = 0; at < body.length; at += 65_536) request.write(body.subarray(at, at + 65_536));
  request.end(sent.chunked ? undefined : body);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(chunks).toString('utf8'),
    headers: response.headers,
  };
}

export const form = (fields: Record<string, string>): Sent => ({
  body: new URLSearchParams(fields).toString(),
  type: 'application/x-www-form-urlencoded',
});

export function mention(fields: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Sent {
  return {
    body: JSON.stringify({
      type: 'event_callback',
      team_id: 'T1',
      api_app_id: 'A1',
      event_id: 'Ev1',
      authorizations: [{ team_id: 'T1', user_id: BOT, is_bot: true }],
      event: {
        type: 'app_mention',
        user: 'U1',
        text: `<@${BOT}> how many instances?`,
        ts: '1700000000.000100',
        channel: 'C1',
        team: 'T1',
        ...fields,
      },
      ...more,
    }),
  };
}
