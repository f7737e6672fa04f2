import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import { type Ignored, normaliseMessage } from '../../../src/slack/normalise.ts';

type Fields = Record<string, unknown>;
const BOT = 'UBOT00000';

const envelope = (event: Fields, more: Fields = {}): Fields => ({
  token: 'unused',
  team_id: 'T1',
  api_app_id: 'A1',
  type: 'event_callback',
  event_id: 'Ev1',
  event_time: 1_700_000_000,
  authorizations: [
    { enterprise_id: null, team_id: 'T1', user_id: BOT, is_bot: true, is_enterprise_install: false },
  ],
  is_ext_shared_channel: false,
  event,
  ...more,
});

const mentionEvent: Fields = {
  type: 'app_mention',
  user: 'U1',
  text: `<@${BOT}> how many instances?`,
  ts: '1700000000.000100',
  client_msg_id: 'c-1',
  team: 'T1',
  channel: 'C1',
  event_ts: '1700000000.000100',
  blocks: [],
};
const messageEvent: Fields = { ...mentionEvent, type: 'message', channel_type: 'channel' };
const direct: Fields = { ...messageEvent, text: 'how many instances?', channel: 'D1', channel_type: 'im' };
const followUp: Fields = {
  ...messageEvent,
  text: 'and in Ohio?',
  ts: '1700000009.000100',
  thread_ts: '1700000000.000100',
};

function accepted(raw: unknown, fallback?: string): InboundMessage {
  const result = normaliseMessage(raw, fallback);
  if (result.kind !== 'message') throw new Error(`ignored: ${result.why}`);
  return result.message;
}
function ignored(raw: unknown, fallback?: string): Ignored | undefined {
  const result = normaliseMessage(raw, fallback);
  return result.kind === 'ignored' ? result.why : undefined;
}

test('a mention in a channel is one question in a new thread', () => {
  expect(accepted(envelope(mentionEvent))).toEqual({
    key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1700000000.000100' },
    kind: 'channel',
    sender: { id: 'U1', tenant: 'T1' },
    text: 'how many instances?',
    messageId: '1700000000.000100',
    addressed: true,
    files: [],
    claims: ['slack:ts:T1:C1:1700000000.000100', 'slack:client:T1:U1:c-1'],
  });
});

test.each<[string, Fields, Partial<InboundMessage>]>([
  ['a message event that mentions the bot', messageEvent, { addressed: true, text: 'how many instances?' }],
  [
    'a mention in a thread',
    { ...mentionEvent, thread_ts: '1.1' },
    { addressed: true, key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.1' } },
  ],
  [
    'a top-level direct message',
    direct,
    {
      kind: 'direct',
      addressed: true,
      key: { platform: 'slack', tenant: 'T1', conversation: 'D1', thread: '1700000000.000100' },
    },
  ],
  [
    'a threaded direct message',
    { ...direct, thread_ts: '1.1' },
    {
      kind: 'direct',
      addressed: true,
      key: { platform: 'slack', tenant: 'T1', conversation: 'D1', thread: '1.1' },
    },
  ],
  ['a direct message that mentions the bot', { ...direct, text: `<@${BOT}> hi` }, { text: 'hi' }],
  ['a direct message without channel_type', { ...direct, channel_type: undefined }, { kind: 'direct' }],
  [
    'a mention in a group message',
    { ...messageEvent, channel: 'G1', channel_type: 'mpim' },
    { kind: 'group', addressed: true },
  ],
  [
    'a mention in a private channel',
    { ...messageEvent, channel_type: 'group' },
    { kind: 'channel', addressed: true },
  ],
  ['a follow-up in a thread', followUp, { addressed: false, text: 'and in Ohio?' }],
  [
    'a follow-up that names somebody later',
    { ...followUp, text: 'what did <@U2> start?' },
    { addressed: false, text: 'what did @U2 start?' },
  ],
  [
    'a follow-up that was also sent to the channel',
    { ...followUp, subtype: 'thread_broadcast' },
    { addressed: false },
  ],
  [
    'a file without words',
    { ...direct, subtype: 'file_share', text: '', files: [{ id: 'F1', name: 'a.log' }, { title: 'B' }, {}] },
    { text: '', files: ['a.log', 'B', 'file'] },
  ],
  [
    'a file whose text is null',
    { ...direct, subtype: 'file_share', text: null, files: null },
    { text: '', files: [] },
  ],
  ['an empty mention', { ...mentionEvent, text: `<@${BOT}>` }, { text: '', addressed: true }],
  ['escaped text', { ...direct, text: 'is 1 &lt; 2 &amp;&amp; true?' }, { text: 'is 1 < 2 && true?' }],
  ['right-to-left text and emoji', { ...direct, text: 'مرحبا 😀' }, { text: 'مرحبا 😀' }],
  ['40,000 characters', { ...direct, text: 'x'.repeat(40_000) }, { text: 'x'.repeat(40_000) }],
  [
    'a message without client_msg_id',
    { ...direct, client_msg_id: undefined },
    { claims: ['slack:ts:T1:D1:1700000000.000100'] },
  ],
])('%s is taken', (_name, event, expected) => {
  expect(accepted(envelope(event))).toMatchObject(expected);
});

test.each<[string, Fields, Ignored]>([
  ['a message in a channel that does not concern the bot', { ...messageEvent, text: 'lunch?' }, 'no_mention'],
  [
    'a root whose thread_ts is its own ts',
    { ...messageEvent, text: 'lunch?', thread_ts: messageEvent.ts },
    'no_mention',
  ],
  ['a follow-up to somebody else', { ...followUp, text: '<@U2> can you look?' }, 'for_somebody_else'],
  [
    'a message of a bot by subtype',
    { ...direct, subtype: 'bot_message', user: undefined, bot_id: 'B1' },
    'from_a_bot',
  ],
  ['a message of a bot user', { ...mentionEvent, bot_id: 'B1' }, 'from_a_bot'],
  ['a message of an app by profile only', { ...mentionEvent, bot_profile: { id: 'B1' } }, 'from_a_bot'],
  ['a message sent by an app in the name of a person', { ...mentionEvent, app_id: 'A9' }, 'from_a_bot'],
  ['our own message', { ...direct, user: BOT }, 'own_message'],
  [
    'an edit',
    {
      ...direct,
      subtype: 'message_changed',
      hidden: true,
      user: undefined,
      message: direct,
      previous_message: direct,
    },
    'not_a_new_message',
  ],
  [
    'a deletion',
    { ...direct, subtype: 'message_deleted', hidden: true, deleted_ts: '1.1' },
    'not_a_new_message',
  ],
  [
    'a mention added by an edit',
    { ...mentionEvent, edited: { user: 'U1', ts: '1700000001.000000' } },
    'not_a_new_message',
  ],
  ['a hidden message', { ...direct, hidden: true }, 'not_a_new_message'],
  ['somebody joining', { ...messageEvent, subtype: 'channel_join' }, 'not_a_new_message'],
  ['a topic with the bot’s name in it', { ...messageEvent, subtype: 'channel_topic' }, 'not_a_new_message'],
  ['a message without a sender', { ...direct, user: undefined }, 'no_sender'],
  ['a message without a ts', { ...direct, ts: undefined }, 'malformed'],
  ['another kind of event', { ...direct, type: 'reaction_added' }, 'malformed'],
])('%s starts no turn', (_name, event, why) => {
  expect(ignored(envelope(event))).toBe(why);
});

const heardIn = (event: Fields) => {
  const result = normaliseMessage(envelope(event));
  return result.kind === 'ignored' ? result.heardIn : undefined;
};
test.each<[string, Fields]>([
  ['a follow-up to somebody else', { text: '<@U2> can you look?' }],
  ['a bot', { bot_id: 'B1', user: 'UOTHERBOT' }],
  ['a webhook', { subtype: 'bot_message', bot_id: 'B1', user: undefined }],
  ['/me', { subtype: 'me_message' }],
])('%s is heard in a thread, where others may ask about it', (_name, fields) => {
  expect(heardIn({ ...followUp, ...fields })).toEqual({
    platform: 'slack',
    tenant: 'T1',
    conversation: 'C1',
    thread: '1700000000.000100',
  });
  expect(heardIn({ ...followUp, ...fields, thread_ts: undefined })).toBeUndefined();
  expect(heardIn({ ...followUp, ...fields, channel: 'D1', channel_type: 'im' })).toBeUndefined();
});

test.each<[string, Fields]>([
  ['our own message', { user: BOT, bot_id: 'B0' }],
  ['an edit', { edited: { user: 'U1', ts: '1.1' } }],
  ['somebody joining', { subtype: 'channel_join' }],
])('%s says nothing new in a thread', (_name, fields) => {
  expect(heardIn({ ...followUp, ...fields })).toBeUndefined();
});

test.each([
  undefined,
  null,
  'text',
  42,
  [],
  {},
  { event: null },
  envelope({}),
  { ...envelope(direct), event_id: 7 },
])('a malformed envelope is ignored: %j', (raw) => {
  expect(ignored(raw)).toBe('malformed');
});

test('in a shared channel the workspace is the one the app is in, and a stranger shows as one', () => {
  const shared = envelope(
    { ...mentionEvent, user_team: 'T2', source_team: 'T2', team: 'T2' },
    { team_id: 'T2', context_team_id: 'T1', is_ext_shared_channel: true },
  );
  expect(accepted(shared)).toMatchObject({ key: { tenant: 'T1' }, sender: { tenant: 'T2' } });
});

test('in a shared channel a sender whose company is not told is no colleague', () => {
  const shared = envelope({ ...mentionEvent, team: undefined }, { is_ext_shared_channel: true });
  const { key, sender } = accepted(shared);
  expect(sender.tenant).not.toBe(key.tenant);
  expect(accepted(envelope({ ...mentionEvent, team: undefined })).sender.tenant).toBe('T1');
});

test('without authorizations the envelope’s workspace and the bot user from auth.test are used', () => {
  for (const authorizations of [undefined, null, [], [{ team_id: null, user_id: null }]]) {
    expect(accepted(envelope(messageEvent, { authorizations }), BOT)).toMatchObject({
      key: { tenant: 'T1' },
      text: 'how many instances?',
      addressed: true,
    });
    expect(ignored(envelope({ ...direct, user: BOT }, { authorizations }), BOT)).toBe('own_message');
  }
});

test('while the bot user is unknown a mention still comes through its own event', () => {
  const unknown = { authorizations: null };
  expect(accepted(envelope(mentionEvent, unknown))).toMatchObject({ addressed: true });
  expect(ignored(envelope(messageEvent, unknown))).toBe('no_mention');
});

test('the two events of one mention share a claim and lead to the same lane', () => {
  const word = fc.stringMatching(/^[A-Z0-9]{1,9}$/);
  fc.assert(
    fc.property(
      word,
      word,
      word,
      fc.option(word),
      fc.option(word),
      fc.constantFrom('channel', 'group', 'mpim'),
      (user, team, channel, clientId, root, channelType) => {
        const common = {
          ...mentionEvent,
          user,
          team,
          channel: `C${channel}`,
          client_msg_id: clientId,
          ...(root === null ? {} : { thread_ts: root }),
        };
        const first = accepted(envelope(common));
        const second = accepted(
          envelope({ ...common, type: 'message', channel_type: channelType }, { event_id: 'Ev2' }),
        );
        expect(first.claims.filter((claim) => second.claims.includes(claim))).not.toEqual([]);
        expect({ ...second, kind: '', claims: [] }).toEqual({ ...first, kind: '', claims: [] });
      },
    ),
  );
});

test('a redelivery shares all claims; another message shares none', () => {
  expect(accepted(envelope(mentionEvent)).claims).toEqual(accepted(envelope(mentionEvent)).claims);
  const other = accepted(
    envelope({ ...mentionEvent, ts: '1700000001.000100', client_msg_id: 'c-2' }, { event_id: 'Ev2' }),
  );
  expect(other.claims.some((claim) => accepted(envelope(mentionEvent)).claims.includes(claim))).toBe(false);
});

test('the same client_msg_id of two people are two messages', () => {
  const claims = (user: string) => accepted(envelope({ ...mentionEvent, user })).claims.at(-1);
  expect(claims('U1')).not.toBe(claims('U2'));
});

test('nothing that JSON can hold makes it throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (raw) => {
      expect(['message', 'ignored']).toContain(normaliseMessage(raw).kind);
    }),
  );
  const field = fc.constantFrom(
    ...Object.keys({
      ...messageEvent,
      thread_ts: 1,
      edited: 1,
      subtype: 1,
      files: 1,
      user_team: 1,
      bot_id: 1,
    }),
  );
  fc.assert(
    fc.property(field, fc.jsonValue(), fc.string(), (name, value, botUser) => {
      const raw = envelope(
        { ...messageEvent, [name]: value },
        { authorizations: [{ team_id: 'T1', user_id: botUser }] },
      );
      expect(['message', 'ignored']).toContain(normaliseMessage(raw).kind);
    }),
    { numRuns: 1_000 },
  );
});
