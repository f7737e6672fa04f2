import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createAwsStandIn } from '../local/aws/stand-in.ts';
import { startBackend } from '../local/laptop/backend.ts';
import { agentEnvironment, backendEnvironment, type Secrets } from '../local/laptop/environment.ts';
import { redisCommands } from '../local/redis/resp.ts';
import { freePort, startRedis } from '../local/redis/start-redis.ts';
import { createSlackStandIn, type SlackStandIn } from '../local/slack/stand-in.ts';
import { COUNTS_KEY } from './redis-commands.ts';

/** A bot under measurement: a process of its own, with its own Slack workspace in this process. */
export interface Contestant {
  readonly pid: number;
  readonly slack: SlackStandIn;
  /** Resolves when it has nothing left to do. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface ContestantOptions {
  readonly users: number;
  /** For logs. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

export interface ThreadcoreOptions extends ContestantOptions {
  /** `instant`: answers in no time. `offline`: the real agent-runtime with its offline model. */
  readonly agent: 'instant' | 'offline';
  /** Where V8 writes a CPU profile of the backend. */
  readonly profile?: string | undefined;
}

const ROOT = join(import.meta.dirname, '..');
const REGION = 'us-east-2';
const SETTLE_LIMIT_MS = 30_000;

/** Threadcore as it is deployed, all roles in one process, with a Redis that writes its append-only file. */
export async function startThreadcore(
  options: ThreadcoreOptions,
): Promise<Contestant & { readonly redisPort: number }> {
  const closing = createClosing();
  try {
    const secrets = createSecrets();
    const redis = await startRedis({ own: true, env: { ...process.env, REDIS_URL: '' }, log: options.say });
    closing.add(redis.stop);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const slack = await startSlack(options, url, secrets);
    closing.add(slack.close);
    const awsPort = await freePort();
    const aws = await createAwsStandIn({
      port: awsPort,
      region: REGION,
      credentials: { accessKeyId: secrets.awsAccessKeyId, secretAccessKey: secrets.awsSecretAccessKey },
      agent: {
        mode: 'shared',
        command: process.execPath,
        args: [join(ROOT, options.agent === 'instant' ? 'bench/instant-agent.ts' : 'agent-runtime/main.ts')],
        env: {
          ...agentEnvironment({}, `http://127.0.0.1:${awsPort}`, REGION, secrets),
          OFFLINE_WORD_DELAY_MS: '0',
          LOG_LEVEL: 'warn',
        },
      },
    });
    closing.add(aws.close);
    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
    const backend = await startBackend({
      command: process.execPath,
      args: [...profiling, join(ROOT, 'src/main.ts')],
      cwd: ROOT,
      env: {
        ...backendEnvironment({ env: process.env, port, redis, aws, slack, secrets }),
        HOST: '127.0.0.1',
      },
      url,
      logFile: join(options.folder, 'threadcore.log'),
      show: options.say,
    });
    closing.add(backend.stop);
    return {
      pid: backend.pid,
      redisPort: redis.port,
      slack,
      settle: () => untilNothingRuns(redis.url),
      stop: closing.run,
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
}

/** The bare Bolt app of `bare-bolt.ts`. */
export async function startBareBolt(options: ContestantOptions): Promise<Contestant> {
  const closing = createClosing();
  try {
    const secrets = createSecrets();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const slack = await startSlack(options, url, secrets);
    closing.add(slack.close);
    const bot = await startBackend({
      command: process.execPath,
      args: [join(ROOT, 'bench/bare-bolt.ts')],
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        SLACK_BOT_TOKEN: secrets.slackBotToken,
        SLACK_SIGNING_SECRET: secrets.slackSigningSecret,
        SLACK_API_URL: slack.apiUrl,
      },
      url,
      logFile: join(options.folder, 'bare-bolt.log'),
      show: () => undefined,
    });
    closing.add(bot.stop);
    return { pid: bot.pid, slack, settle: async () => undefined, stop: closing.run };
  } catch (error) {
    await closing.run();
    throw error;
  }
}

function startSlack(options: ContestantOptions, url: string, secrets: Secrets): Promise<SlackStandIn> {
  return createSlackStandIn({
    eventsUrl: `${url}/slack/events`,
    signingSecret: secrets.slackSigningSecret,
    botToken: secrets.slackBotToken,
    morePeople: options.users,
  });
}

/** The lanes count their turns; a doubled or late one would be seen here as still queued or running. */
async function untilNothingRuns(redisUrl: string): Promise<void> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const [open] = await redisCommands(redisUrl, [['HMGET', COUNTS_KEY, 'queued', 'running']]);
    if (!Array.isArray(open)) throw new Error(`Redis answers nothing readable for ${COUNTS_KEY}`);
    if (open.every((count) => Number(count) === 0)) return;
    if (performance.now() > deadline) {
      throw new Error(
        `Turns are still open after ${SETTLE_LIMIT_MS / 1000} s: queued, running = ${open.join(', ')}`,
      );
    }
    await wait(20);
  }
}

function createSecrets(): Secrets {
  return {
    slackSigningSecret: randomBytes(16).toString('hex'),
    slackBotToken: `xoxb-${randomBytes(12).toString('hex')}`,
    awsAccessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    awsSecretAccessKey: randomBytes(20).toString('hex'),
  };
}

function createClosing() {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step: () => Promise<unknown>) => steps.push(step),
    async run(): Promise<void> {
      for (let step = steps.pop(); step; step = steps.pop()) await step();
    },
  };
}
