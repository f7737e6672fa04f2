import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/contract/events.ts';
import { advance, closeTasks, NO_PROGRESS } from '../../../src/turns/progress.ts';
import { anyRun, end, failure, numbered, text, tool } from './agent-events.ts';

const follow = (events: readonly AgentEvent[], from = NO_PROGRESS) => events.reduce(advance, from);

describe('the progress of a turn', () => {
  it('is the same however often the stream was cut and replayed', () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.array(fc.tuple(fc.nat({ max: 25 }), fc.nat({ max: 25 })), { maxLength: 5 }),
        (run, cuts) => {
          let progress = NO_PROGRESS;
          for (const [cut, back] of cuts) {
            // A replay begins somewhere at or before the next unseen event and breaks off anywhere.
            const from = Math.max(0, progress.lastSeq - back);
            progress = follow(run.slice(from, from + cut), progress);
          }
          progress = follow(run.slice(Math.max(0, progress.lastSeq - 3)), progress);
          expect(progress).toEqual(follow(run));
        },
      ),
    );
  });

  it('sees a gap exactly when an event is missing, and never forgets it', () => {
    fc.assert(
      fc.property(anyRun, fc.array(fc.nat({ max: 20 }), { maxLength: 4 }), (run, missing) => {
        const lost = new Set(missing);
        // The last event always arrives: what is missing behind it cannot be known.
        const arrived = run.filter((_, i) => i === run.length - 1 || !lost.has(i));
        expect(follow(arrived).gap).toBe(arrived.length < run.length);
      }),
    );
  });

  it('never shortens the text', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        let progress = NO_PROGRESS;
        for (const event of run) {
          const next = advance(progress, event);
          expect(next.view.text.startsWith(progress.view.text)).toBe(true);
          progress = next;
        }
      }),
    );
  });

  it('shows whole characters only, also where the agent sends one in two halves', () => {
    const [high, low] = ['😀'.charAt(0), '😀'.charAt(1)];
    const events = numbered([text(`a${high}`), tool('read'), text(`${low}b`)]);
    const [first, , last] = events.map((_, i) => follow(events.slice(0, i + 1)).view.text);
    expect([first, last]).toEqual(['a', 'a😀b']);
    const broken = follow(numbered([text(`x${low}y`), text(high), end()]));
    expect(broken.view.text).toBe('x\ufffdy');
    const named = { type: 'tool', id: 't', name: 't', title: `T${high}` } as const;
    const step = follow(numbered([{ ...named, effect: 'read', state: 'started' }]));
    expect(step.view.tasks[0]?.title).toBe('T\ufffd');
  });

  it('knows of a change from any sign of the tool that made it', () => {
    expect(follow(numbered([tool('read')])).sawWrite).toBe(false);
    for (const state of ['started', 'finished', 'failed'] as const) {
      expect(follow(numbered([tool('write', state), text('more')])).sawWrite).toBe(true);
    }
  });

  it('shows a tool once, in its latest state, at its first place', () => {
    const progress = follow(
      numbered([tool('read', 'started', 'a'), tool('read', 'started', 'b'), tool('read', 'finished', 'a')]),
    );
    expect(progress.view.tasks.map((task) => [task.id, task.state])).toEqual([
      ['a', 'complete'],
      ['b', 'in_progress'],
    ]);
  });

  it('keeps the error and the end of the run', () => {
    const progress = follow(numbered([text('half'), failure('model_auth'), end('limit')]));
    expect(progress.error?.code).toBe('model_auth');
    expect(progress.stop).toBe('limit');
  });
});

describe('the steps of an ended turn', () => {
  const view = follow(numbered([text('a'), tool('read')])).view;

  it.each([
    ['done', 'complete'],
    ['failed', 'error'],
    ['stopped', 'error'],
    ['unknown', 'error'],
  ] as const)('stop spinning when it is %s', (ended, state) => {
    expect(closeTasks(view, ended).tasks.map((task) => task.state)).toEqual([state]);
  });

  it('stay as they are when they had ended', () => {
    const closed = closeTasks(view, 'done');
    expect(closeTasks(closed, 'failed')).toBe(closed);
  });
});
