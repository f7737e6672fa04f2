import { expect, it } from 'vitest';
import { EVENT_TURN, eventToken } from '../../../src/contract/memory.ts';
import { talkEntries } from '../../../src/sessions/turn-talk.ts';

const turn = {
  actor: 'slack:T1:U1',
  session: 'tc-1',
  turnId: 'turn-1',
  question: 'Why?',
  answer: 'So.',
  end: 'done',
  askedAt: 1_000,
  answeredAt: 2_000,
};

it('an answered turn tells Memory its question and its answer', () => {
  const where = { actor: 'slack:T1:U1', session: 'tc-1' };
  const metadata = { [EVENT_TURN]: 'turn-1' };
  expect(talkEntries(turn)).toEqual([
    {
      ...where,
      token: eventToken('turn-1', 'user', 0),
      at: 1_000,
      content: { payload: [{ kind: 'message', role: 'user', text: 'Why?' }], metadata },
    },
    {
      ...where,
      token: eventToken('turn-1', 'assistant', 0),
      at: 2_000,
      content: { payload: [{ kind: 'message', role: 'assistant', text: 'So.' }], metadata },
    },
  ]);
});

it('so does one that was stopped in the middle of its answer, but none that came to nothing', () => {
  expect(talkEntries({ ...turn, end: 'stopped' })).toHaveLength(2);
  for (const end of ['failed', 'blocked', 'unknown']) expect(talkEntries({ ...turn, end })).toEqual([]);
  expect(talkEntries({ ...turn, answer: ' ' })).toEqual([]);
});
