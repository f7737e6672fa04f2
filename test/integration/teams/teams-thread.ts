import { onTestFinished } from 'vitest';
import type { Message } from '../../../local/teams/model.ts';
import {
  createTeamsStandIn,
  type TeamsStandIn,
  type TeamsStandInOptions,
} from '../../../local/teams/stand-in.ts';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { readActivity } from '../../../src/teams/activity.ts';
import { createConnector } from '../../../src/teams/connector.ts';
import { normaliseActivity } from '../../../src/teams/normalise.ts';
import { createTeamsPacing } from '../../../src/teams/pacing.ts';
import { createReferences } from '../../../src/teams/references.ts';
import { createTeamsReplies } from '../../../src/teams/reply.ts';
import { createTokenSource } from '../../../src/teams/token-source.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { pause as realPause } from '../../../src/turns/pause.ts';
import type { OpenReply, Reply } from '../../../src/turns/reply.ts';
import type { ClaimedTurn, PostedPart } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';

const APP_ID = '11111111-2222-4333-8444-555555555555';
const APP_PASSWORD = 'password-of-the-test';
/** Shorter waits take no time, but move the clock; for longer ones the test moves it. Milliseconds. */
const LONG_MS = 60_000;

type Open = (
  turn?: Partial<ClaimedTurn>,
  more?: {
    readonly assertHeld?: () => void;
    readonly signal?: AbortSignal;
    /** Called with what is to be put on record, before it is. */
    readonly beforeRecord?: () => void;
  },
) => Reply;

export interface TeamsThread {
  readonly teams: TeamsStandIn;
  readonly question: Message;
  /** What was put on record, newest last. */
  readonly noted: (readonly PostedPart[])[];
  /** Turns whose reply the person has stopped. */
  readonly stopped: string[];
  /** How many messages may stand there twice. */
  doubts(): number;
  readonly open: Open;
  /** A worker in another process, as far as it shares only Redis with the first. */
  anotherWorker(): Open;
  /** Lets time pass, for Teams and the reply alike. */
  later(ms: number): void;
  /** What the bot's messages below the question show. */
  texts(): string[];
  /** Resolves when one of them shows this. */
  shows(text: string): Promise<Message>;
  close(): Promise<void>;
}

/** A question of alice in Teams, and the real reply writer on the real connector and Redis. */
export async function startTeamsThread(
  where: 'personal' | 'cloud' | 'group' = 'personal',
  options: Partial<TeamsStandInOptions> & { readonly realTime?: true } = {},
): Promise<TeamsThread> {
  const url = await testRedis();
  const connections: Connection[] = [];
  const connectTo = () => {
    const redis = connect({ url, name: 'teams-reply-test' });
    connections.push(redis);
    return redis;
  };
  const redis = connectTo();
  let ahead = 0;
  const timers = new Set<{ readonly at: number; readonly ring: () => void }>();
  const now = () => Date.now() + ahead;
  const later = (ms: number) => {
    ahead += ms;
    for (const timer of timers) if (timer.at <= now()) timer.ring();
  };
  /** Ends when the clock has come so far, whoever moves it. */
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = {
        at: now() + ms,
        ring: () => {
          timers.delete(timer);
          resolve();
        },
      };
      timers.add(timer);
    });
  const moment = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = {
        at: now() + ms,
        ring: () => {
          timers.delete(timer);
          resolve();
        },
      };
      signal.addEventListener('abort', () => {
        timers.delete(timer);
        reject(signal.reason as Error);
      });
      if (signal.aborted) return reject(signal.reason as Error);
      timers.add(timer);
      if (ms < LONG_MS) setImmediate(() => timers.has(timer) && later(Math.max(0, timer.at - now())));
    });

  const pause = options.realTime ? realPause : moment;
  const teams = await createTeamsStandIn({
    appId: APP_ID,
    appPassword: APP_PASSWORD,
    // Nobody listens here: what people write is handed over by the test.
    botUrl: () => 'http://127.0.0.1:9/api/messages',
    retryDelaysMs: [],
    now,
    wait,
    ...options,
  });
  const { message: question, activity } = await teams.say('alice', where, '@bot how many?');
  const read = readActivity(activity);
  const normalised = read && normaliseActivity(read);
  if (!read || normalised?.kind !== 'message') throw new Error('the question is none');
  const { message } = normalised;
  const references = createReferences(redis, '{tc}');
  await references.remember(read, message);
  let doubts = 0;
  const stopped: string[] = [];
  const noted: (readonly PostedPart[])[] = [];
  const log = createLogger({ level: 'silent' });
  const createWriter = (own: Connection) =>
    createTeamsReplies({
      pacing: createTeamsPacing({ redis: own, keyPrefix: '{tc}', now, clock: now, log }),
      connector: createConnector({
        token: createTokenSource({
          appId: APP_ID,
          appPassword: APP_PASSWORD,
          tokenUrl: `${teams.url}/botframework.com/oauth2/v2.0/token`,
          now,
        }),
        serviceUrlHosts: new Set([teams.environment.TEAMS_SERVICE_URL_HOSTS]),
        allowLoopback: false,
        timeoutMs: 5_000,
        observe: () => undefined,
      }),
      references,
      onCancelled: async ({ id }) => stopped.push(id),
      onDoubt: () => {
        doubts += 1;
      },
      onFinished: () => undefined,
      pause,
      now,
      log,
    });
  const claimed: ClaimedTurn = {
    id: 'turn-abcdefghijklmnopqrst',
    lane: 'lane',
    state: 'running',
    message,
    attempt: 1,
    crashes: 0,
    receivedAt: 0,
    posted: [],
    sawWrite: false,
    invoked: true,
    fence: '1',
    places: {},
    quietMs: 0,
    at: {},
  };
  const openerOf =
    (openReply: OpenReply): Open =>
    (turn = {}, more = {}) =>
      openReply({
        turn: { ...claimed, ...turn },
        assertHeld: more.assertHeld ?? (() => undefined),
        signal: more.signal ?? new AbortController().signal,
        notePosted: async (parts) => {
          more.beforeRecord?.();
          noted.push(parts);
        },
      });
  const texts = () => teams.repliesTo(question).map(({ text }) => text);
  return {
    teams,
    question,
    noted,
    stopped,
    doubts: () => doubts,
    open: openerOf(createWriter(redis)),
    anotherWorker: () => openerOf(createWriter(connectTo())),
    later,
    texts,
    shows: (text) =>
      eventually(`a message that shows ${text.slice(0, 40)}`, () =>
        teams.repliesTo(question).find((one) => one.text === text),
      ),
    async close() {
      await teams.close();
      for (const connection of connections) await disconnect(connection);
    },
  };
}

export const say = (text: string, more: Partial<ReplyView> = {}): ReplyView => ({ text, tasks: [], ...more });

/** One that is closed with the test. */
export async function threadOfTest(...args: Parameters<typeof startTeamsThread>): Promise<TeamsThread> {
  const started = await startTeamsThread(...args);
  onTestFinished(() => started.close());
  return started;
}
