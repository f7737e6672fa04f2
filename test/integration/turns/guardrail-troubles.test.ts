import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { createGuardrail } from '../../../src/guardrails/client.ts';
import { createGuards } from '../../../src/guardrails/guards.ts';
import { createGuardedAnswer } from '../../../src/turns/guarded-answer.ts';
import type { TurnGuards } from '../../../src/turns/turn-guards.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { answerOf } from '../../unit/guardrails/scripted-guardrail.ts';
import { end, numbered, text } from '../../unit/turns/agent-events.ts';
import { type Answer, type AskedGuardrail, openGuardrail } from '../guardrails/endpoint.ts';
import { createRig, type Rig } from './rig.ts';
import { answers, benchOn, type Exchange } from './turn-bench.ts';

let url: string;
let rig: Rig;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rig.close();
});
const bench = benchOn(() => rig);

const words = (length: number) => 'some words '.repeat(Math.ceil(length / 11));
const honest = ({ texts }: AskedGuardrail): Answer => ({
  body: answerOf(texts, { masked: ['Alice Smith'] }),
});

/** The guards of a turn with the real client, and a guardrail over HTTP/2 that fails when it is told to. */
async function open(deadlineMs: number) {
  let trouble: () => Answer | undefined = () => undefined;
  const endpoint = await openGuardrail((asked) => trouble() ?? honest(asked));
  const guardrail = createGuardrail({
    region: 'us-east-2',
    guardrailId: 'gr1234567890',
    version: '3',
    endpoint: endpoint.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    trace: false,
    log: rig.log,
    random: () => 0.5,
    now: () => performance.now(),
    attemptMs: 200,
    deadlineMs,
  });
  closers.push(
    () => endpoint.close(),
    () => guardrail.close(),
  );
  const guarding = createGuards({
    check: guardrail.check,
    mode: 'enforce',
    redactInput: true,
    redactOutput: true,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
  });
  const nobody = () => undefined;
  const guards: TurnGuards = {
    question: (turn, signal) => guarding.question(turn.message.text, signal, nobody),
    answer: (_turn, show, signal) =>
      createGuardedAnswer({
        openGate: (on) => guarding.answer(on, signal, nobody),
        shadow: false,
        mayLink: undefined,
        show,
      }),
    words: (direction, policy, locale) => blockMessage(direction, policy, locale),
  };
  return {
    guards,
    fail(answer: Answer, times = Number.POSITIVE_INFINITY) {
      let left = times;
      trouble = () => {
        left -= 1;
        return left < 0 ? undefined : answer;
      };
    },
    recover() {
      trouble = () => undefined;
    },
  };
}

const FIRST = words(600);
const REST = `${words(2_000)}UNCHECKED`;

/** Says the first words, waits until some of them are shown, and says the rest after `then`. */
const inTwo = (shown: () => readonly { readonly text: string }[], then: () => void): Exchange =>
  async function* () {
    const [first, ...rest] = numbered([text(FIRST), text(REST), text(' by Alice Smith.'), end()]);
    if (first) yield first;
    await eventually('the first words', () => shown().some((view) => view.text !== ''));
    then();
    yield* rest;
  };

async function askInTwo(guards: TurnGuards, then: () => void) {
  let shown: readonly { readonly text: string }[] = [];
  const b = await bench({ agent: inTwo(() => shown, then), more: { guards } });
  shown = b.shown;
  await b.runNext();
  return b;
}

const TROUBLES: [string, Answer][] = [
  ['hangs up', { hangUp: true }],
  ['fails', { status: 500, error: 'InternalServerException' }],
  ['says nothing', { silent: true }],
  ['is throttled', { status: 429, error: 'ThrottlingException' }],
  ['answers nonsense', { body: { action: 'PERHAPS' } }],
  ['answers no JSON', { body: '<html>' }],
];

describe.each(TROUBLES)('a turn whose guardrail %s', (_what, trouble) => {
  it('asks the agent nothing, tells the person that this is temporary, and makes room for the next question', async () => {
    const { guards, fail, recover } = await open(300);
    fail(trouble);
    const b = await bench({ text: 'How many?', agent: [], more: { guards } });
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(b.finals.map((view) => view.text)).toEqual(['']);
    expect(b.finals[0]?.notice).toMatchObject({ code: 'guardrail_unavailable', retry: true });
    expect(b.finals[0]?.notice?.text).toContain('temporary');
    expect(b.finals[0]?.notice?.text).toContain('asked the agent nothing');
    expect(await b.state()).toBe('failed');
    recover();
    const next = await bench({ text: 'How many?', agent: [answers], more: { guards } });
    await next.runNext();
    expect(next.finals).toMatchObject([{ text: 'Two instances.' }]);
    expect(await next.state()).toBe('done');
  });

  it('never says that the agent was asked nothing once it was, also where nothing of its answer could be checked', async () => {
    const { guards, fail } = await open(300);
    const agent: typeof answers = async function* (exchange) {
      fail(trouble);
      yield* answers(exchange);
    };
    const b = await bench({ text: 'How many?', agent: [agent], more: { guards } });
    await b.runNext();
    expect(b.calls).toHaveLength(1);
    expect(b.finals.map((view) => view.text)).toEqual(['']);
    expect(b.finals[0]?.notice).toMatchObject({ code: 'guardrail_unavailable', retry: true });
    expect(b.finals[0]?.notice?.text).toMatch(/answer.*temporary/);
    expect(b.finals[0]?.notice?.text).not.toContain('asked the agent nothing');
  });

  it('shows in mid-answer nothing that was not checked, says so, and ends', async () => {
    const { guards, fail } = await open(300);
    const b = await askInTwo(guards, () => fail(trouble));
    const [final] = b.finals;
    expect(final?.text).not.toBe('');
    expect(FIRST.startsWith(final?.text ?? '?')).toBe(true);
    expect(JSON.stringify([b.shown, b.finals])).not.toMatch(/UNCHECKED|Alice/);
    expect(final?.notice).toMatchObject({ code: 'guardrail_unavailable', retry: true });
    expect(final?.notice?.text).toContain('temporary');
    expect(await b.state()).toBe('failed');
  });

  it('goes on in mid-answer when it was for a moment only: the whole answer is shown, guarded, in order', async () => {
    const { guards, fail } = await open(10_000);
    const b = await askInTwo(guards, () => fail(trouble, 2));
    expect(b.finals.map((view) => view.text)).toEqual([`${FIRST}${REST} by {NAME}.`]);
    expect(JSON.stringify([b.shown, b.finals])).not.toContain('Alice');
    expect(await b.state()).toBe('done');
  });
});

describe('a turn whose guardrail contradicts itself', () => {
  /** It has masked something, and gives another text back. */
  const other: Answer = {
    body: {
      ...answerOf(['Alice Smith'], { masked: ['Alice Smith'] }),
      outputs: [{ text: 'Nothing to see here.' }],
    },
  };

  it('withholds the question, and says so', async () => {
    const { guards, fail } = await open(300);
    fail(other);
    const b = await bench({ text: 'Who is Alice Smith?', agent: [], more: { guards } });
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(JSON.stringify(b.finals)).not.toMatch(/Alice|Nothing to see/);
    expect(b.finals[0]?.notice?.text).toBe(blockMessage('question', 'unclear', undefined));
    expect(await b.state()).toBe('blocked');
  });

  it('withholds the rest of the answer', async () => {
    const { guards, fail } = await open(300);
    const b = await askInTwo(guards, () => fail(other));
    expect(FIRST.startsWith(b.finals[0]?.text ?? '?')).toBe(true);
    expect(JSON.stringify([b.shown, b.finals])).not.toMatch(/UNCHECKED|Alice|Nothing to see/);
    expect(b.finals[0]?.notice).toMatchObject({ code: 'answer_blocked' });
    expect(await b.state()).toBe('blocked');
  });
});
