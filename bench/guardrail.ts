import { setTimeout as wait } from 'node:timers/promises';
import { createGuardrail } from '../src/guardrails/client.ts';
import { createGuards } from '../src/guardrails/guards.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { createGuardedAnswer } from '../src/turns/guarded-answer.ts';
import { openGuardrail } from '../test/integration/guardrails/endpoint.ts';
import { answerOf } from '../test/unit/guardrails/scripted-guardrail.ts';
import { type Measured, type Result, resultOf } from './report.ts';
import { quantile } from './statistics.ts';

/**
 * What a guardrail costs the reader of an answer: when the first words show, and how often the guardrail is asked.
 * Beside it the simple way: the whole answer is checked, then shown.
 *
 * The gate and the client are the real ones, over HTTP/2; the guardrail answers after a fixed time. Nothing may be
 * shown before 200 characters behind it were checked, so that an agent's speed matters as well: one that brings its
 * text quickly, and one that writes like a model does.
 */

/** Characters; a word more until it ends. */
const FIRST_WINDOW = 230;
const LATENCIES_MS = [100, 300, 800] as const;
const ANSWER = `${'The instance runs in its zone. '.repeat(60)}Ask Alice Smith. `;
const RULES = { masked: ['Alice Smith'] };

interface Pace {
  readonly name: string;
  readonly characters: number;
  readonly everyMs: number;
}
const PACES: readonly Pace[] = [
  { name: 'text comes at once', characters: 400, everyMs: 5 },
  { name: '400 characters a second', characters: 8, everyMs: 20 },
];

interface Run {
  readonly firstMs: number;
  /** When there was as much text as the first window needs. */
  readonly enoughMs: number;
  readonly doneMs: number;
  readonly wholeMs: number;
  readonly calls: number;
  readonly problem: string | undefined;
}

export async function benchGuardrail(options: {
  readonly rounds: number;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}): Promise<Measured> {
  const results: Result[] = [];
  const problems: string[] = [];
  const answers = options.quick ? 2 : 20;
  for (const latency of options.quick ? LATENCIES_MS.slice(0, 1) : LATENCIES_MS) {
    const endpoint = await openGuardrail(({ texts }) => ({ body: answerOf(texts, RULES), afterMs: latency }));
    const guardrail = createGuardrail({
      region: 'us-east-2',
      guardrailId: 'bench',
      version: '1',
      endpoint: endpoint.url,
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
      trace: false,
      log: createLogger({ level: 'silent' }),
      random: Math.random,
      now: () => performance.now(),
    });
    try {
      // Code is compiled and connections are made before anything is measured.
      for (const pace of PACES.slice(0, 1))
        await Promise.all(Array.from({ length: answers }, () => runOne(guardrail.check, pace)));
      for (const pace of PACES) {
        const rounds: Run[][] = [];
        for (let round = 0; round < options.rounds; round += 1)
          rounds.push(
            await Promise.all(Array.from({ length: answers }, () => runOne(guardrail.check, pace))),
          );
        const runs = rounds.flat();
        problems.push(...runs.flatMap(({ problem }) => problem ?? []));
        const p95 = (value: (run: Run) => number) => rounds.map((round) => quantile(round.map(value), 0.95));
        const what = `guardrail ${latency} ms, ${pace.name}`;
        results.push(
          ...resultOf(
            `first words after the first token and one call, p95: ${what}`,
            'ms',
            p95((run) => run.firstMs - latency),
            p95((run) => run.wholeMs - latency),
          ),
          ...resultOf(
            `of that, not for waiting until there were ${FIRST_WINDOW} characters, p95: ${what}`,
            'ms',
            p95((run) => run.firstMs - latency - run.enoughMs),
          ),
          ...resultOf(
            `whole answer, p95: ${what}`,
            'ms',
            p95((run) => run.doneMs),
            p95((run) => run.wholeMs),
          ),
          ...resultOf(
            `calls an answer of ${ANSWER.length} characters, beside the most allowed: ${what}`,
            'calls',
            rounds.map((round) => Math.max(...round.map(({ calls }) => calls))),
            rounds.map((round) => Math.max(...round.map(({ doneMs }) => mostCalls(doneMs)))),
          ),
        );
        options.say(`${what}: done`);
      }
    } finally {
      guardrail.close();
      await endpoint.close();
    }
  }
  return {
    report: { name: 'guardrail', rounds: options.rounds, results, exact: problems.length === 0 },
    problems,
  };
}

const mostCalls = (ms: number) => 2 + Math.ceil(ANSWER.length / 700) + Math.ceil(ms / 1_500);

async function runOne(check: Parameters<typeof createGuards>[0]['check'], pace: Pace): Promise<Run> {
  let calls = 0;
  let first: number | undefined;
  let enough: number | undefined;
  const { signal } = new AbortController();
  const guards = createGuards({
    check(source, texts, ends) {
      calls += 1;
      return check(source, texts, ends);
    },
    mode: 'enforce',
    redactInput: true,
    redactOutput: true,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
  });
  const began = performance.now();
  const answer = createGuardedAnswer({
    openGate: (on) => guards.answer(on, signal, () => undefined),
    shadow: false,
    mayLink: undefined,
    show({ text }) {
      if (text !== '') first ??= performance.now() - began;
    },
  });
  let raw = '';
  let wholeMs: Promise<number> | undefined;
  for (let at = 0; at < ANSWER.length; at += pace.characters) {
    if (at > 0) await wait(pace.everyMs);
    raw += ANSWER.slice(at, at + pace.characters);
    if (raw.length >= FIRST_WINDOW) enough ??= performance.now() - began;
    answer.take({ text: raw, tasks: [] });
    await answer.room();
    if (raw.length === ANSWER.length)
      wholeMs = check('OUTPUT', [ANSWER], signal).then(() => performance.now() - began);
  }
  const { view } = await answer.finish({ text: raw, tasks: [] });
  const doneMs = performance.now() - began;
  const exact = view.text === ANSWER.replace('Alice Smith', '{NAME}');
  const problem = !exact
    ? 'an answer is not the guarded text'
    : calls > mostCalls(doneMs)
      ? `${calls} calls for an answer`
      : undefined;
  return {
    firstMs: first ?? Number.NaN,
    enoughMs: enough ?? Number.NaN,
    doneMs,
    wholeMs: (await wholeMs) ?? Number.NaN,
    calls,
    problem,
  };
}
