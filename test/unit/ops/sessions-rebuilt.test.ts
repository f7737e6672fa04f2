import { expect, it } from 'vitest';
import { describeRebuilt } from '../../../scripts/ops/sessions.ts';

const one = { people: 1, passed: 1, sessions: 2, loaded: 1, lanes: 2, placed: 1, skipped: 0, failed: ['p1'] };

it('speaks of one person as of one', () => {
  expect(describeRebuilt(one).split('\n')).toEqual([
    '1 person; 1 of 2 sessions and 1 of 2 places were put back, the others are there.',
    '1 person was passed over: theirs is whole.',
    '1 person could not be read (above). Run it again with --resume: it goes on from there.',
  ]);
});

it('speaks of several people, and of none, as of people', () => {
  const two = { ...one, people: 2, passed: 2, failed: ['p1', 'p2'] };
  expect(describeRebuilt(two).match(/\d people/g)).toEqual(['2 people', '2 people', '2 people']);
  expect(describeRebuilt({ ...one, people: 0, passed: 0, failed: [] })).toMatch(/^0 people; [^\n]+$/);
});
