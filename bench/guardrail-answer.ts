import { setTimeout as wait } from 'node:timers/promises';
import { createGuards } from '../src/guardrails/guards.ts';
import { createGuardedAnswer } from '../src/turns/guarded-answer.ts';
import type { OpenReply } from '../src/turns/reply.ts';
import type { ClaimedTurn } from '../src/turns/turn.ts';
import { epochNow } from './guardrail-and-slack.ts';

/** How an agent writes. */
export interface Pace {
  readonly name: string;
  /** Characters that come at a time. */
  readonly characters: number;
  readonly everyMs: number;
  /** Of the answer. */
  readonly length: number;
}

/** One answer on its way from the agent to Slack. Times in milliseconds since its first token. */
export interface Run {
  /** Until the first words were cleared. */
  readonly clearedMs: number;
  /** Until the call with the first words reached Slack. */
  readonly slackMs: number;
  /** When there was as much text as has to be held back, and a word. */
  readonly enoughMs: number;
  readonly doneMs: number;
  /** Until the whole answer, checked at its end, would have been cleared. */
  readonly wholeMs: number;
  readonly calls: number;
  readonly problem: string | undefined;
}

export const FIRST_WINDOW = 208;
const NAME = 'Ask Alice Smith. ';
export const MASKED = 'Alice Smith';
const SENTENCE = 'The instance runs in its zone. ';
/** Stands in the first words, and in no call that shows none. */
export const FIRST_WORD = 'The';
export const answerOf = ({ length }: Pace): string =>
  `${SENTENCE.repeat(Math.ceil(length / SENTENCE.length))}${NAME}`;

export const mostCalls = (length: number, ms: number) => 2 + Math.ceil(length / 700) + Math.ceil(ms / 1_500);

let threads = 0;

export interface RunDeps {
  readonly check: Parameters<typeof createGuards>[0]['check'];
  readonly openReply: OpenReply;
  readonly firstWordsAt: (thread: string) => Promise<number | undefined>;
}

export async function runOne(deps: RunDeps, pace: Pace): Promise<Run> {
  const { check } = deps;
  const text = answerOf(pace);
  let calls = 0;
  let cleared: number | undefined;
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
  const turn = turnOf();
  const reply = deps.openReply({
    turn,
    assertHeld: () => undefined,
    notePosted: async () => undefined,
    signal,
  });
  const began = epochNow();
  const since = () => epochNow() - began;
  const answer = createGuardedAnswer({
    openGate: (on) => guards.answer(on, signal, () => undefined),
    shadow: false,
    mayLink: undefined,
    show(view) {
      if (view.text !== '') cleared ??= since();
      reply.show(view);
    },
  });
  let raw = '';
  let whole: Promise<number> | undefined;
  for (let at = 0; at < text.length; at += pace.characters) {
    if (at > 0) await wait(pace.everyMs);
    raw += text.slice(at, at + pace.characters);
    if (raw.length >= FIRST_WINDOW) enough ??= since();
    answer.take({ text: raw, tasks: [] });
    await answer.room();
    if (raw.length === text.length) whole = check('OUTPUT', [text], signal).then(since);
  }
  const { view } = await answer.finish({ text: raw, tasks: [] });
  const doneMs = since();
  await reply.finish(view);
  const wholeMs = (await whole) ?? Number.NaN;
  const slackAt = await deps.firstWordsAt(turn.message.key.thread);
  const exact = view.text === text.replace(MASKED, '{NAME}');
  return {
    clearedMs: cleared ?? Number.NaN,
    slackMs: (slackAt ?? Number.NaN) - began,
    enoughMs: enough ?? Number.NaN,
    doneMs,
    wholeMs,
    calls,
    problem: !exact
      ? 'an answer is not the guarded text'
      : slackAt === undefined
        ? 'an answer never reached Slack'
        : calls > mostCalls(text.length, doneMs)
          ? `${calls} calls for an answer`
          : undefined,
  };
}

/** Each in a workspace of its own: how often Slack takes a call is not what is asked here. */
function turnOf(): ClaimedTurn {
  threads += 1;
  const id = String(threads);
  const thread = `1600000000.${id.padStart(6, '0')}`;
  return {
    id: `turn-${id}`,
    lane: `lane-${id}`,
    state: 'running',
    message: {
      key: { platform: 'slack', tenant: `T${id}`, conversation: `C${id}`, thread },
      kind: 'channel',
      sender: { id: 'U1', tenant: `T${id}` },
      text: 'how many instances?',
      messageId: thread,
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
}
