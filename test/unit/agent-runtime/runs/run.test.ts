import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRun, type Run } from '../../../../agent-runtime/runs/run.ts';

const id = { sessionId: 's'.repeat(40), turnId: 'turn-1' };
const say = (run: Run, text: string) => run.publish({ type: 'text', text });
const end = (run: Run) => run.publish({ type: 'end', stop: 'end' });

async function collect(run: Run, afterSeq: number, atMost = Number.POSITIVE_INFINITY): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of run.follow(afterSeq)) {
    seen.push(event.seq);
    if (seen.length >= atMost) break;
  }
  return seen;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a run', () => {
  test('gives every reader each event once and in order, wherever readers join and leave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(
          fc.record({
            joinAt: fc.nat(60),
            afterSeq: fc.nat(60),
            leaveAfter: fc.integer({ min: 1, max: 70 }),
          }),
          { maxLength: 4 },
        ),
        async (count, readers) => {
          const run = createRun(id);
          const pending: Promise<void>[] = [];
          for (let seq = 1; seq <= count; seq += 1) {
            for (const { joinAt, afterSeq, leaveAfter } of readers) {
              if (Math.min(joinAt + 1, count) !== seq) continue;
              const after = Math.min(afterSeq, count);
              pending.push(
                collect(run, after, leaveAfter).then((seen) => {
                  expect(seen).toEqual(numbers(after + 1, Math.min(count + 1, after + leaveAfter)));
                }),
              );
            }
            say(run, 'x');
            if (seq % 3 === 0) await Promise.resolve();
          }
          end(run);
          await Promise.all(pending);
        },
      ),
    );
    expect(await collect(createFinished(), 0)).toEqual([1, 2]);
  });

  function createFinished(): Run {
    const run = createRun(id);
    say(run, 'all');
    end(run);
    return run;
  }

  test('tells the writer when all readers took an event, and not before', async () => {
    const run = createRun(id);
    const reader = run.follow(0);
    const first = reader.next();
    say(run, 'one');
    await first;
    let delivered = false;
    const waiting = run.delivered(1, 10_000).then(() => {
      delivered = true;
    });
    // The reader holds the event but has not come back for more: it may still be writing it.
    await new Promise((resolve) => setImmediate(resolve));
    expect(delivered).toBe(false);
    const second = reader.next();
    await waiting;
    expect(delivered).toBe(true);
    end(run);
    await second;
    await reader.return();
  });

  test('does not wait for a reader that has gone', async () => {
    const run = createRun(id);
    const reader = run.follow(0);
    const first = reader.next();
    say(run, 'one');
    await first;
    const waiting = run.delivered(1, 10_000);
    await reader.return();
    await expect(waiting).resolves.toBeUndefined();
  });

  test('cuts off a reader that takes nothing, without an end, and goes on', async () => {
    const run = createRun(id);
    const reader = run.follow(0);
    const first = reader.next();
    say(run, 'one');
    await first;
    await run.delivered(1, 5);
    say(run, 'two');
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    expect(run.backlog()).toBe(0);
  });

  test('takes nothing after its end', () => {
    const run = createFinished();
    expect(run.finished).toBe(true);
    expect(() => say(run, 'late')).toThrow('Turn turn-1 has ended; a text event came too late.');
  });
});
