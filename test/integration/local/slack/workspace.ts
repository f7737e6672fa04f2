import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogLevel, WebClient } from '@slack/web-api';
import { onTestFinished } from 'vitest';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../../../local/slack/stand-in.ts';

export const SIGNING_SECRET = 'the-signing-secret-of-the-test';
export const BOT_TOKEN = 'xoxb-test-token';

export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An app that records what Slack sends it, and answers with a status, a body, or (`undefined`) not at all. */
export async function startApp(
  reply: (received: Received, count: number) => number | string | undefined = () => 200,
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const item = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      received.push(item);
      const answer = reply(item, received.length);
      if (answer === undefined) return;
      response.statusCode = typeof answer === 'number' ? answer : 200;
      response.end(typeof answer === 'string' ? answer : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/slack/events`,
    received,
    /** The events in the order in which they arrived. */
    events: () =>
      received.map((item) => JSON.parse(item.body) as { event_id: string; event: Record<string, unknown> }),
  };
}

/** A clock that a test can turn forward. */
export function startClock(at = 1_700_000_000_000) {
  let time = at;
  return {
    now: () => time,
    advance(ms: number): void {
      time += ms;
    },
  };
}

/** A workspace, an app that it talks to, and the client library of Slack itself. */
export async function startWorkspace(
  options: Partial<SlackStandInOptions> = {},
  reply?: Parameters<typeof startApp>[0],
): Promise<{ slack: SlackStandIn; app: Awaited<ReturnType<typeof startApp>>; client: WebClient }> {
  const app = await startApp(reply);
  const slack = await createSlackStandIn({
    eventsUrl: app.url,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    // The tests of the stand-in use what the project's own manifest does not ask for.
    scopes: 'all',
    events: 'all',
    ...options,
  });
  onTestFinished(() => slack.close());
  return { slack, app, client: clientOf(slack) };
}

export function clientOf(slack: SlackStandIn, token = BOT_TOKEN): WebClient {
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 5000,
    // Refusals are what these tests look for.
    logLevel: LogLevel.ERROR,
  });
}

/** The id of a channel by its name. */
export function channelId(slack: SlackStandIn, name: string): string {
  const channel = slack.state.channels.find(
    (candidate) => candidate.name === name && candidate.kind !== 'im',
  );
  if (channel === undefined) throw new Error(`no channel ${name}`);
  return channel.id;
}

/** Slack's error name of a call that must fail. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const data = (error as { data?: { error?: string } }).data;
    return data?.error ?? String(error);
  }
  return 'no error';
}
