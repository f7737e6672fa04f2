import { describe, expect, it } from 'vitest';
import {
  createGuards,
  type GuardMode,
  type Intervention,
  UNGUARDED,
} from '../../../src/guardrails/guards.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { unavailable, type Verdict } from '../../../src/guardrails/verdict.ts';
import { answerOf } from './scripted-guardrail.ts';

const never = new AbortController().signal;

function open(mode: GuardMode = 'enforce', more: { redactInput?: boolean } = {}) {
  const found: Intervention[] = [];
  const asked: string[] = [];
  const guards = createGuards({
    async check(source, texts) {
      asked.push(...texts.map((text) => `${source} ${text}`));
      return judge(answerOf(texts, { masked: ['Alice Smith'], blocked: ['buy gold'] }), texts);
    },
    mode,
    redactInput: true,
    redactOutput: true,
    after: () => () => undefined,
    now: () => 0,
    ...more,
  });
  return { guards, found, asked, note: (one: Intervention) => void found.push(one) };
}

describe('what the agent may read', () => {
  it('is masked, and checked as input, once', async () => {
    const { guards, asked, note } = open();
    const question = `${'please '.repeat(60)}ask Alice Smith`;
    expect(await guards.question(question, never, note)).toEqual({
      text: `${'please '.repeat(60)}ask {NAME}`,
    });
    expect(asked).toEqual([`INPUT ${question}`]);
  });

  it('is left as it is where nothing is to be masked', async () => {
    const { guards, found, note } = open('enforce', { redactInput: false });
    expect(await guards.question('ask Alice Smith', never, note)).toEqual({ text: 'ask Alice Smith' });
    expect(found).toEqual([]);
  });

  it('is everything in shadow mode, and what would have been withheld is told', async () => {
    const { guards, found, note } = open('shadow');
    expect(await guards.question('I buy gold', never, note)).toEqual({ text: 'I buy gold' });
    await Promise.resolve();
    await new Promise(setImmediate);
    expect(found).toMatchObject([{ direction: 'question', policies: ['topic'], action: 'blocked' }]);
  });

  it('holds no secret in any mode, and none is sent to the guardrail', async () => {
    const key = `AK${'IA'}IOSFODNN7EXAMPLE`;
    const block = { policy: 'secret', reason: 'secret: aws_access_key' };
    for (const mode of ['enforce', 'shadow', 'off'] as const) {
      const { guards, found, asked, note } = open(mode === 'off' ? 'enforce' : mode);
      const reading = mode === 'off' ? UNGUARDED : guards;
      expect(await reading.question(`my key is ${key}`, never, note)).toMatchObject(block);
      const texts = ['all well', `my key is ${key}`];
      expect(await reading.thread(texts, never, note)).toEqual(['all well', undefined]);
      expect(await reading.files(texts, never, note)).toEqual(['all well', undefined]);
      expect(found.map(({ policies, action }) => `${policies.join()} ${action}`)).toEqual(
        Array(3).fill('secret blocked'),
      );
      expect(asked.join()).not.toContain(key);
      if (mode === 'off') expect(asked).toEqual([]);
    }
  });

  it('long texts are read in windows, and a mask over a border is found', async () => {
    const { guards, asked, note } = open();
    const long = `${'word '.repeat(398)}Alice Smith ${'word '.repeat(500)}`;
    expect(await guards.question(long, never, note)).toEqual({ text: long.replace('Alice Smith', '{NAME}') });
    expect(asked.length).toBeLessThan(5);
  });
});

describe('the grounding of an answer', () => {
  const on = { source: 'Two instances run.', query: 'How many?' };
  const ungrounded = judge(
    {
      action: 'GUARDRAIL_INTERVENED',
      outputs: [{ text: 'Sorry.' }],
      assessments: [
        { contextualGroundingPolicy: { filters: [{ type: 'GROUNDING', score: 0.1, action: 'BLOCKED' }] } },
      ],
    },
    ['x'],
  );
  function grounding(mode: GuardMode, verdict: Verdict) {
    const found: Intervention[] = [];
    const asked: unknown[] = [];
    const guards = createGuards({
      async check(source, texts, _signal, options) {
        asked.push([source, texts, options?.grounding]);
        return verdict;
      },
      ...{ mode, redactInput: true, redactOutput: true },
      after: () => () => undefined,
      now: () => 0,
    });
    const note = (one: Intervention) => void found.push(one);
    return { found, asked, of: (answer: string, about = on) => guards.grounded(answer, about, never, note) };
  }

  it('blocks what says more than its source, and is told in shadow mode', async () => {
    const enforced = grounding('enforce', ungrounded);
    expect(await enforced.of('Nine run.')).toMatchObject({ policy: 'grounding' });
    expect(enforced.found).toMatchObject([{ direction: 'answer', policies: ['grounding'] }]);
    const shadow = grounding('shadow', ungrounded);
    expect(await shadow.of('Nine run.')).toBeUndefined();
    expect(shadow.found).toHaveLength(1);
  });

  it('blocks where it cannot be checked, and leaves to the windows what is theirs', async () => {
    expect(await grounding('enforce', unavailable('x')).of('Two.')).toMatchObject({ policy: 'unavailable' });
    expect(
      await grounding('enforce', { kind: 'block', policy: 'topic', reason: 'x' }).of('Two.'),
    ).toBeUndefined();
    expect(await grounding('enforce', { kind: 'allow' }).of('Two.')).toBeUndefined();
  });

  it('sends no more than the service takes', async () => {
    const { of, asked } = grounding('enforce', { kind: 'allow' });
    await of('a'.repeat(6_000), { source: 's'.repeat(200_000), query: 'q'.repeat(2_000) });
    expect(asked).toEqual([
      ['OUTPUT', ['a'.repeat(5_000)], { source: 's'.repeat(100_000), query: 'q'.repeat(1_000) }],
    ]);
  });
});
