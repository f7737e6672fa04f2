import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairs, parseTurn } from '../../../src/turns/turn.ts';

const message = {
  key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.1' },
  kind: 'channel',
  sender: { id: 'U1', tenant: 'T1' },
  text: 'hello',
  messageId: '1.1',
  addressed: true,
  files: [],
  claims: ['event:1'],
};

describe('a turn record', () => {
  it('is read with the defaults of a turn that has just been accepted', () => {
    const turn = parseTurn('turn-1', {
      state: 'queued',
      lane: 'l',
      message: JSON.stringify(message),
      received: '1790000000000',
      attempt: '0',
    });
    expect(turn).toEqual({
      id: 'turn-1',
      lane: 'l',
      state: 'queued',
      message,
      attempt: 0,
      crashes: 0,
      receivedAt: 1_790_000_000_000,
      posted: [],
      sawWrite: false,
      invoked: false,
      places: {},
      at: {},
    });
  });

  it('is read with everything that was noted since', () => {
    const outcome = { end: 'done', reason: 'answered', view: { text: 'Two.', tasks: [] } };
    const turn = parseTurn('turn-1', {
      state: 'posting',
      message: JSON.stringify({ ...message, locale: 'de-DE' }),
      attempt: '3',
      crashes: '2',
      posted: JSON.stringify([{ id: '1.2', streaming: true }]),
      write: '1',
      invoked: '1',
      opens: '1',
      stop: 'person',
      outcome: JSON.stringify(outcome),
      reason: 'answered',
      'at:queued': '1790000000000',
      'at:posting': '1790000000009',
    });
    expect(turn).toMatchObject({
      attempt: 3,
      crashes: 2,
      posted: [{ id: '1.2', streaming: true }],
      sawWrite: true,
      invoked: true,
      message: { locale: 'de-DE' },
      opensThread: true,
      stop: 'person',
      outcome,
      reason: 'answered',
      at: { queued: 1_790_000_000_000, posting: 1_790_000_000_009 },
    });
  });

  it.each([
    ['no JSON', '{'],
    ['another shape', '{"end":"done"}'],
    ['no end of a turn', JSON.stringify({ end: 'queued', reason: '', view: { text: '', tasks: [] } })],
    [
      'a notice of another version',
      JSON.stringify({ end: 'failed', notice: 'solar_storm', reason: '', view: { text: '', tasks: [] } }),
    ],
  ])('whose outcome is %s is read without it: the agent is asked again', (_, outcome) => {
    const turn = parseTurn('turn-1', { state: 'queued', message: JSON.stringify(message), outcome });
    expect(turn.outcome).toBeUndefined();
  });

  it.each([
    ['no message', { message: undefined }],
    ['a message that is not JSON', { message: '{' }],
    ['a message of another shape', { message: '{"text":"hello"}' }],
    [
      'an unknown platform',
      { message: JSON.stringify({ ...message, key: { ...message.key, platform: 'irc' } }) },
    ],
    ['posted parts of another shape', { posted: '[1]' }],
    ['a state that is none of ours', { state: 'dreaming' }],
  ])('is refused when it holds %s', (_, fields) => {
    const record = { state: 'queued', message: JSON.stringify(message), ...fields };
    expect(() => parseTurn('turn-1', record as Record<string, string>)).toThrow(/JSON|expected|option/i);
  });
});

describe('a flat list of names and values', () => {
  it('becomes a record again', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.string(),
        ),
        (record) => {
          expect(pairs(Object.entries(record).flat())).toEqual({ ...record });
        },
      ),
    );
  });
});
