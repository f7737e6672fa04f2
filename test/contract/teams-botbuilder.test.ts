import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ActivityTypes,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConversationReference,
  type TurnContext,
} from 'botbuilder';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTeamsStandIn, type TeamsStandIn } from '../../local/teams/stand-in.ts';

/**
 * The stand-in before the real botbuilder, with botbuilder's own authentication and its own client: what it takes from
 * Teams, and sends there, it must take from the stand-in and be able to send to it. And the reasons for not leaving the
 * authentication to it (docs/decisions/0015-botbuilder.md), as long as they hold.
 */
const APP_ID = '11111111-2222-4333-8444-555555555555';

let teams: TeamsStandIn;
let server: Server;
let url = '';
let heard: TurnContext['activity'][] = [];

const credentials = {
  isValidAppId: async (id?: string) => id === APP_ID,
  isAuthenticationDisabled: async () => false,
  // MSAL takes no address but Microsoft's; the token comes from the stand-in all the same.
  createCredentials: async () => ({
    async signRequest(request: { headers: { set(name: string, value: string): void } }) {
      request.headers.set('authorization', `Bearer ${await token()}`);
      return request;
    },
  }),
};
let adapter: CloudAdapter;
let slackKey: ReturnType<TeamsStandIn['addKey']>;

async function token(): Promise<string> {
  const answer = await fetch(`${teams.url}/botframework.com/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: APP_ID,
      client_secret: 'secret',
      scope: 'https://api.botframework.com/.default',
    }),
  });
  return String(((await answer.json()) as { access_token: unknown }).access_token);
}

beforeAll(async () => {
  teams = await createTeamsStandIn({
    appId: APP_ID,
    appPassword: 'secret',
    botUrl: () => url,
    retryDelaysMs: [],
  });
  slackKey = teams.addKey('for-slack', ['slack']);
  adapter = new CloudAdapter(
    new ConfigurationBotFrameworkAuthentication(
      {
        ToChannelFromBotLoginUrl: `${teams.url}/botframework.com`,
        ToChannelFromBotOAuthScope: 'https://api.botframework.com',
        ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
        BotOpenIdMetadata: teams.environment.TEAMS_OPENID_METADATA_URL,
        ToBotFromEmulatorOpenIdMetadataUrl: teams.environment.TEAMS_OPENID_METADATA_URL,
      } as never,
      credentials as never,
    ),
  );
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const answer = Object.assign(response, {
      status: (code: number) => {
        response.statusCode = code;
      },
      send: (content: unknown) => response.write(JSON.stringify(content)),
      header: (name: string, value: string) => response.setHeader(name, value),
    });
    await adapter.process(
      { method: 'POST', headers: request.headers, body },
      answer as never,
      async (context) => {
        heard.push(context.activity);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  await teams.close();
});
beforeEach(() => {
  heard = [];
  // botbuilder prints what it refuses.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

describe('the stand-in, to botbuilder', () => {
  test('sends activities that it lets in, and reads as they were meant', async () => {
    const { status } = await teams.say('alice', 'cloud', '@bot a < b?');
    expect(status).toBe(200);
    const [activity] = heard;
    expect(activity?.conversation.id).toMatch(/^19:.*;messageid=\d+$/);
    expect(activity?.from.aadObjectId).toBe('aaaaaaaa-1111-4111-8111-111111111111');
    expect(activity?.entities?.find(({ type }) => type === 'mention')).toMatchObject({
      mentioned: { id: activity?.recipient.id },
    });
  });

  test('takes what its client sends, changes and deletes, also later', async () => {
    const { message } = await teams.say('alice', 'cloud', '@bot how many?');
    const reference: Partial<ConversationReference> = {
      bot: { id: `28:${APP_ID}`, name: 'Cloud Engineer' },
      channelId: 'msteams',
      serviceUrl: teams.serviceUrl,
      conversation: {
        id: `${message.conversation};messageid=${message.id}`,
        isGroup: true,
        conversationType: 'channel',
        name: '',
      },
    };
    await adapter.continueConversationAsync(APP_ID, reference, async (context) => {
      const sent = await context.sendActivity('one');
      await context.updateActivity({ type: ActivityTypes.Message, id: sent?.id ?? '', text: 'two' });
      const other = await context.sendActivity('gone');
      await context.deleteActivity(other?.id ?? '');
    });
    expect(teams.repliesTo(message).map(({ text, edits }) => [text, edits])).toEqual([['two', 1]]);
  });

  test('refuses in the way its client understands', async () => {
    const { message } = await teams.say('alice', 'personal', 'hello');
    const reference: Partial<ConversationReference> = {
      channelId: 'msteams',
      serviceUrl: teams.serviceUrl,
      conversation: { id: message.conversation, isGroup: false, conversationType: 'personal', name: '' },
    };
    const tooBig = adapter.continueConversationAsync(APP_ID, reference, async (context) => {
      await context.sendActivity('x'.repeat(30_000));
    });
    await expect(tooBig).rejects.toMatchObject({ statusCode: 413, code: 'MessageSizeTooBig' });
  });

  test('answers a card’s button as it was told', async () => {
    // botbuilder says 501 for an invoke that nobody has answered.
    expect((await teams.press('alice', 'personal', 'turn_stop', {})).status).toBe(501);
    expect(heard[0]?.value).toMatchObject({ action: { verb: 'turn_stop' } });
  });
});

describe('why its authentication is not ours', () => {
  test('it answers a wrong signature with 500', async () => {
    const { activity } = await teams.say('alice', 'personal', 'hello');
    const [header, claims] = teams.token().split('.');
    expect((await teams.deliver(activity, `Bearer ${header}.${claims}.AAAA`)).status).toBe(500);
  });

  test('it takes a blank service address, whatever the token says', async () => {
    const { activity } = await teams.say('alice', 'personal', 'hello');
    heard = [];
    await teams.deliver({ ...activity, serviceUrl: '' });
    expect(heard).toHaveLength(1);
  });

  test('it takes a key that speaks for another channel, when the channel is blank', async () => {
    const { activity } = await teams.say('alice', 'personal', 'hello');
    heard = [];
    const authorization = `Bearer ${teams.token({}, slackKey)}`;
    expect((await teams.deliver(activity, authorization)).status).toBe(401);
    expect((await teams.deliver({ ...activity, channelId: '' }, authorization)).status).toBe(200);
    expect(heard).toHaveLength(1);
  });

  test('it takes a token of an emulator: one that the bot itself has sent to somebody', async () => {
    const { activity } = await teams.say('alice', 'personal', 'hello');
    heard = [];
    const own = teams.token({
      iss: `https://sts.windows.net/${teams.tenant}/`,
      tid: teams.tenant,
      aud: 'https://api.botframework.com',
      appid: APP_ID,
      ver: '1.0',
      serviceurl: undefined,
    });
    expect((await teams.deliver(activity, `Bearer ${own}`)).status).toBe(200);
    expect(heard).toHaveLength(1);
  });

  test('its client strips what makes a stream of a message', async () => {
    const { message } = await teams.say('alice', 'personal', 'hello');
    const reference: Partial<ConversationReference> = {
      channelId: 'msteams',
      serviceUrl: teams.serviceUrl,
      conversation: { id: message.conversation, isGroup: false, conversationType: 'personal', name: '' },
    };
    const streamed = adapter.continueConversationAsync(APP_ID, reference, async (context) => {
      await context.sendActivity({
        type: ActivityTypes.Typing,
        text: 'one',
        entities: [{ type: 'streaminfo', streamType: 'streaming', streamSequence: 1 }],
      });
    });
    await expect(streamed).rejects.toMatchObject({ statusCode: 400 });
    expect(teams.calls.at(-1)?.activity.entities).toEqual([{ type: 'streaminfo' }]);
  });
});
