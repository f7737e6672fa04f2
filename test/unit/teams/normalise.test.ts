import { describe, expect, it } from 'vitest';
import { readActivity } from '../../../src/teams/activity.ts';
import { normaliseActivity } from '../../../src/teams/normalise.ts';
import { ALICE, BOT, CHANNEL, channelPost, mentionOfBot, personal, TENANT } from './activities.ts';

function normalise(value: unknown) {
  const activity = readActivity(value);
  if (!activity) throw new Error('not an activity');
  return normaliseActivity(activity);
}

function messageOf(value: unknown) {
  const normalised = normalise(value);
  if (normalised.kind === 'ignored') throw new Error(normalised.why);
  return normalised.message;
}

describe('a message of Teams', () => {
  it('in a personal chat is one conversation, always meant for the bot', () => {
    expect(messageOf(personal())).toEqual({
      key: { platform: 'teams', tenant: TENANT, conversation: 'a:1personal', thread: 'a:1personal' },
      kind: 'direct',
      sender: { id: ALICE.aadObjectId, tenant: TENANT },
      text: 'How many instances are running?',
      messageId: '1700000000001',
      addressed: true,
      files: [],
      claims: [`teams:activity:${TENANT}:a:1personal:1700000000001`],
      locale: 'en-US',
    });
  });

  it('in a channel keeps its thread, and loses the mention of the bot', () => {
    expect(messageOf(channelPost())).toMatchObject({
      key: { conversation: CHANNEL, thread: `${CHANNEL};messageid=1700000000002` },
      kind: 'channel',
      text: 'how many?',
      addressed: true,
    });
  });

  it('in a group chat is for the bot when it is named', () => {
    const conversation = {
      conversationType: 'groupChat',
      isGroup: true,
      tenantId: TENANT,
      id: '19:group@thread.v2',
    };
    expect(messageOf(channelPost({ conversation }))).toMatchObject({
      key: { conversation: '19:group@thread.v2', thread: '19:group@thread.v2' },
      kind: 'group',
      addressed: true,
    });
    expect(messageOf(channelPost({ conversation, entities: [] })).addressed).toBe(false);
  });

  it('of an app that reads along: a new post is ignored, a follow-up is told apart', () => {
    expect(normalise(channelPost({ entities: [], text: 'hello all' }))).toEqual({
      kind: 'ignored',
      why: 'no_mention',
    });
    const conversation = {
      conversationType: 'channel',
      tenantId: TENANT,
      id: `${CHANNEL};messageid=1600000000000`,
    };
    expect(messageOf(channelPost({ entities: [], text: 'and in eu?', conversation })).addressed).toBe(false);
  });

  it.each<[string, string, string]>([
    ['references are undone once', 'a &lt; b &amp;&amp; c &gt; d &amp;lt;', 'a < b && c > d &lt;'],
    ['hard spaces become spaces', 'a&nbsp;b&#160;c\u00a0d', 'a b c d'],
    ['numbered references', '&#39;x&#x27; &quot;y&quot; &#0; &#55555555;', `'x' "y" &#0; &#55555555;`],
    ['what is no reference stays', 'a &copy b; R&D', 'a &copy b; R&D'],
    ['lines stay lines', 'one\n\n two ', 'one\n\n two'],
  ])('text: %s', (_name, text, words) => {
    expect(messageOf(personal({ text })).text).toBe(words);
  });

  it('reads mentions of others as their names, with or without an entity', () => {
    const text = '<at>Cloud Engineer</at> ask <at id="1">Bob &amp; Co</at> about <at>Carol</at>';
    const bob = { type: 'mention', text: '<at id="1">Bob &amp; Co</at>', mentioned: { id: '29:bob' } };
    expect(messageOf(channelPost({ text, entities: [mentionOfBot, bob] })).text).toBe(
      'ask @Bob & Co about @Carol',
    );
  });

  it('takes formatted text without its tags', () => {
    const text = '<p>Hello <b>you</b></p><p>a &lt; b</p>';
    expect(messageOf(personal({ text, textFormat: 'xml' })).text).toBe('Hello you\na < b');
  });

  it('names its files, but not its own text in another form', () => {
    const attachments = [
      { contentType: 'text/html', content: '<p>x</p>' },
      {
        contentType: 'application/vnd.microsoft.teams.file.download.info',
        name: 'costs.csv',
        content: { downloadUrl: 'https://contoso-my.sharepoint.com/x?tempauth=1' },
      },
      { contentType: 'application/vnd.microsoft.teams.file.download.info', name: 'costs.csv' },
      { contentType: 'application/vnd.microsoft.card.adaptive', content: {} },
      {
        contentType: 'image/png',
        contentUrl: 'https://smba.trafficmanager.net/amer/v3/attachments/1/views/original',
      },
      { contentType: 'image/*', contentUrl: 'https://evil.example.com/' },
      { contentType: 'image/jpeg', contentUrl: 'https://smba.trafficmanager.net.evil.example/amer/' },
    ];
    const { files, sources } = messageOf(personal({ attachments }));
    expect(files).toEqual(['costs.csv', 'costs-2.csv', 'picture.png', 'picture', 'picture.jpeg']);
    // The bot's token goes with the second one: only to the service that delivered the message.
    expect(sources).toEqual([
      { name: 'costs.csv', kind: 'shared', url: 'https://contoso-my.sharepoint.com/x?tempauth=1' },
      {
        name: 'picture.png',
        kind: 'inline',
        url: 'https://smba.trafficmanager.net/amer/v3/attachments/1/views/original',
      },
    ]);
  });

  it.each([
    ['from_a_bot', { from: { id: BOT.id } }],
    ['from_a_bot', { from: { id: '28:another', aadObjectId: 'x' } }],
    ['from_a_bot', { from: { ...ALICE, role: 'bot' } }],
    ['no_sender', { from: { id: '29:anonymous' } }],
    ['no_sender', { conversation: { id: 'a:1' }, channelData: {} }],
    ['malformed', { id: undefined }],
  ])('is ignored (%s) when it comes from nobody we know', (why, fields) => {
    expect(normalise(personal(fields))).toEqual({ kind: 'ignored', why });
  });

  it('loses no question over what nobody understands beside it', () => {
    const odd = [null, { locale: 'en' }, { type: 'mention', mentioned: {} }, mentionOfBot];
    const beside = {
      entities: odd,
      attachments: [null, { name: 5 }],
      locale: 7,
      timestamp: new Date(Number.NaN),
    };
    expect(messageOf(channelPost(beside))).toMatchObject({ text: 'how many?', addressed: true, files: [] });
  });

  it('knows a person of another tenant', () => {
    const other = '00000000-0000-0000-0000-00000000abcd';
    expect(messageOf(channelPost({ from: { ...ALICE, tenantId: other } })).sender).toEqual({
      id: ALICE.aadObjectId,
      tenant: other,
    });
  });
});
