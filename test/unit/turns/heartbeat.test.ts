import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EMPTY_VIEW, type ReplyView } from '../../../src/chat/vocabulary.ts';
import { createHeartbeat } from '../../../src/turns/heartbeat.ts';

/** A person is not left without a sign of life for longer. Milliseconds. */
const LONGEST_SILENCE_MS = 15_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

function heartbeat(untakenMs: () => number | undefined = () => undefined, ageMs = 0) {
  const shown: { readonly at: number; readonly view: ReplyView }[] = [];
  const began = performance.now();
  const now = () => performance.now() - began;
  const beat = createHeartbeat({ now, untakenMs, ageMs, show: (view) => shown.push({ at: now(), view }) });
  return { ...beat, shown, last: () => shown.at(-1)?.view, pass: (ms: number) => vi.advanceTimersByTime(ms) };
}
const says = (status: string, text = ''): ReplyView => ({ ...EMPTY_VIEW, status, text });

describe('the heartbeat of a long turn', () => {
  it('passes on at once what is new, as it is', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…'));
    beat.show(says('is thinking…', 'Two'));
    expect(beat.shown).toEqual([
      { at: 0, view: says('is thinking…') },
      { at: 0, view: says('is thinking…', 'Two') },
    ]);
    beat.stop();
  });

  it('says how long it has been when the agent is silent, again and again, and offers to stop it', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…'));
    beat.pass(65_000);
    expect(beat.shown.map(({ view }) => view.status)).toEqual([
      'is thinking…',
      'is thinking · 10 s',
      'is thinking · 20 s',
      'is thinking · 30 s',
      'is thinking · 40 s',
      'is thinking · 50 s',
      'is thinking · 1 min 0 s',
    ]);
    expect(beat.shown.map(({ view }) => view.long)).toEqual([
      undefined,
      ...Array.from({ length: 6 }, () => true),
    ]);
    beat.stop();
  });

  it('counts from the beginning of the turn, and keeps the words that stand there', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…'));
    beat.pass(8_000);
    beat.show(says('is looking at EC2', 'So far: '));
    beat.pass(10_000);
    expect(beat.last()).toEqual({ ...says('is looking at EC2 · 18 s', 'So far: '), long: true });
    beat.stop();
  });

  it('says that it works where the agent has said nothing of what it does', () => {
    const beat = heartbeat();
    beat.show({ ...EMPTY_VIEW, text: 'So far' });
    beat.pass(10_000);
    expect(beat.last()?.status).toBe('is working · 10 s');
    beat.stop();
  });

  it('does not take a time back while the status stays the same, so that the line does not flicker', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…'));
    beat.pass(10_000);
    const before = beat.shown.length;
    for (const text of ['a', 'ab', 'abc']) {
      beat.show(says('is thinking…', text));
      beat.pass(1_000);
    }
    expect(new Set(beat.shown.slice(before).map(({ view }) => view.status))).toEqual(
      new Set(['is thinking · 10 s']),
    );
    beat.show(says('is writing…', 'abc'));
    expect(beat.last()?.status).toBe('is writing…');
    beat.stop();
  });

  it('tells no time that has long passed: said once, it goes with the words', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…'));
    beat.pass(10_000);
    let text = '';
    for (let i = 0; i < 25; i += 1) {
      text += 'x';
      beat.show(says('is thinking…', text));
      beat.pass(1_000);
    }
    expect([...new Set(beat.shown.map(({ view }) => view.status))]).toEqual([
      'is thinking…',
      'is thinking · 10 s',
      'is thinking · 20 s',
      'is thinking · 30 s',
    ]);
    beat.stop();
  });

  it('says the time as well while words come, but the platform has no room for them', () => {
    let takenAt = 0;
    const beat = heartbeat(() => performance.now() - takenAt);
    takenAt = performance.now();
    let text = '';
    const write = (seconds: number, taken: boolean) => {
      for (let i = 0; i < seconds; i += 1) {
        text += 'x';
        beat.show(says('is writing…', text));
        if (taken) takenAt = performance.now();
        beat.pass(1_000);
      }
    };
    write(30, true);
    expect(new Set(beat.shown.map(({ view }) => view.status))).toEqual(new Set(['is writing…']));
    const before = beat.shown.length;
    write(30, false);
    const statuses = new Set(beat.shown.slice(before).map(({ view }) => view.status));
    expect([...statuses]).toEqual([
      'is writing…',
      'is writing · 39 s',
      'is writing · 43 s',
      'is writing · 47 s',
      'is writing · 51 s',
      'is writing · 55 s',
      'is writing · 59 s',
    ]);
    beat.stop();
  });

  it('says it again soon where the platform had no room for that either', () => {
    let takenAt = performance.now();
    const beat = heartbeat(() => performance.now() - takenAt);
    beat.show(says('is thinking…'));
    beat.pass(15_000);
    takenAt = performance.now();
    beat.pass(12_000);
    expect(beat.shown.slice(1).map(({ at }) => at)).toEqual([10_000, 14_000, 24_000]);
    beat.stop();
  });

  it('of a turn that another worker began, says how old it is, and offers to stop it at once', () => {
    const beat = heartbeat(undefined, 50_000);
    beat.show(says('is thinking…'));
    beat.pass(10_000);
    expect(beat.shown.map(({ at, view }) => [at, view.status, view.long])).toEqual([
      [0, 'is thinking · 50 s', undefined],
      [1_000, 'is thinking · 50 s', true],
      [10_000, 'is thinking · 1 min 0 s', true],
    ]);
    beat.stop();
  });

  it.each([
    ['says the time while the platform has no room for the end', (ms: number) => ms, ['is thinking · 30 s']],
    ['says nothing of an end that is taken', () => 0, []],
    ['says nothing of an end where the platform does not tell', () => undefined, []],
  ])('%s', (_what, untaken, said) => {
    let takenAt = 0;
    const beat = heartbeat(() => untaken(performance.now() - takenAt));
    beat.show(says('is thinking…'));
    takenAt = performance.now() + 20_000;
    beat.pass(20_000);
    const before = beat.shown.length;
    beat.end();
    beat.pass(11_000);
    expect(beat.shown.slice(before).map(({ view }) => view.status)).toEqual(said);
    beat.stop();
  });

  it('takes the same look again for silence', () => {
    const beat = heartbeat();
    beat.show(says('is thinking…', 'a'));
    beat.pass(6_000);
    beat.show(says('is thinking…', 'a'));
    beat.pass(4_000);
    expect(beat.last()?.status).toBe('is thinking · 10 s');
    beat.stop();
  });

  it('says nothing by itself before there is anything to show, nor after the end', () => {
    const beat = heartbeat();
    beat.pass(60_000);
    expect(beat.shown).toEqual([]);
    beat.show(says('is thinking…'));
    beat.stop();
    beat.pass(60_000);
    expect(beat.shown).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins no clock when it is shown something after its end', () => {
    const beat = heartbeat();
    beat.stop();
    beat.show(says('late'));
    beat.pass(60_000);
    expect(beat.shown).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves nobody without a new look for longer than fifteen seconds, whatever the agent does', () => {
    const silence = fc.integer({ min: 0, max: 40_000 });
    const look = fc.record({ status: fc.constantFrom('a', 'b'), text: fc.constantFrom('', 'x', 'xy') });
    fc.assert(
      fc.property(fc.array(fc.tuple(silence, look), { maxLength: 12 }), (happenings) => {
        const beat = heartbeat();
        beat.show(says('is thinking…'));
        for (const [ms, { status, text }] of happenings) {
          beat.pass(ms);
          beat.show(says(status, text));
        }
        beat.pass(40_000);
        beat.stop();
        const looks = beat.shown.filter(
          ({ view }, i) => JSON.stringify(view) !== JSON.stringify(beat.shown[i - 1]?.view),
        );
        const times = [...looks.map(({ at }) => at), beat.shown.at(-1)?.at ?? 0];
        const longest = Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? 0)));
        expect(longest).toBeLessThanOrEqual(LONGEST_SILENCE_MS);
      }),
    );
  });
});
