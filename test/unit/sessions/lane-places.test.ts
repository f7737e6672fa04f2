import { expect, it } from 'vitest';
import { directoryId } from '../../../src/sessions/directory-id.ts';
import { placeAmong, sessionIn } from '../../../src/sessions/lane-places.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';

const key = { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.0' } as const;

it.each([
  ['0', { generation: 0 }],
  ['12', { generation: 12 }],
  ['3 tc-abc', { generation: 3, session: 'tc-abc' }],
  ['4+', { generation: 4, fresh: true }],
  ['', undefined],
  ['x tc-abc', undefined],
])('a place that is kept as %j is read', (text, place) => {
  expect(placeAmong({ [directoryId('a')]: text }, 'a')).toEqual(place);
  expect(placeAmong({ [directoryId('a')]: text }, 'b')).toBeUndefined();
});

it('a session is the one that a lane is bound to, else that of its generation, at first the first', () => {
  expect(sessionIn(key, 'a', { generation: 2, session: 'tc-abc' })).toBe('tc-abc');
  expect(sessionIn(key, 'a', { generation: 2 })).toBe(sessionId(key, 'a', 2));
  expect(sessionIn(key, 'a', undefined)).toBe(sessionId(key, 'a', 0));
});
