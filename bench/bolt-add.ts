import { App, HTTPReceiver } from '@slack/bolt';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/**
 * What the acceptance of events is compared with: the shortest Bolt app that verifies an event, acknowledges it and adds
 * it to a queue. It keeps no order and takes a delivery twice; an event that Redis cannot store is lost, because it was
 * acknowledged before.
 */
const {
  PORT,
  REDIS_URL = '',
  SLACK_BOT_TOKEN = '',
  SLACK_SIGNING_SECRET = '',
  SLACK_API_URL = '',
} = process.env;

const queue = new Queue('events', { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }) });
const receiver = new HTTPReceiver({
  signingSecret: SLACK_SIGNING_SECRET,
  endpoints: '/slack/events',
  customRoutes: [{ path: '/readyz', method: 'GET', handler: (_request, response) => response.end('ok') }],
});
const app = new App({ token: SLACK_BOT_TOKEN, receiver, clientOptions: { slackApiUrl: SLACK_API_URL } });

app.event('app_mention', async ({ event }) => {
  await queue.add('mention', event);
});

process.on('SIGTERM', () => process.exit(0));
await receiver.start({ host: '127.0.0.1', port: Number(PORT) });
