import { describe, expect, test } from 'vitest';
import { createWriter } from '../../../../agent-runtime/memory/writer.ts';
import { talkOf } from '../../../../src/contract/memory.ts';
import { eventually } from '../../../setup/eventually.ts';

const place = { actorId: 'a', sessionId: 's' };
const events = (turnId: string) =>
  talkOf({ turnId, question: `q ${turnId}`, answer: `a ${turnId}`, askedAt: 1, answeredAt: 2 });

/** A writer whose Memory fails as `failing` says, and for which pauses take no time. */
function open(failing: () => Error | undefined = () => undefined) {
  const written: string[] = [];
  const state = { now: 0, busy: 0, tries: 0, errors: [] as string[] };
  const writer = createWriter({
    api: {
      write: async (_place, { text }, signal) => {
        state.tries += 1;
        signal.throwIfAborted();
        const error = failing();
        if (error) throw error;
        written.push(text);
      },
    },
    log: { info: () => {}, warn: () => {}, error: (_fields, message) => void state.errors.push(message) },
    now: () => state.now,
    random: () => 0,
    pause: async (ms, signal) => {
      state.now += ms;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return;
    },
    busy: () => {
      state.busy += 1;
      return () => {
        state.busy -= 1;
      };
    },
  });
  return { writer, written, state };
}

describe('what was said', () => {
  test('is written in its order, and keeps the process busy only as long', async () => {
    const { writer, written, state } = open();
    const both = [writer.write(place, events('1')), writer.write(place, events('2'))];
    expect(state.busy).toBe(1);
    expect(await Promise.all(both)).toEqual(['written', 'written']);
    expect(written).toEqual(['q 1', 'a 1', 'q 2', 'a 2']);
    await eventually('it is idle', () => state.busy === 0);
  });

  test('waits for a Memory that is away, says so at once, and is written in the end', async () => {
    let failures = 4;
    const { writer, written } = open(() => (failures-- > 0 ? new Error('away') : undefined));
    const both = [writer.write(place, events('1')), writer.write(place, events('2'))];
    expect(await Promise.all(both)).toEqual(['failing', 'written']);
    expect(written).toEqual(['q 1', 'a 1', 'q 2', 'a 2']);
  });

  test('is given up after a quarter of an hour, and what Memory will never take at once', async () => {
    const { writer, state } = open(() => new Error('away'));
    expect(await writer.write(place, events('1'))).toBe('failing');
    await eventually('it is given up', () => state.busy === 0);
    expect(state.errors).toEqual(['a turn does not get into Memory']);
    expect(state.now).toBeGreaterThan(15 * 60_000);
    const other = open(() => Object.assign(new Error('no'), { name: 'ValidationException' }));
    expect(await other.writer.write(place, events('1'))).toBe('failing');
    await eventually('it is given up', () => other.state.busy === 0);
    expect(other.state.tries).toBe(1);
  });

  test('is not waited for longer than the end of the process may take', async () => {
    const { writer, state } = open(() => new Error('away'));
    await writer.write(place, events('1'));
    await writer.stop(10);
    expect(state.busy).toBe(0);
    expect(await writer.write(place, events('2'))).toBe('written');
    expect(state.busy).toBe(0);
  });
});
