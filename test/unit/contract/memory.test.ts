import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  EVENT_TURN,
  eventToken,
  MAX_MESSAGE_CHARS,
  memoryActor,
  talkOf,
  turnTag,
} from '../../../src/contract/memory.ts';

it('the token of an event is the digest of its turn, role and place, and differs with each of them', () => {
  const token = createHash('sha256').update('["turn-1","user",0]').digest('hex');
  expect(eventToken('turn-1', 'user', 0)).toBe(token);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    eventToken('turn-1', 'user', 1),
    eventToken('turn-1', 'assistant', 0),
    eventToken('turn-2', 'user', 0),
    eventToken('turn-1"', 'user', 0),
  ];
  expect(new Set([token, ...others]).size).toBe(5);
});

it('a person has the same id in Memory everywhere, one that Memory takes and that names no account', () => {
  for (const actor of ['slack:T1:U1', 'f3a1-sub', 'ana@example.com', '–ü'])
    expect(memoryActor(actor)).toMatch(/^[0-9a-f]{32}$/);
  expect(memoryActor('slack:T1:U1')).toBe('957a7e8919adb4946272fa73e8319405');
  expect(memoryActor('slack:T1:U2')).not.toBe(memoryActor('slack:T1:U1'));
});

describe('what an answered turn leaves in Memory', () => {
  const turn = { turnId: 'turn-1', question: 'Why?', answer: 'So.', askedAt: 1_000, answeredAt: 5_000 };

  it('is the question and the answer, each with its token, its time and its turn', () => {
    const metadata = { [EVENT_TURN]: 'turn-1' };
    expect(talkOf(turn)).toEqual([
      { token: eventToken('turn-1', 'user', 0), at: 1_000, role: 'user', text: 'Why?', metadata },
      { token: eventToken('turn-1', 'assistant', 0), at: 5_000, role: 'assistant', text: 'So.', metadata },
    ]);
  });

  it('never has two events at one time, nor the answer before the question', () => {
    const times = (askedAt: number, answeredAt: number) =>
      talkOf({ ...turn, askedAt, answeredAt }).map(({ at }) => at);
    expect(times(1_000, 1_000)).toEqual([1_000, 1_001]);
    expect(times(1_000, 900)).toEqual([1_000, 1_001]);
  });

  it('takes several events where Memory takes no text so long, and tears no character', () => {
    const answer = `${'x'.repeat(MAX_MESSAGE_CHARS - 1)}🙂${'y'.repeat(MAX_MESSAGE_CHARS)}`;
    const answers = talkOf({ ...turn, answer }).slice(1);
    expect(answers.map(({ text }) => text).join('')).toBe(answer);
    expect(answers.map(({ text }) => text.length)).toEqual([99_999, 100_000, 2]);
    expect(answers.every(({ text }) => text.isWellFormed())).toBe(true);
    expect(answers.map(({ at }) => at)).toEqual([5_000, 5_001, 5_002]);
    expect(new Set(answers.map(({ token }) => token)).size).toBe(3);
  });

  it('is nothing where nothing was said, and the turn is told in characters that Memory takes', () => {
    expect(talkOf({ ...turn, answer: '' })).toHaveLength(1);
    expect(turnTag('turn "1"\n€')).toBe('turn--1---');
  });
});
