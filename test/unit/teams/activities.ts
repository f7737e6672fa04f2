/** Activities as Teams sends them. Ids are made up; the shapes are Microsoft's ("Receive and read messages"). */
export const TENANT = '99999999-8888-7777-6666-555555555555';
export const BOT = { id: '28:11111111-2222-3333-4444-555555555555', name: 'Cloud Engineer' };
export const ALICE = {
  id: '29:1alice',
  name: 'Alice Archer',
  aadObjectId: 'aaaaaaaa-0000-0000-0000-000000000001',
};
export const CHANNEL = '19:channel@thread.tacv2';

type Fields = Readonly<Record<string, unknown>>;

export const personal = (fields: Fields = {}) => ({
  type: 'message',
  id: '1700000000001',
  channelId: 'msteams',
  serviceUrl: 'https://smba.trafficmanager.net/amer/',
  timestamp: '2026-01-02T03:04:05.678Z',
  from: ALICE,
  recipient: BOT,
  conversation: { conversationType: 'personal', tenantId: TENANT, id: 'a:1personal' },
  text: 'How many instances are running?',
  textFormat: 'plain',
  locale: 'en-US',
  entities: [{ type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web' }],
  attachments: [{ contentType: 'text/html', content: '<p>How many instances are running?</p>' }],
  channelData: { tenant: { id: TENANT } },
  ...fields,
});

export const mentionOfBot = {
  type: 'mention',
  text: '<at>Cloud Engineer</at>',
  mentioned: { id: BOT.id, name: 'Cloud Engineer' },
};

export const channelPost = (fields: Fields = {}) =>
  personal({
    id: '1700000000002',
    conversation: {
      conversationType: 'channel',
      isGroup: true,
      tenantId: TENANT,
      id: `${CHANNEL};messageid=1700000000002`,
    },
    text: '<at>Cloud Engineer</at>&nbsp;how many?\n',
    entities: [mentionOfBot],
    channelData: { tenant: { id: TENANT }, channel: { id: CHANNEL }, team: { id: '19:team@thread.tacv2' } },
    ...fields,
  });
