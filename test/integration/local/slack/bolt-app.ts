import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { onTestFinished } from 'vitest';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../../../local/slack/stand-in.ts';
import { BOT_TOKEN, SIGNING_SECRET } from './workspace.ts';

/** A workspace and an unchanged Bolt app that it delivers to over HTTP. `setUp` registers the listeners. */
export async function startBoltApp(
  setUp: (app: App) => void,
  options: Partial<SlackStandInOptions> = {},
): Promise<SlackStandIn> {
  let appUrl = '';
  const slack = await createSlackStandIn({
    eventsUrl: () => appUrl,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    scopes: 'all',
    events: 'all',
    ...options,
  });
  onTestFinished(() => slack.close());
  const receiver = new HTTPReceiver({ signingSecret: SIGNING_SECRET, logLevel: LogLevel.ERROR });
  const app = new App({
    token: BOT_TOKEN,
    receiver,
    clientOptions: { slackApiUrl: slack.apiUrl },
    logLevel: LogLevel.ERROR,
  });
  setUp(app);
  const server = (await app.start(0)) as Server;
  onTestFinished(async () => {
    server.closeAllConnections();
    await app.stop();
  });
  appUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  return slack;
}
