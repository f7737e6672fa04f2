import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { expect, onTestFinished, test } from 'vitest';
import { createSlackStandIn } from '../../../../local/slack/stand-in.ts';
import { BOT_TOKEN, channelId, SIGNING_SECRET } from './workspace.ts';

test('an unchanged Bolt app accepts the deliveries, replies, and hears the click and the command', async () => {
  let appUrl = '';
  const slack = await createSlackStandIn({
    eventsUrl: () => appUrl,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
  });
  onTestFinished(() => slack.close());
  const receiver = new HTTPReceiver({ signingSecret: SIGNING_SECRET, logLevel: LogLevel.ERROR });
  const app = new App({
    token: BOT_TOKEN,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  const heard: string[] = [];
  app.event('app_mention', async ({ event, say }) => {
    heard.push(event.type);
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
  const server = (await app.start(0)) as Server;
  onTestFinished(async () => {
    server.closeAllConnections();
    await app.stop();
  });
  appUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;

  const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer hello');
  const reply = await slack.waitFor(() => slack.thread('#cloud', ts)[1], 5000);
  expect(heard).toEqual(['app_mention']);
  expect(await slack.interactions.click({ user: 'alice', channel: '#cloud', ts: reply.ts })).toEqual({
    status: 200,
  });
  await slack.waitFor(() => slack.thread('#cloud', ts)[1]?.text === 'Done again', 5000);
  await slack.interactions.command({ user: 'alice', channel: '#cloud', command: '/agent', text: 'sessions' });
  const last = slack.state.messages(channelId(slack, 'cloud')).at(-1);
  expect(last).toMatchObject({ text: 'You said sessions', ephemeralFor: 'U0ALICE00000' });
});
