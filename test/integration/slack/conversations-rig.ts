import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../../local/slack/stand-in.ts';
import type { AdmissionRules } from '../../../src/chat/admission.ts';
import { personId } from '../../../src/chat/keys.ts';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import { createAccountCommands } from '../../../src/commands/account.ts';
import { createCommands } from '../../../src/commands/commands.ts';
import type { CheckWords } from '../../../src/commands/word-check.ts';
import { predefinedTasks } from '../../../src/main/home.ts';
import type { Home } from '../../../src/slack/app.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { createHomePeople, type HomePeople } from '../../../src/slack/home-people.ts';
import { createSlackIngress, type SlackIngress, type SlackIngressDeps } from '../../../src/slack/ingress.ts';
import { createPacing } from '../../../src/slack/pacing.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createAccept } from '../../../src/turns/accept-turn.ts';
import { createFeedback } from '../../../src/turns/feedback.ts';
import { createLanes, type LaneSettings, type Lanes } from '../../../src/turns/lanes.ts';
import { createOnce } from '../../../src/turns/once.ts';
import { createOperator, type Operator } from '../../../src/turns/operator.ts';
import { pause } from '../../../src/turns/pause.ts';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import type { ClaimedTurn, TurnRecord } from '../../../src/turns/turn.ts';
import { createWakes } from '../../../src/turns/wakes.ts';
import { createWebApp } from '../../../src/web/web-app.ts';
import { noPrivacy } from '../../setup/no-privacy.ts';
import { testRedis } from '../../setup/redis.ts';
import { conversationsRig } from '../commands/conversations-of.ts';

export type Transport = 'http' | 'socket';

const SECRET = 'signing-secret-of-the-test';
const ANYBODY = { any: true, ids: new Set<string>() };
const OPEN: AdmissionRules = { tenants: ANYBODY, conversations: ANYBODY, people: ANYBODY };

export interface RigOptions {
  readonly followUps?: 'thread' | 'mention';
  readonly lanes?: Partial<LaneSettings>;
  readonly rules?: AdmissionRules;
  readonly slack?: Partial<SlackStandInOptions>;
  /** Web processes beside each other. Socket Mode only. */
  readonly processes?: number;
  readonly conversations?: SlackIngressDeps['conversations'];
  /** What names that people give have to pass. */
  readonly checkWords?: CheckWords;
  /** What hears of the App Home, once the rest is there. */
  readonly home?: () => Home | undefined;
}

export interface ConversationsRig {
  readonly slack: SlackStandIn;
  readonly lanes: Lanes;
  readonly operator: Operator;
  readonly conversations: ReturnType<typeof conversationsRig>;
  readonly ingresses: readonly SlackIngress[];
  readonly webUrl: string;
  readonly homes: HomePeople;
  readonly ignored: string[];
  readonly logged: string[];
  /** Ends a turn as a worker does, without showing anything. */
  endTurn(turn: ClaimedTurn): Promise<void>;
  /** Every question on record, oldest first. */
  turns(): Promise<TurnRecord[]>;
  /** What people said of answers: `turn` → fields. */
  feedback(turnId: string): Promise<Record<string, string>>;
  /** So many of the next questions cannot be stored. */
  failAccepts(times: number): void;
  failAmends(times: number): void;
  /** So many of the next wishes to stop, or looks at what is open, fail. */
  failStops(times: number): void;
  /** Asks the question of an ended turn again, as its author. */
  retry(turnId: string): Promise<void>;
  /** As if the time of these families of keys had run out. */
  forget(families: readonly string[]): Promise<void>;
  /** The bot writes something, as a worker would. Answers its ts. */
  post(message: Record<string, unknown>): Promise<string>;
  /** As if somebody had opened their App Home then, and not since. */
  openedHomeAt(user: string, at: number): Promise<void>;
  /** How many App Homes are to be published, now or soon. */
  dueHomes(): Promise<number>;
  /** The bot shows somebody something in private. Answers its ts. */
  whisper(message: Record<string, unknown>): Promise<string>;
  /** Holds the next question until released. */
  holdAccept(): { readonly reached: Promise<void>; release(): void };
  channelId(name: string): string;
  privateWords(): string[];
  close(): Promise<void>;
}

let rigs = 0;

/** A Slack workspace before the real web role, on a real Redis; nobody answers the questions unless the test does. */
export async function startConversations(
  transport: Transport,
  options: RigOptions = {},
): Promise<ConversationsRig> {
  rigs += 1;
  const prefix = `{tc}:conversations-${process.pid}-${rigs}`;
  const redis = connect({ url: await testRedis(), name: 'conversations' });
  const logged: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void logged.push(line) } });
  const lanes = createLanes(redis, prefix, { leaseMs: 60_000, ...options.lanes });
  const operator = createOperator(redis, prefix);
  const wakes = createWakes(redis, prefix);
  const homes = createHomePeople(redis, prefix);
  const ignored: string[] = [];
  let webUrl = '';
  const slack = await createSlackStandIn({
    ...(transport === 'http'
      ? { eventsUrl: () => `${webUrl}/slack/events` }
      : { appToken: 'xapp-1-test', ackTimeoutMs: 400 }),
    signingSecret: SECRET,
    botToken: 'xoxb-test',
    retryDelaysMs: [20, 100, 400],
    ...options.slack,
  });

  let failing = 0;
  let failingAmends = 0;
  let failingStops = 0;
  const unlessFailing =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (failingStops > 0) {
        failingStops -= 1;
        throw new Error('Redis is away');
      }
      return act(...args);
    };
  let gate: { reached: () => void; released: Promise<void> } | undefined;
  const accept = createAccept({
    lanes: {
      ...lanes,
      async accept(...args) {
        const held = gate;
        gate = undefined;
        held?.reached();
        await held?.released;
        if (failing > 0) {
          failing -= 1;
          throw new Error('Redis is away');
        }
        return lanes.accept(...args);
      },
    },
    wakes,
    confirmDurable: () => Promise.resolve(),
    randomBytes,
    observe: () => undefined,
    log,
  });
  const changes = createQuestionChanges({
    redis,
    keyPrefix: prefix,
    confirmDurable: () => Promise.resolve(),
    observe: () => undefined,
    log,
  });
  const client = createSlackClient({
    token: 'xoxb-test',
    apiUrl: slack.apiUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const { checkWords } = options;
  const conversations = conversationsRig(redis, prefix, checkWords ? { checkWords } : {});
  const startIngress = () =>
    createSlackIngress({
      appToken: transport === 'socket' ? 'xapp-1-test' : undefined,
      signingSecret: SECRET,
      apiUrl: slack.apiUrl,
      botToken: 'xoxb-test',
      client,
      pacing: createPacing({ redis, keyPrefix: prefix, now: () => performance.now(), log }),
      rules: options.rules ?? OPEN,
      followUps: options.followUps ?? 'thread',
      accept,
      changes: {
        ...changes,
        async amendQuestion(edit) {
          if (failingAmends > 0) {
            failingAmends -= 1;
            throw new Error('Redis is away');
          }
          return changes.amendQuestion(edit);
        },
      },
      recordFeedback: createFeedback({ redis, keyPrefix: prefix, observe: () => undefined, log }).record,
      once: createOnce(redis, prefix),
      account: createAccountCommands(undefined),
      privacy: noPrivacy,
      conversations: options.conversations ?? conversations.conversations,
      home: { ...homes, opened: (...opening) => (options.home?.() ?? homes).opened(...opening) },
      commands: createCommands({
        account: createAccountCommands(undefined),
        privacy: noPrivacy,
        operator: {
          ...operator,
          stopLanes: unlessFailing(operator.stopLanes),
          openTurnsIn: unlessFailing(operator.openTurnsIn),
        },
        conversations: conversations.conversations,
        tasks: predefinedTasks,
        now: () => Date.now(),
      }),
      pauseReason: async () => (await operator.paused())?.reason ?? '',
      withheld: { explain: async () => 'A rule of your organisation matched.', dispute: async () => true },
      pause,
      now: () => Date.now(),
      monotonic: () => performance.now(),
      random: () => 0.5,
      onHandled: () => undefined,
      onRequestRefused: (why) => void ignored.push(why),
      onRefused: () => undefined,
      onIgnored: (why) => void ignored.push(why),
      log,
    });
  const ingresses = Array.from({ length: options.processes ?? 1 }, startIngress);
  const [first] = ingresses;
  const server = createServer(
    createWebApp({
      ...(first?.handle ? { slackEvents: first.handle } : {}),
      notReady: async () => ingresses.flatMap((ingress) => ingress.notReady()),
      intake: async () => (await operator.paused()) ?? 'open',
      metrics: async () => '',
      log,
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  webUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (transport === 'socket') {
    while (ingresses.some((ingress) => ingress.notReady().length > 0)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  return {
    slack,
    lanes,
    operator,
    conversations,
    ingresses,
    webUrl,
    homes,
    ignored,
    logged,
    async endTurn(turn) {
      await lanes.post(turn, { end: 'done', reason: 'answered', view: EMPTY_VIEW });
      await lanes.finish(turn, 'done', 'answered');
    },
    async turns() {
      const records: TurnRecord[] = [];
      for (let cursor = '0'; ; ) {
        const [next, names] = await redis.scan(cursor, 'MATCH', `${prefix}:turn:*`, 'COUNT', 1_000);
        for (const name of names) {
          const record = await lanes.read(name.slice(`${prefix}:turn:`.length));
          if (record) records.push(record);
        }
        cursor = next;
        if (cursor === '0') break;
      }
      return records.toSorted((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1));
    },
    feedback: (turnId) => redis.hgetall(`${prefix}:feedback:${turnId}`),
    failAccepts(times) {
      failing = times;
    },
    failAmends(times) {
      failingAmends = times;
    },
    failStops(times) {
      failingStops = times;
    },
    post: async (message) => String((await client.call('chat.postMessage', message)).ts),
    async openedHomeAt(user, at) {
      const { id, teamId } = slack.people.person(user);
      await redis.hset(`${prefix}:person:${personId({ id, tenant: teamId })}`, 'home', at);
    },
    dueHomes: () => redis.zcard(`${prefix}:homedue`),
    whisper: async (message) => String((await client.call('chat.postEphemeral', message)).message_ts),
    async retry(turnId) {
      const turn = await lanes.read(turnId);
      if (turn) await accept.retryTurn(turnId, turn.message.sender);
    },
    async forget(families) {
      for (const family of families) {
        const names = await redis.keys(`${prefix}:${family}:*`);
        if (names.length > 0) await redis.unlink(names);
      }
    },
    holdAccept() {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      gate = { reached: reached.resolve, released: released.promise };
      return { reached: reached.promise, release: released.resolve };
    },
    channelId(name) {
      const channel = slack.state.channels.find((one) => one.name === name && one.kind !== 'im');
      if (!channel) throw new Error(`there is no channel ${name}`);
      return channel.id;
    },
    privateWords: () =>
      slack.calls
        .filter((call) => call.method === 'chat.postEphemeral')
        .map((call) => String(call.args.text)),
    async close() {
      await Promise.all(ingresses.map((ingress) => ingress.close()));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await slack.close();
      await wakes.close();
      await disconnect(redis);
    },
  };
}
