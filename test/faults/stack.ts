import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AwsStandIn, createAwsStandIn } from '../../local/aws/stand-in.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { type RunningRedis, startRedis } from '../../local/redis/start-redis.ts';
import { createSlackStandIn, type SlackStandIn } from '../../local/slack/stand-in.ts';
import { createTeamsStandIn, type TeamsStandIn } from '../../local/teams/stand-in.ts';
import { createFaultLink, type FaultLink } from './fault-link.ts';
import { type FenceWatch, watchFences } from './fence-watch.ts';
import { createHttpReader } from './http-reader.ts';
import { type LaneRecords, readLaneRecords } from './lane-records.ts';
import { type Member, startMember } from './member.ts';
import type { Passage } from './passage.ts';
import { quietPort } from './ports.ts';
import { createRedisReader } from './redis-reader.ts';
import { PEOPLE } from './schedule.ts';
import { createScriptedAgent, type ScriptedAgent } from './scripted-agent.ts';
import type { BuiltTree } from './tree.ts';

/** One web process and two workers between a real Redis and the stand-ins, with a fault link on every connection. */
export interface Stack {
  readonly slack: SlackStandIn;
  readonly teams: TeamsStandIn;
  /** All that the processes write to Teams: there is one address for it. */
  readonly teamsLink: FaultLink;
  /** By the token it has shown; undefined when nobody was given it. */
  senderOf(passage: Passage): Member | undefined;
  readonly aws: AwsStandIn;
  readonly agent: ScriptedAgent;
  readonly web: Member;
  readonly workers: readonly Member[];
  readonly members: readonly Member[];
  readonly redisLinks: readonly FaultLink[];
  readonly fences: FenceWatch;
  /** Read from Redis itself, past all links. */
  readonly records: LaneRecords;
  /** SIGKILL, and `downMs` later a new Redis that reads the append-only file. */
  restartRedis(downMs: number): Promise<void>;
  /** Runs the operators' command, as somebody at a terminal does. Rejects when it fails. */
  operate(...words: readonly string[]): Promise<void>;
  readonly folder: string;
  /** `keepLogs`: leaves the processes' logs in `folder`. */
  close(keepLogs: boolean): Promise<void>;
}

/** Waits of Slack before it delivers again, a good deal shorter than the real ones; none is given up too early. */
const RETRY_DELAYS_MS = [50, 500, 1_000, 2_000, 4_000, 8_000, 8_000];

/** A stream whose worker was lost holds its message for that long. Teams: two minutes. */
const STREAM_LIFE_MS = 10_000;

const LOADED_WITHIN_MS = 20_000;

export async function startStack(tree: BuiltTree, number: number): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), `threadcore-faults-stack${number}-`));
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (keepLogs: boolean) => {
    for (const step of closers.splice(0).reverse()) await step();
    if (!keepLogs) await rm(folder, { recursive: true, force: true });
  };
  try {
    const prefix = `{tc-faults-${number}}`;
    const dataDir = join(folder, 'redis');
    await mkdir(dataDir);
    const redisPort = await quietPort();
    const startOwnRedis = () => startRedis({ own: true, dataDir, port: redisPort, log: () => undefined });
    let redis: RunningRedis = await startOwnRedis();
    closers.push(() => redis.stop());
    const fences = await watchFences(redisPort, prefix, tree.scripts);
    closers.push(async () => fences.close());

    const webPort = await quietPort();
    const link = async (
      target: number,
      kind: 'events' | 'slack' | 'aws' | 'redis' | 'teams',
      onToken?: (token: string) => void,
    ) => {
      const made = await createFaultLink(target, () =>
        kind === 'redis' ? createRedisReader(tree.scripts) : createHttpReader(kind, onToken),
      );
      closers.push(made.close);
      return made;
    };
    const events = await link(webPort, 'events');
    const signingSecret = randomBytes(16).toString('hex');
    const botToken = `xoxb-${randomBytes(12).toString('hex')}`;
    const slack = await createSlackStandIn({
      eventsUrl: `http://127.0.0.1:${events.port}/slack/events`,
      signingSecret,
      botToken,
      morePeople: PEOPLE,
      retryDelaysMs: RETRY_DELAYS_MS,
    });
    closers.push(slack.close);
    const teamsLink = await link(0, 'teams');
    const serviceHost = `127.0.0.1:${teamsLink.port}`;
    const teams = await createTeamsStandIn({
      appId: randomUUID(),
      appPassword: randomBytes(16).toString('hex'),
      botUrl: () => `http://127.0.0.1:${events.port}/api/messages`,
      serviceUrl: `http://${serviceHost}/amer/`,
      streamLifeMs: STREAM_LIFE_MS,
      throttled: true,
      retryDelaysMs: RETRY_DELAYS_MS,
    });
    closers.push(teams.close);
    const agent = await createScriptedAgent();
    closers.push(agent.close);
    const aws = await createAwsStandIn({ agent: { mode: 'url', url: agent.url } });
    closers.push(aws.close);

    const portOf = (url: string) => Number(new URL(url).port);
    teamsLink.setTarget(portOf(teams.url));
    const redisLinks: FaultLink[] = [];
    /** By token, the process that was given it. */
    const owners = new Map<string, string>();
    const member = async (name: string, role: 'web' | 'worker') => {
      const toRedis = await link(redisPort, 'redis');
      const toSlack = await link(portOf(slack.url), 'slack');
      const toAws = await link(portOf(aws.url), 'aws');
      const toTeams = await link(portOf(teams.url), 'teams', (token) => owners.set(token, name));
      redisLinks.push(toRedis);
      const links = [toRedis, toSlack, toAws, toTeams, ...(role === 'web' ? [events] : [])];
      const teamsUrl = `http://127.0.0.1:${toTeams.port}`;
      const env = {
        HOST: '127.0.0.1',
        REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
        REDIS_DURABILITY: 'aof',
        KEY_PREFIX: prefix,
        IDENTITY_MODE: 'off',
        GUARDRAIL_MODE: 'off',
        SLACK_BOT_TOKEN: botToken,
        SLACK_SIGNING_SECRET: signingSecret,
        SLACK_API_URL: `http://127.0.0.1:${toSlack.port}/api/`,
        ...teams.environment,
        TEAMS_SERVICE_URL_HOSTS: serviceHost,
        TEAMS_LOGIN_URL: teamsUrl,
        TEAMS_OPENID_METADATA_URL: `${teamsUrl}/v1/.well-known/openidconfiguration`,
        ALLOWED_SLACK_TEAMS: '*',
        ALLOWED_CHANNELS: '*',
        ALLOWED_USERS: '*',
        AGENT_RUNTIME_ARN: aws.agentRuntimeArn,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${toAws.port}`,
        AWS_REGION: aws.region,
        AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE000000000',
        AWS_SECRET_ACCESS_KEY: 'example-secret-key',
        AWS_EC2_METADATA_DISABLED: 'true',
        NODE_COMPILE_CACHE: tree.compileCache,
      };
      const port = role === 'web' ? webPort : await quietPort();
      const started = await startMember({ name, role, port, main: tree.main, folder, env, links });
      closers.push(started.close);
      return started;
    };
    const web = await member('web', 'web');
    const workers = [await member('worker1', 'worker'), await member('worker2', 'worker')];
    const members = [web, ...workers];
    await Promise.all(members.map((one) => one.ready()));

    return {
      slack,
      teams,
      teamsLink,
      senderOf: ({ sender = '' }) => members.find(({ name }) => name === owners.get(sender)),
      aws,
      agent,
      web,
      workers,
      members,
      redisLinks,
      fences,
      folder,
      records: readLaneRecords(redis.url, prefix),
      async restartRedis(downMs) {
        process.kill(redis.pid, 'SIGKILL');
        await redis.exited;
        await new Promise((resolve) => setTimeout(resolve, downMs));
        redis = await startOwnRedis();
        await untilLoaded(redis.url);
        await fences.reconnect();
      },
      async operate(...words) {
        await promisify(execFile)(process.execPath, [join(tree.folder, 'scripts/ops.ts'), ...words], {
          env: { PATH: process.env.PATH, REDIS_URL: redis.url, REDIS_DURABILITY: 'aof', KEY_PREFIX: prefix },
        });
      },
      close,
    };
  } catch (error) {
    await close(true);
    throw error;
  }
}

/** A Redis that answers may still refuse commands while it reads its append-only file. */
async function untilLoaded(url: string): Promise<void> {
  const deadline = performance.now() + LOADED_WITHIN_MS;
  for (;;) {
    try {
      await redisCommands(url, [['DBSIZE']]);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
