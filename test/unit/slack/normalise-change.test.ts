import { expect, test } from 'vitest';
import { normaliseMessage } from '../../../src/slack/normalise.ts';
import { normaliseChange } from '../../../src/slack/normalise-change.ts';

type Fields = Record<string, unknown>;
const BOT = 'UBOT00000';
const TS = '1700000000.000100';

const envelope = (event: Fields, more: Fields = {}): Fields => ({
  team_id: 'T1',
  type: 'event_callback',
  event_id: 'Ev9',
  authorizations: [{ team_id: 'T1', user_id: BOT, is_bot: true }],
  event: {
    type: 'message',
    channel: 'C1',
    channel_type: 'channel',
    hidden: true,
    ts: '1700000009.1',
    ...event,
  },
  ...more,
});
const before: Fields = { type: 'message', user: 'U1', text: `<@${BOT}> how mny?`, ts: TS, team: 'T1' };
const after: Fields = {
  ...before,
  text: `<@${BOT}> how many &lt; 3?`,
  edited: { user: 'U1', ts: '1700000005.000000' },
};
const changed = (message: Fields = after, previous: Fields | undefined = before) =>
  envelope({ subtype: 'message_changed', message, ...(previous ? { previous_message: previous } : {}) });

const at = {
  tenant: 'T1',
  conversation: 'C1',
  thread: TS,
  messageId: TS,
  claim: `slack:ts:T1:C1:${TS}`,
};

test('an edit names the message by the claim of its delivery, and reads like a message', () => {
  expect(normaliseChange(changed())).toEqual({
    kind: 'edited',
    at,
    editor: 'U1',
    text: 'how many < 3?',
    files: [],
    stamp: '1700000005.000000',
  });
  const delivered = normaliseMessage(
    envelope({ ...before, channel: 'C1', type: 'message', hidden: undefined, ts: TS }),
  );
  expect(delivered).toMatchObject({ message: { claims: expect.arrayContaining([at.claim]) } });
});

test('an edit in a thread tells the thread', () => {
  const inThread = { thread_ts: '1600000000.000100' };
  expect(normaliseChange(changed({ ...after, ...inThread }, { ...before, ...inThread }))).toMatchObject({
    at: { thread: '1600000000.000100', messageId: TS },
  });
});

test('in a shared channel the workspace of the app counts, not the one that Slack names first', () => {
  const shared = envelope(
    { subtype: 'message_deleted', deleted_ts: TS, previous_message: before },
    { team_id: 'T2' },
  );
  expect(normaliseChange(shared)).toEqual({ kind: 'deleted', at });
});

test.each<[string, Fields]>([
  ['a deletion', envelope({ subtype: 'message_deleted', deleted_ts: TS, previous_message: before })],
  ['a deletion that does not say what was there', envelope({ subtype: 'message_deleted', deleted_ts: TS })],
  [
    'a message that is only a gravestone above its replies',
    changed(
      {
        subtype: 'tombstone',
        user: 'USLACKBOT',
        text: 'This message was deleted.',
        hidden: true,
        ts: TS,
        thread_ts: TS,
      },
      before,
    ),
  ],
])('%s deletes', (_name, raw) => {
  expect(normaliseChange(raw)).toEqual({ kind: 'deleted', at });
});

test.each<[string, Fields, string]>([
  ['our own message', changed({ ...after, user: BOT }, { ...before, user: BOT }), 'own_message'],
  ['the message of an app', changed({ ...after, bot_id: 'B1' }), 'from_a_bot'],
  [
    'our own message that was taken away',
    envelope({ subtype: 'message_deleted', deleted_ts: TS, previous_message: { ...before, bot_id: 'B1' } }),
    'from_a_bot',
  ],
  [
    'a link that was unfolded',
    changed({ ...before, attachments: [{ title: 'x' }] }, before),
    'not_a_new_message',
  ],
  [
    'a link that was unfolded in an edited message',
    changed({ ...after, attachments: [{ title: 'x' }] }, after),
    'not_a_new_message',
  ],
  ['a change without a message', envelope({ subtype: 'message_changed' }), 'not_a_new_message'],
  ['a deletion of nothing', envelope({ subtype: 'message_deleted' }), 'not_a_new_message'],
])('%s is passed over', (_name, raw, why) => {
  expect(normaliseChange(raw)).toEqual({ kind: 'ignored', why });
});

test.each<[string, unknown]>([
  ['a new message', envelope({ user: 'U1', text: 'hello' })],
  ['something else', null],
  ['a mention', envelope({ type: 'app_mention' })],
])('%s is no change', (_name, raw) => {
  expect(normaliseChange(raw)).toBeUndefined();
});

test('files that are taken out or put in are an edit', () => {
  const files = [{ id: 'F1', name: 'log.txt' }];
  expect(normaliseChange(changed({ ...after, text: before.text }, { ...before, files }))).toMatchObject({
    kind: 'edited',
    files: [],
  });
  expect(normaliseChange(changed({ ...after, files }, undefined))).toMatchObject({ files: ['log.txt'] });
});
