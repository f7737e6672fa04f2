import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startBackend } from '../../local/laptop/backend.ts';
import { backendEnvironment } from '../../local/laptop/environment.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { freePort, startRedis } from '../../local/redis/start-redis.ts';
import { COUNTS_KEY } from '../redis-commands.ts';
import { type AgentChoice, ROOT, startAgent } from './agent.ts';
import {
  type Contestant,
  type ContestantOptions,
  createClosing,
  createSecrets,
  startSlack,
} from './contestant.ts';

type Role = 'all' | 'web' | 'worker';

export interface ThreadcoreOptions extends ContestantOptions, AgentChoice {
  /** Where V8 writes a CPU profile of the backend. */
  readonly profile?: string | undefined;
  /** One process each; the first one gets the events. Default: one process for all. */
  readonly roles?: readonly [Role, ...Role[]];
  /** Turns that a worker runs at a time. Default: the backend's own. */
  readonly concurrency?: number;
  /** As `ENCRYPTION_KEYS` takes them: what people wrote is sealed in Redis. Default: it is not. */
  readonly encryptionKeys?: string;
}

export interface Threadcore extends Contestant {
  readonly redis: NonNullable<Contestant['redis']>;
  /** What a client of the agent needs, in variables of the AWS SDK. */
  readonly agentAccess: NodeJS.ProcessEnv;
}

const SETTLE_LIMIT_MS = 30_000;

/** Threadcore as it is deployed, with a Redis that writes its append-only file, and the agent behind AgentCore's API. */
export async function startThreadcore(options: ThreadcoreOptions): Promise<Threadcore> {
  const { roles = ['all'] } = options;
  const closing = createClosing();
  try {
    const secrets = createSecrets();
    const redis = await startRedis({ own: true, env: { ...process.env, REDIS_URL: '' }, log: options.say });
    closing.add(redis.stop);
    const webPort = await freePort();
    const eventsUrl = `http://127.0.0.1:${webPort}/slack/events`;
    const slack = await startSlack(options, eventsUrl, secrets);
    closing.add(slack.close);
    const aws = await startAgent(options, secrets);
    closing.add(aws.close);

    const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
    const pids: number[] = [];
    let environment: NodeJS.ProcessEnv = {};
    for (const [i, role] of roles.entries()) {
      const port = i === 0 ? webPort : await freePort();
      environment = {
        ...backendEnvironment({
          // Nobody else here signs people in or checks what is said, and the stand-in has no guardrail.
          env: { ...process.env, IDENTITY_MODE: 'off', GUARDRAIL_MODE: 'off' },
          port,
          redis,
          aws,
          slack,
          secrets,
        }),
        NODE_ENV: 'production',
        // None of the others remembers anything elsewhere, and Memory takes ten events a second.
        MEMORY_RESOURCE_ID: '',
        HOST: '127.0.0.1',
        ROLE: role,
        ALLOWED_SLACK_TEAMS: '*',
        ...(options.encryptionKeys === undefined ? {} : { ENCRYPTION_KEYS: options.encryptionKeys }),
        ...(options.concurrency === undefined ? {} : { WORKER_CONCURRENCY: String(options.concurrency) }),
      };
      const backend = await startBackend({
        command: process.execPath,
        args: [...profiling, join(ROOT, 'src/main.ts')],
        cwd: ROOT,
        env: environment,
        url: `http://127.0.0.1:${port}`,
        logFile: join(options.folder, `threadcore-${role}-${redis.port}-${i}.log`),
        show: options.say,
      });
      closing.add(backend.stop);
      pids.push(backend.pid);
    }
    return {
      pids,
      redis,
      slack,
      eventsUrl,
      signingSecret: secrets.slackSigningSecret,
      agentAccess: environment,
      settle: () => untilNothingRuns(redis.url),
      stop: closing.run,
    };
  } catch (error) {
    await closing.run();
    throw error;
  }
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
