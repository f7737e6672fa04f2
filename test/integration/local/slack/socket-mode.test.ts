import { App, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../../../local/slack/stand-in.ts';
import { eventually } from '../../../setup/eventually.ts';
import { BOT_TOKEN, clientOf, errorOf, SIGNING_SECRET } from './workspace.ts';

const APP_TOKEN = 'xapp-test-token';

async function startSockets(options: Partial<SlackStandInOptions> = {}): Promise<SlackStandIn> {
  const slack = await createSlackStandIn({
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    scopes: 'all',
    events: 'all',
    ...options,
  });
  onTestFinished(() => slack.close());
  return slack;
}

type Envelope = Record<string, unknown> & { readonly envelope_id?: string; readonly type: string };

/** A connection that shows every envelope and acknowledges none by itself. */
async function connect(slack: SlackStandIn) {
  const { url } = await new WebClient(APP_TOKEN, { slackApiUrl: slack.apiUrl }).apps.connections.open({});
  const socket = new WebSocket(String(url));
  const envelopes: Envelope[] = [];
  socket.on('message', (data: Buffer) => envelopes.push(JSON.parse(data.toString()) as Envelope));
  onTestFinished(() => socket.terminate());
  await eventually('hello', () => envelopes.some(({ type }) => type === 'hello'));
  const received = (count: number) =>
    eventually(`${count} envelopes`, () => {
      const all = envelopes.filter((item) => item.envelope_id !== undefined);
      return all.length >= count ? all : undefined;
    });
  const ack = (id: unknown, payload?: unknown) => socket.send(JSON.stringify({ envelope_id: id, payload }));
  return { url: String(url), socket, envelopes, received, ack };
}

/** A lost connection is what these tests make; Bolt would log it. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** Bolt itself, with its own Socket Mode receiver. */
async function startBolt(slack: SlackStandIn) {
  const receiver = new SocketModeReceiver({
    appToken: APP_TOKEN,
    logger: SILENT,
    clientPingTimeout: 60,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl } },
  });
  const app = new App({
    token: BOT_TOKEN,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  const heard: string[] = [];
  app.event('app_mention', async ({ event, say }) => {
    heard.push(event.text);
    await say({
      thread_ts: event.ts,
      text: 'Again?',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'again', text: { type: 'plain_text', text: 'Again' } }],
        },
      ],
    });
  });
  app.action('again', async ({ ack, respond }) => {
    await ack();
    await respond({ replace_original: true, text: 'Done again' });
  });
  app.command('/agent', async ({ ack, command }) => {
    await ack({ text: `You said ${command.text}` });
  });
  await app.start();
  onTestFinished(async () => {
    await app.stop();
  });
  return { heard };
}

test('an unchanged Bolt app in Socket Mode hears mention, click and command, and answers them', async () => {
  const slack = await startSockets();
  const { heard } = await startBolt(slack);
  const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer hello');
  const reply = await slack.waitFor(() => slack.thread('#cloud', ts)[1], 5000);
  expect(heard).toEqual(['<@U0CLOUDENG00> hello']);
  await slack.interactions.click({ user: 'alice', channel: '#cloud', ts: reply.ts });
  await slack.waitFor(() => slack.thread('#cloud', ts)[1]?.text === 'Done again', 5000);
  await slack.interactions.command({ user: 'alice', channel: 'dm', command: '/agent', text: 'sessions' });
  const direct = slack.state.channels.find((item) => item.kind === 'im' && item.name === 'alice');
  expect(slack.state.messages(direct?.id ?? '').at(-1)?.text).toBe('You said sessions');
  expect(slack.deliveries.records.map((record) => record.outcome)).not.toContain('http_timeout');
});

test.each(['refresh', 'drop'] as const)('Bolt comes back by itself after a %s', async (how) => {
  const slack = await startSockets();
  const { heard } = await startBolt(slack);
  const opened = () => slack.calls.filter((call) => call.method === 'apps.connections.open').length;
  slack.sockets?.[how]();
  await eventually('another connection', () => opened() === 2 && slack.sockets?.count() === 1);
  await slack.postAs('alice', '#cloud', '@Cloud Engineer still there?');
  await slack.deliveries.idle();
  expect(heard).toEqual(['<@U0CLOUDENG00> still there?']);
});

test('the first message is hello, an envelope has an id, and what is not acknowledged comes again', async () => {
  const slack = await startSockets({ ackTimeoutMs: 60, retryDelaysMs: [0, 1] });
  const { envelopes, received, ack } = await connect(slack);
  expect(envelopes[0]).toMatchObject({
    type: 'hello',
    num_connections: 1,
    connection_info: { app_id: 'A0CLOUDENG00' },
  });
  await slack.postAs('alice', 'dm', 'hello');
  const [first, second] = await received(2);
  expect(first).toMatchObject({
    type: 'events_api',
    accepts_response_payload: false,
    retry_attempt: 0,
    retry_reason: '',
    payload: { type: 'event_callback', event: { type: 'message', text: 'hello' } },
  });
  expect(second).toMatchObject({ retry_attempt: 1, retry_reason: 'timeout', payload: first?.payload });
  expect(second?.envelope_id).not.toBe(first?.envelope_id);
  ack(second?.envelope_id);
  await slack.deliveries.idle();
  expect(slack.deliveries.records.map((record) => record.outcome)).toEqual(['http_timeout', 200]);
});

test('each envelope goes to one of several connections, and to the other one when its own is lost', async () => {
  const slack = await startSockets({ retryDelaysMs: [0] });
  const [one, two] = [await connect(slack), await connect(slack)];
  expect(two.envelopes[0]).toMatchObject({ num_connections: 2 });
  const posted = slack.postAs('alice', 'dm', 'hello');
  const taker = await eventually('a taker', () =>
    [one, two].find((connection) => connection.envelopes.length > 1),
  );
  const other = taker === one ? two : one;
  expect(other.envelopes).toHaveLength(1);
  taker.socket.terminate();
  await posted;
  const [again] = await other.received(1);
  other.ack(again?.envelope_id);
  await slack.deliveries.idle();
  expect(slack.deliveries.records.map((record) => record.outcome)).toEqual(['connection_failed', 200]);
});

test('a command is answered in the acknowledgement, and fails visibly when nobody is connected', async () => {
  const slack = await startSockets({ retryDelaysMs: [] });
  const command = { user: 'bob', channel: 'dm', command: '/agent', text: 'help' };
  const direct = slack.state.channels.find((item) => item.kind === 'im' && item.name === 'bob')?.id ?? '';
  const last = () => slack.state.messages(direct).at(-1)?.text;
  expect(await slack.interactions.command(command)).toEqual({ status: undefined });
  expect(last()).toContain('/agent failed');
  const { received, ack } = await connect(slack);
  const running = slack.interactions.command(command);
  const [envelope] = await received(1);
  expect(envelope).toMatchObject({ type: 'slash_commands', accepts_response_payload: true });
  ack(envelope?.envelope_id, { text: 'Here is help' });
  expect(await running).toEqual({ status: 200 });
  expect(last()).toBe('Here is help');
});

test('an address serves one connection, ten may be open, and each token has its own methods', async () => {
  const slack = await startSockets();
  const { url } = await connect(slack);
  const again = new WebSocket(url);
  const refused = await new Promise<string>((resolve) => {
    again.on('error', (error) => resolve(error.message));
  });
  expect(refused).toContain('403');
  for (let count = 2; count <= 10; count += 1) await connect(slack);
  const { url: eleventh } = await clientOf(slack, APP_TOKEN).apps.connections.open({});
  const late = new WebSocket(String(eleventh));
  onTestFinished(() => late.terminate());
  const answer = await new Promise<string>((resolve) => {
    late.on('message', (data: Buffer) => resolve(data.toString()));
  });
  expect(JSON.parse(answer)).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
  expect(await errorOf(clientOf(slack, APP_TOKEN).auth.test())).toBe('not_allowed_token_type');
  expect(await errorOf(clientOf(slack).apps.connections.open({}))).toBe('not_allowed_token_type');
});

test('a stand-in that can deliver nowhere says what it needs', async () => {
  await expect(createSlackStandIn({ signingSecret: 's', botToken: 'b' })).rejects.toThrow(
    'eventsUrl (deliveries by HTTP) or appToken (Socket Mode)',
  );
});
