import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '../local/redis/start-redis.ts';
import { createGuardrail } from '../src/guardrails/client.ts';
import { createGuardrailQuota } from '../src/guardrails/quota.ts';
import { createSlackClient } from '../src/slack/client.ts';
import { createPacing } from '../src/slack/pacing.ts';
import { createSlackReplies } from '../src/slack/reply.ts';
import { connect, disconnect } from '../src/store/connection.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { pause } from '../src/turns/pause.ts';
import { startServices } from './guardrail-and-slack.ts';
import {
  answerOf,
  FIRST_WINDOW,
  FIRST_WORD,
  MASKED,
  mostCalls,
  type Pace,
  type Run,
  runOne,
} from './guardrail-answer.ts';
import { type Measured, type Result, resultOf } from './report.ts';
import { quantile } from './statistics.ts';

/**
 * What a guardrail costs the reader of an answer: when the first words reach Slack, and how often the guardrail is asked.
 * Beside it the simple way: the whole answer is checked, then shown.
 *
 * The gate, the client over HTTP/2, the quota and the pacing in Redis and the writer of Slack's messages are the real
 * ones; the guardrail answers after a fixed time. Nothing may be shown before 200 characters behind it were checked, so
 * that an agent's speed matters as well: one that brings its text quickly, and two that write like models do.
 */

const LATENCIES_MS = [100, 300, 800] as const;
const PACES: readonly Pace[] = [
  { name: 'text comes at once', characters: 400, everyMs: 5, length: 1_860 },
  { name: '400 characters a second', characters: 8, everyMs: 20, length: 1_860 },
  { name: '40 tokens a second', characters: 9, everyMs: 50, length: 930 },
];
/** Answers do not all begin in the same millisecond. */
const BETWEEN_MS = 10;

export async function benchGuardrail(options: {
  readonly rounds: number;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}): Promise<Measured> {
  const results: Result[] = [];
  const problems: string[] = [];
  const answers = options.quick ? 2 : 20;
  const paces = options.quick ? PACES.slice(0, 2) : PACES;
  const redis = await startRedis({ own: true, env: { ...process.env, REDIS_URL: '' }, log: options.say });
  const connection = connect({ url: redis.url, name: 'bench-guardrail' });
  try {
    for (const latency of options.quick ? LATENCIES_MS.slice(0, 1) : LATENCIES_MS) {
      const services = await startServices({ afterMs: latency, masked: [MASKED], word: FIRST_WORD });
      const { check, openReply, close } = compose(services, connection);
      const deps = { check, openReply, firstWordsAt: services.firstWordsAt };
      const round = (pace: Pace) =>
        Promise.all(
          Array.from({ length: answers }, async (_, i) => {
            await wait(i * BETWEEN_MS);
            return runOne(deps, pace);
          }),
        );
      try {
        // Code is compiled and connections are made before anything is measured.
        for (const pace of PACES.slice(0, 1)) await round(pace);
        for (const pace of paces) {
          const rounds: Run[][] = [];
          for (let i = 0; i < options.rounds; i += 1) rounds.push(await round(pace));
          problems.push(...rounds.flat().flatMap(({ problem }) => problem ?? []));
          results.push(...figuresOf(rounds, pace, latency));
          options.say(`guardrail ${latency} ms, ${pace.name}: done`);
        }
      } finally {
        close();
        await services.close();
      }
    }
  } finally {
    await disconnect(connection);
    await redis.stop();
  }
  return {
    report: { name: 'guardrail', rounds: options.rounds, results, exact: problems.length === 0 },
    problems,
  };
}

function figuresOf(rounds: readonly (readonly Run[])[], pace: Pace, latency: number): Result[] {
  const p95 = (value: (run: Run) => number) => rounds.map((round) => quantile(round.map(value), 0.95));
  const what = `guardrail ${latency} ms, ${pace.name}`;
  const { length } = answerOf(pace);
  return [
    ...resultOf(
      `first words in Slack after the first token and one call, p95: ${what}`,
      'ms',
      p95((run) => run.slackMs - latency),
      p95((run) => run.wholeMs - latency),
    ),
    ...resultOf(
      `of that, not for waiting until there were ${FIRST_WINDOW} characters, p95: ${what}`,
      'ms',
      p95((run) => run.slackMs - latency - run.enoughMs),
    ),
    ...resultOf(
      `of that, before the words were cleared, p95: ${what}`,
      'ms',
      p95((run) => run.clearedMs - latency - run.enoughMs),
    ),
    ...resultOf(
      `whole answer, p95: ${what}`,
      'ms',
      p95((run) => run.doneMs),
      p95((run) => run.wholeMs),
    ),
    ...resultOf(
      `calls an answer of ${length} characters, beside the most allowed: ${what}`,
      'calls',
      rounds.map((round) => Math.max(...round.map(({ calls }) => calls))),
      rounds.map((round) => Math.max(...round.map(({ doneMs }) => mostCalls(length, doneMs)))),
    ),
  ];
}

function compose(
  { guardrailUrl, slackUrl }: { readonly guardrailUrl: string; readonly slackUrl: string },
  redis: ReturnType<typeof connect>,
) {
  const log = createLogger({ level: 'silent' });
  const now = () => performance.now();
  const keyPrefix = '{bench}';
  const limits = { callsPerSecond: 10_000, unitsPerSecond: 100_000 };
  const guardrail = createGuardrail({
    region: 'us-east-2',
    guardrailId: 'bench',
    version: '1',
    endpoint: guardrailUrl,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    quota: createGuardrailQuota({ redis, keyPrefix, limits, log, now }),
    trace: false,
    log,
    random: Math.random,
    now,
  });
  const client = createSlackClient({
    token: 'xoxb-bench',
    apiUrl: slackUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const openReply = createSlackReplies({
    client,
    pacing: createPacing({ redis, keyPrefix, now, log }),
    pause,
    now,
    log,
  });
  return { check: guardrail.check, openReply, close: guardrail.close };
}
