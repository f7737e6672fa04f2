import { describe, expect, it } from 'vitest';
import type { CheckOptions } from '../../../src/guardrails/client.ts';
import { createGuards, type GuardMode, type Intervention } from '../../../src/guardrails/guards.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { unavailable, type Verdict } from '../../../src/guardrails/verdict.ts';
import { answerOf } from './scripted-guardrail.ts';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** Like the service it goes by what most of the texts of a call are about: gold beside much else does not matter. */
function verdictOn(texts: readonly string[]): Verdict {
  const mostlyGold = texts.filter((text) => text.includes('gold')).length * 2 > texts.length;
  return judge(answerOf(texts, { masked: ['Alice Smith'], blocked: mostlyGold ? ['gold'] : [] }), texts);
}

function open(
  mode: GuardMode = 'enforce',
  answer: (text: string, signal: AbortSignal) => Verdict | Promise<Verdict> = (text) => verdictOn([text]),
) {
  const found: Intervention[] = [];
  const asked: string[] = [];
  const ahead: (number | undefined)[] = [];
  const timers: (() => void)[] = [];
  let clock = 0;
  let running = 0;
  let mostRunning = 0;
  const guards = createGuards({
    async check(_source, texts, signal, options?: CheckOptions) {
      asked.push(texts.join(' + '));
      ahead.push(options?.mostAheadMs);
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await new Promise(setImmediate);
      const [only = '', ...others] = texts;
      const verdict = others.length > 0 ? verdictOn(texts) : await answer(only, signal);
      running -= 1;
      return verdict;
    },
    mode,
    redactInput: true,
    redactOutput: true,
    after(_ms, run) {
      timers.push(run);
      return () => void timers.splice(timers.indexOf(run), 1);
    },
    now: () => clock,
  });
  const note = (one: Intervention) => void found.push(one);
  return {
    found,
    ahead,
    timers,
    most: () => mostRunning,
    pass: (ms: number) => (clock += ms),
    thread: (texts: readonly string[]) => guards.thread(texts, never, note),
    files: (texts: readonly string[]) => guards.files(texts, never, note),
    question: (text: string) => guards.question(text, never, note),
    /** What was asked since the last look. */
    asked: () => asked.splice(0),
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `message ${i}`);
const hangs = (signal: AbortSignal) =>
  new Promise<Verdict>((resolve) => {
    signal.addEventListener('abort', () => resolve(unavailable('cancelled')), { once: true });
  });

describe('what others said in a thread', () => {
  it('is judged each by itself: what blocks is left out, however much else stands beside it', async () => {
    const { thread, found } = open();
    const said = ['The deploy fails with E42.', 'I buy gold', 'Since when?', 'Which region is that?'];
    expect(await thread(said)).toEqual([said[0], undefined, said[2], said[3]]);
    expect(found).toMatchObject([{ policies: ['topic'], action: 'blocked' }]);
  });

  it('is masked where it has to be, and a secret in it asks nobody', async () => {
    const { thread, asked, found } = open();
    const said = ['so says Alice Smith', `my key is AK${'IA'}IOSFODNN7EXAMPLE`, 'Since when?'];
    expect(await thread(said)).toEqual(['so says {NAME}', undefined, 'Since when?']);
    expect(asked()).toHaveLength(2);
    expect(found.map(({ policies, action }) => `${policies.join()} ${action}`).toSorted()).toEqual([
      'personal_data masked',
      'secret blocked',
    ]);
  });

  it('is masked in each turn where one call could not read it whole', async () => {
    const { thread } = open();
    const long = `Alice Smith ${'word '.repeat(500)}`;
    const masked = long.replace('Alice Smith', '{NAME}');
    expect(await thread([long])).toEqual([masked]);
    expect(await thread([long])).toEqual([masked]);
  });

  it('costs calls in later turns only for what is new, comes out the same, and counts again', async () => {
    const { thread, asked, found } = open();
    const said = ['all well', 'I buy gold', 'so says Alice Smith'];
    const first = await thread(said);
    expect(asked().toSorted()).toEqual(said.toSorted());
    const counted = found.splice(0).length;
    expect(await thread([...said, 'and now?'])).toEqual([...first, 'and now?']);
    expect(asked()).toEqual(['and now?']);
    expect(found).toHaveLength(counted);
    // Nothing of what was written is kept, so none of it can be told again.
    expect(found.map(({ example }) => example)).toEqual([undefined, undefined]);
  });

  it('is judged once where several said the same', async () => {
    const { thread, asked } = open();
    expect(await thread(['+1', 'I buy gold', '+1', 'I buy gold'])).toEqual([
      '+1',
      undefined,
      '+1',
      undefined,
    ]);
    expect(asked()).toHaveLength(2);
  });

  it.each([
    ['refused', 'I buy gold', undefined],
    ['masked', 'Is Alice Smith an admin?', 'Is {NAME} an admin?'],
    ['let through', 'How many?', 'How many?'],
  ])('comes out as it did when it was asked of the bot: %s', async (_what, text, read) => {
    const { thread, question, asked } = open();
    const answered = await question(text);
    expect('text' in answered ? answered.text : undefined).toBe(read);
    asked();
    expect(await thread([text])).toEqual([read]);
    expect(asked()).toEqual([]);
  });

  it('is judged anew after an hour: the policies may be others', async () => {
    const { thread, asked, pass } = open();
    await thread(['all well']);
    pass(HOUR_MS - 1);
    await thread(['all well']);
    expect(asked()).toHaveLength(1);
    pass(1);
    await thread(['all well']);
    expect(asked()).toHaveLength(1);
  });

  it('a question is checked whatever is known of its words', async () => {
    const { question, asked } = open();
    await question('How many?');
    await question('How many?');
    expect(asked()).toHaveLength(2);
  });

  it.each(['unavailable', 'unclear'] as const)(
    'is left out when its check comes to nothing (%s), and asked for again in the next turn',
    async (policy) => {
      let down = true;
      const { thread, asked, found } = open('enforce', (text) =>
        down && text === 'so it is' ? { kind: 'block', policy, reason: 'planted' } : verdictOn([text]),
      );
      expect(await thread(['all well', 'so it is'])).toEqual(['all well', undefined]);
      expect(found).toMatchObject([{ policies: [policy], action: 'blocked' }]);
      down = false;
      asked();
      expect(await thread(['all well', 'so it is'])).toEqual(['all well', 'so it is']);
      expect(asked()).toEqual(['so it is']);
    },
  );

  it('is judged from the newest back, eight calls at a time, which let others into the shared quota', async () => {
    const { thread, asked, most, ahead } = open();
    const said = numbered(20);
    expect(await thread(said)).toEqual(said);
    expect(asked()).toEqual(said.toReversed());
    expect(most()).toBe(8);
    expect(new Set(ahead)).toEqual(new Set([1_000]));
  });

  it('is waited for so long and no longer: what was not judged by then is left out, and judged in a later turn', async () => {
    let slow = true;
    const { thread, asked, timers, found } = open('enforce', (text, signal) =>
      slow && Number(text.split(' ')[1]) < 14 ? hangs(signal) : verdictOn([text]),
    );
    const said = numbered(20);
    const reading = thread(said);
    while (asked().at(-1) !== 'message 6') await new Promise(setImmediate);
    for (const run of [...timers]) run();
    expect(await reading).toEqual(said.map((text, i) => (i < 14 ? undefined : text)));
    // No more calls were made for those that had to wait.
    expect(asked()).toEqual([]);
    expect(found.map(({ policies }) => policies.join())).toEqual(
      Array.from({ length: 14 }, () => 'unavailable'),
    );
    slow = false;
    expect(await thread(said)).toEqual(said);
    expect(asked()).toEqual(said.slice(0, 14).toReversed());
    expect(timers).toEqual([]);
  });

  it('is not waited for when a check does not heed that it is over', async () => {
    const { thread, timers } = open('enforce', () => new Promise<Verdict>(() => undefined));
    const reading = thread(['all well']);
    for (const run of [...timers]) run();
    expect(await reading).toEqual([undefined]);
  });

  it('passes at once in shadow mode, counts in each turn, and is asked for once', async () => {
    const { thread, asked, found } = open('shadow');
    const said = ['all well', 'I buy gold', 'so says Alice Smith'];
    expect(await thread(said)).toEqual(said);
    // Nobody has waited.
    expect(found).toEqual([]);
    while (found.length < 2) await new Promise(setImmediate);
    expect(asked()).toHaveLength(3);
    expect(await thread(said)).toEqual(said);
    expect(found).toHaveLength(4);
    expect(asked()).toEqual([]);
  });
});

describe('files that are attached to a question', () => {
  it('are judged each by itself, a few calls at a time, and are waited for', async () => {
    const { files, timers, most, ahead } = open();
    const read = files(['a,b', 'I buy gold', 'name\nAlice Smith', ...numbered(20)]);
    expect(timers).toEqual([]);
    expect(await read).toEqual(['a,b', undefined, 'name\n{NAME}', ...numbered(20)]);
    expect(most()).toBe(8);
    expect(new Set(ahead)).toEqual(new Set([undefined]));
  });

  it('that are long are read to their end', async () => {
    const { files, asked } = open();
    const long = `${'word '.repeat(2_000)}Alice Smith, or gold`;
    expect(await files([long, `${long} no more`.replace(', or gold', '')])).toEqual([
      undefined,
      `${'word '.repeat(2_000)}{NAME} no more`,
    ]);
    expect(asked().length).toBeGreaterThan(10);
  });
});
