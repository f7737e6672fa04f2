import { join } from 'node:path';
import { startBackend } from '../../local/laptop/backend.ts';
import { awsAccess } from '../../local/laptop/environment.ts';
import { freePort, startRedis } from '../../local/redis/start-redis.ts';
import { startAgent } from './agent.ts';
import {
  type Contestant,
  type ContestantOptions,
  createClosing,
  createSecrets,
  startSlack,
} from './contestant.ts';

const PROGRAMS = join(import.meta.dirname, '..');

/** The shortest Bolt app that gives the same answers. */
export const startBareBolt = (options: ContestantOptions) => startBot('bare-bolt', options);

/** The shortest Bolt app that puts events into a queue and does nothing with them. */
export const startBoltAdd = (options: ContestantOptions) => startBot('bolt-add', { ...options, redis: true });

/** A bot on Vercel's Chat SDK that gives the same answers, with its state in Redis. */
export const startVercelChat = (options: ContestantOptions) =>
  startBot('vercel-chat', { ...options, redis: true });

/** The same, but it asks the same agent for the answer as ours does. */
export const startVercelChatWithAgent = (options: ContestantOptions) =>
  startBot('vercel-chat', { ...options, redis: true, asksAgent: true });

/** Starts `bench/<name>.ts`, where wanted with a Redis and an agent of the same kind as ours. */
async function startBot(
  name: string,
  options: ContestantOptions & { readonly redis?: boolean; readonly asksAgent?: boolean },
): Promise<Contestant> {
  const closing = createClosing();
  try {
    const secrets = createSecrets();
    const redis = options.redis
      ? await startRedis({ own: true, env: { ...process.env, REDIS_URL: '' }, log: options.say })
      : undefined;
    if (redis) closing.add(redis.stop);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const eventsUrl = `${url}/slack/events`;
    const slack = await startSlack(options, eventsUrl, secrets);
    closing.add(slack.close);
    const aws = options.asksAgent ? await startAgent({ agent: 'instant' }, secrets) : undefined;
    if (aws) closing.add(aws.close);
    const bot = await startBackend({
      command: process.execPath,
      args: [join(PROGRAMS, `${name}.ts`)],
      cwd: PROGRAMS,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        PORT: String(port),
        SLACK_BOT_TOKEN: secrets.slackBotToken,
        SLACK_SIGNING_SECRET: secrets.slackSigningSecret,
        SLACK_API_URL: slack.apiUrl,
        ...(redis ? { REDIS_URL: redis.url } : {}),
        ...(aws
          ? { ...awsAccess(aws.url, aws.region, secrets), AGENT_RUNTIME_ARN: aws.agentRuntimeArn }
          : {}),
      },
      url,
      logFile: join(options.folder, `${name}-${port}.log`),
      show: () => undefined,
    });
    closing.add(bot.stop);
    return {
      pids: [bot.pid],
      slack,
      eventsUrl,
      signingSecret: secrets.slackSigningSecret,
      redis,
      settle: async () => undefined,
      stop: closing.run,
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
}
