import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chatActor, claimId, laneId, threadId } from '../../../src/chat/keys.ts';
import type { ConversationKey } from '../../../src/chat/vocabulary.ts';

const key: ConversationKey = { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.000100' };
const alice = { id: 'U1', tenant: 'T1' };

test('each field of key and sender makes another lane', () => {
  const lanes = [
    laneId(key, alice),
    laneId({ ...key, platform: 'teams' }, alice),
    laneId({ ...key, tenant: 'T2' }, alice),
    laneId({ ...key, conversation: 'C2' }, alice),
    laneId({ ...key, thread: '2.000100' }, alice),
    laneId(key, { ...alice, id: 'U2' }),
    laneId(key, { ...alice, tenant: 'T2' }),
  ];
  expect(new Set(lanes).size).toBe(lanes.length);
});

test('fields that run into each other still make different lanes', () => {
  const part = fc.string({ maxLength: 4 });
  fc.assert(
    fc.property(part, part, part, part, (a, b, c, d) => {
      const one = laneId({ ...key, conversation: a, thread: b }, alice);
      const two = laneId({ ...key, conversation: c, thread: d }, alice);
      expect(one === two).toBe(a === c && b === d);
    }),
  );
});

test('a thread is the same for all who write in it, and its id is no lane', () => {
  expect(threadId({ ...key })).toBe(threadId(key));
  expect(threadId(key)).not.toBe(laneId(key, alice));
});

test('ids are short and hide what they are made of', () => {
  for (const id of [threadId(key), laneId(key, alice), claimId('slack:event:Ev1')]) {
    expect(id).toMatch(/^[a-z2-7]{32}$/);
  }
});

test('the second name of a message is shorter still', () => {
  expect(claimId('slack:client:T1:U1:c-1')).toMatch(/^[a-z2-7]{19}$/);
});

test('one claim has one id, another claim another', () => {
  expect(claimId('slack:event:Ev1')).toBe(claimId('slack:event:Ev1'));
  expect(claimId('slack:event:Ev1')).not.toBe(claimId('slack:event:Ev2'));
});

test('the chat actor names platform, the sender’s own tenant and the sender', () => {
  expect(chatActor({ key, sender: { id: 'U9', tenant: 'T9' } })).toBe('slack:T9:U9');
});
