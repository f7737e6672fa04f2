import { createSlackAdapter } from '@chat-adapter/slack';
import { createIoRedisState } from '@chat-adapter/state-ioredis';
import { type Adapter, Chat } from 'chat';
import { serve } from './contestants/serve.ts';

/**
 * The same answers by Vercel's Chat SDK, set up as its guide says: the Slack adapter, its state in Redis through
 * ioredis, and one post for each mention. `queue`, because by default it drops what is written while a thread is busy.
 * What it had in hand when it dies is lost: Slack has been answered, and nothing of the message is in Redis.
 * It answers by itself, or, with AGENT_RUNTIME_ARN, what the agent says.
 */
const {
  PORT,
  REDIS_URL = '',
  SLACK_BOT_TOKEN,
  SLACK_SIGNING_SECRET,
  SLACK_API_URL,
  AGENT_RUNTIME_ARN,
} = process.env;

const slack = createSlackAdapter({
  botToken: SLACK_BOT_TOKEN ?? '',
  signingSecret: SLACK_SIGNING_SECRET ?? '',
  apiUrl: SLACK_API_URL ?? '',
});
const bot = new Chat({
  userName: 'cloud-engineer',
  // Its types disagree where an optional field may be undefined.
  adapters: { slack: slack as Adapter },
  state: createIoRedisState({ url: REDIS_URL }),
  concurrency: 'queue',
});

// Loaded where it is used only: the bot that answers by itself is to be as light as can be.
const askAgent =
  AGENT_RUNTIME_ARN === undefined
    ? undefined
    : (await import('./contestants/plain-invoke.ts')).plainInvoke(AGENT_RUNTIME_ARN);

bot.onNewMention(async (thread, message) => {
  const question = message.text.replace(/^@\S+ /, '');
  const answer = askAgent ? await askAgent(thread.id, message, question) : question.replace(/^echo /, '');
  await thread.post(answer);
});
await bot.initialize();

/** Its webhooks speak the web's Request and Response, which node:http does not. */
serve(Number(PORT), async (body, request, response) => {
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  const url = `http://${request.headers.host}${request.url}`;
  const event = new Request(url, { method: 'POST', headers, body });
  const answered = await bot.webhooks.slack?.(event, { waitUntil: (task) => task.catch(console.error) });
  response.writeHead(answered?.status ?? 404);
  response.end(await answered?.text());
});
