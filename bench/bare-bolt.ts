import { App, HTTPReceiver } from '@slack/bolt';

/**
 * What Threadcore is compared with: the shortest Bolt app that gives the same answers. It keeps nothing: an event that
 * arrives while it is down, or is lost in it, is gone; a retry is only told from a new event by Slack's header.
 */
const { PORT, SLACK_BOT_TOKEN = '', SLACK_SIGNING_SECRET = '', SLACK_API_URL = '' } = process.env;

const receiver = new HTTPReceiver({
  signingSecret: SLACK_SIGNING_SECRET,
  endpoints: '/slack/events',
  customRoutes: [{ path: '/readyz', method: 'GET', handler: (_request, response) => response.end('ok') }],
});
const app = new App({ token: SLACK_BOT_TOKEN, receiver, clientOptions: { slackApiUrl: SLACK_API_URL } });

app.event('app_mention', async ({ event, context, say }) => {
  if (context.retryNum !== undefined) return;
  const text = event.text.replace(/^<@[A-Z0-9]+> echo /, '');
  await say({ text, thread_ts: event.thread_ts ?? event.ts, unfurl_links: false, unfurl_media: false });
});

process.on('SIGTERM', () => process.exit(0));
await receiver.start({ host: '127.0.0.1', port: Number(PORT) });
