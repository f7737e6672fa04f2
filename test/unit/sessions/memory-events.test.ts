import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { ConversationKey } from '../../../src/chat/vocabulary.ts';
import { EVENT_KIND } from '../../../src/contract/memory.ts';
import {
  eventsFor,
  type MemoryEvent,
  rebuildFrom,
  type SessionChange,
} from '../../../src/sessions/memory-events.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';

const ACTOR = 'sub-1';
const key = (thread: string): ConversationKey => ({
  platform: 'slack',
  tenant: 'T1',
  conversation: 'C1',
  thread,
});
const lane = (thread: string) => laneId(key(thread), { id: 'U1', tenant: 'T1' });
const session = (thread: string, generation = 0) => sessionId(key(thread), ACTOR, generation);

const created = (thread: string, name: string, number: number, generation = 0): SessionChange => ({
  kind: 'created',
  session: session(thread, generation),
  name,
  number,
  question: `about ${name}`,
  origin: key(thread),
});
const placed = (thread: string, generation: number, bound?: string): SessionChange => ({
  kind: 'placed',
  actor: ACTOR,
  key: key(thread),
  lane: lane(thread),
  place: { generation, ...(bound === undefined ? {} : { session: bound }) },
});
/** Each a second after the one before. */
const told = (changes: readonly SessionChange[]): MemoryEvent[] =>
  changes.flatMap((change, i) => eventsFor(change, 1_000 * (i + 1)));

describe('a directory that is made anew from Memory', () => {
  it('has names, tags, projects, numbers and places as they were last', () => {
    const events = told([
      created('1.0', 'Costs', 1),
      { kind: 'tagged', session: session('1.0'), tag: '#finance' },
      { kind: 'tagged', session: session('1.0'), tag: 'may' },
      { kind: 'untagged', session: session('1.0'), tag: 'may' },
      { kind: 'project', session: session('1.0'), project: 'Atlas' },
      placed('2.0', 1),
      created('2.0', 'Alarms', 2, 1),
      { kind: 'renamed', session: session('1.0'), name: 'Staging costs' },
      { kind: 'archived', session: session('2.0', 1) },
      placed('3.0', 0, session('1.0')),
    ]);
    const talks = new Map([[session('1.0'), { turns: 7, lastAt: 90_000 }]]);
    expect(rebuildFrom(events.toReversed(), talks)).toEqual({
      sessions: [
        {
          id: session('1.0'),
          number: 1,
          name: 'Staging costs',
          tags: ['finance'],
          project: 'Atlas',
          createdAt: 1_000,
          lastAt: 90_000,
          turns: 7,
          question: 'about Costs',
          archived: false,
          origin: key('1.0'),
        },
        expect.objectContaining({
          id: session('2.0', 1),
          name: 'Alarms',
          archived: true,
          turns: 0,
          lastAt: 7_000,
        }),
      ],
      lanes: new Map([
        [lane('2.0'), { generation: 1 }],
        [lane('3.0'), { generation: 0, session: session('1.0') }],
      ]),
      skipped: 0,
    });
  });

  it('finds the place of a lane in the session that is known without it', () => {
    const [event] = eventsFor(placed('2.0', 4), 1);
    expect(event).toMatchObject({ session: session('2.0', 0), metadata: { [EVENT_KIND]: 'lane' } });
  });

  it('archives what was idle for too long; what was taken back out counts as used then', () => {
    const events = told([
      created('1.0', 'Old', 1),
      created('2.0', 'Back', 2),
      { kind: 'archived', session: session('2.0') },
      { kind: 'restored', session: session('2.0') },
    ]);
    const { sessions } = rebuildFrom(events, new Map(), 3_500);
    expect(sessions.map(({ name, archived }) => [name, archived])).toEqual([
      ['Old', true],
      ['Back', false],
    ]);
  });

  it('takes back what was asked something after it was archived', () => {
    const events = told([created('1.0', 'Away', 1), { kind: 'archived', session: session('1.0') }]);
    const archivedWith = (lastAt: number) =>
      rebuildFrom(events, new Map([[session('1.0'), { turns: 1, lastAt }]])).sessions[0]?.archived;
    expect(archivedWith(1)).toBe(true);
    expect(archivedWith(10_000)).toBe(false);
  });

  it('leaves out what nobody can read, and places in sessions that are gone', () => {
    const good = told([created('1.0', 'Costs', 1), placed('2.0', 2, session('9.0'))]);
    const bad = [
      '',
      '{',
      '[]',
      '{"kind":"renamed"}',
      '{"kind":"created","name":1}',
      '{"kind":"later","x":1}',
    ].map(
      (payload): MemoryEvent => ({
        session: session('1.0'),
        metadata: { [EVENT_KIND]: 'session' },
        payload,
        at: 5_000,
      }),
    );
    const orphan = told([{ kind: 'renamed', session: session('8.0'), name: 'nobody' }]);
    const { sessions, lanes, skipped } = rebuildFrom([...bad, ...good, ...orphan]);
    expect(sessions.map(({ name }) => name)).toEqual(['Costs']);
    expect(lanes).toEqual(new Map([[lane('2.0'), { generation: 2 }]]));
    expect(skipped).toBe(bad.length + 1);
  });

  it('is the same in whatever order Memory lists the events, and fits what Memory takes', () => {
    const threads = fc.constantFrom('1.0', '2.0', '3.0');
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    const change = fc.oneof(
      fc.record({
        kind: fc.constantFrom('tagged' as const, 'untagged' as const),
        thread: threads,
        text: fc.constantFrom('a', 'b'),
      }),
      fc.record({
        kind: fc.constantFrom('created' as const, 'renamed' as const, 'project' as const),
        thread: threads,
        text,
      }),
      fc.record({
        kind: fc.constantFrom('archived' as const, 'restored' as const, 'placed' as const),
        thread: threads,
        text,
      }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (steps, keys) => {
        const events = told(
          steps.map(({ kind, thread, text: words }, i): SessionChange => {
            const id = session(thread);
            if (kind === 'created') return created(thread, words, i);
            if (kind === 'placed') return placed(thread, i);
            if (kind === 'renamed') return { kind, session: id, name: words };
            if (kind === 'project') return { kind, session: id, project: words };
            if (kind === 'tagged' || kind === 'untagged') return { kind, session: id, tag: words };
            return { kind, session: id };
          }),
        );
        const shuffled = events
          .map((event) => ({ event, at: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ event }) => event);
        expect(rebuildFrom(shuffled)).toEqual(rebuildFrom(events));
        for (const { payload, metadata } of events) {
          expect(payload.length).toBeLessThan(10_000);
          for (const text of Object.entries(metadata).flat()) expect(text).toMatch(/^[\w\s.:/=+@-]{1,128}$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
