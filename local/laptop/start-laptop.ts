import { hash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createAwsStandIn } from '../aws/stand-in.ts';
import { PEOPLE } from '../cognito/seed.ts';
import { createCognitoStandIn, type Person } from '../cognito/stand-in.ts';
import { freePort, startRedis } from '../redis/start-redis.ts';
import { createSlackStandIn } from '../slack/stand-in.ts';
import { startPlayground } from '../teams/playground.ts';
import { startBackend } from './backend.ts';
import { claimFolder } from './claim.ts';
import { agentEnvironment, backendEnvironment, opsEnvironment, type Secrets } from './environment.ts';
import { laptopGuardrail } from './guardrail.ts';
import { type LaptopInfo, removeLaptopFile, writeLaptopFile } from './laptop-file.ts';
import { linkPerson } from './link-person.ts';
import { laptopMemory } from './memory.ts';
import { encryptionKeys, writeOpsFile } from './ops-file.ts';

export interface LaptopOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Where laptop.json, logs and Redis data go. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** One line about one step. */
  readonly say: (part: string, text: string) => void;
  /** Warnings of the parts, one line each. */
  readonly warn: (line: string) => void;
  /** Microsoft's Agents Playground beside the Slack page. */
  readonly teams?: boolean;
  /** Default: the backend from source. */
  readonly backendArgs?: readonly string[];
  /** Ends a start that is under way; what was started is stopped again. */
  readonly signal?: AbortSignal;
}

export interface Laptop {
  readonly info: LaptopInfo;
  /** Resolves with an explanation when a part ends that nobody asked to end. */
  readonly broken: Promise<string>;
  /** Ends everything, last started first. Can be called twice. */
  stop(): Promise<void>;
}

const REGION = 'us-east-2';
const WEB_PORT = 3000;
const PAGE_PORT = 3100;
/** Everybody else has yet to link, so that it can be tried. */
const LINKED = ['alice', 'bob'];

/**
 * Starts everything a laptop needs, in order: Redis, AWS, Slack, Cognito, the backend. Throws when a part does not come up,
 * after stopping those that did. Throws `FolderTaken` when another laptop mode has the folder.
 */
export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  const { folder, env, say, signal, teams = false } = options;
  const closers: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];
  let stopping: Promise<void> | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    stopping ??= closeAll(closers, options.warn);
    return stopping;
  };

  try {
    await mkdir(folder, { recursive: true });
    const claim = await claimFolder(folder);
    closers.push({ name: 'claim', close: claim.release });
    const secrets = createSecrets();
    const keys = await encryptionKeys(folder, env);

    // But for Memory the stand-ins begin empty at each start: turns and threads that they never saw would only fail.
    const dataDir = join(folder, 'redis');
    await rm(dataDir, { recursive: true, force: true });
    const redis = await startRedis({
      dataDir,
      env,
      log: (line) => say('Redis', line.replace(/^redis: /, '')),
    });
    closers.push({ name: 'Redis', close: redis.stop });
    say('Redis', `ready at ${new URL(redis.url).host} (${redis.source})`);
    signal?.throwIfAborted();

    const agentLog = createWriteStream(join(folder, 'agent.log'), { flags: 'w' });
    closers.push({ name: 'agent log', close: () => finished(agentLog.end()) });
    const awsPort = await freePort();
    const awsUrl = `http://127.0.0.1:${awsPort}`;
    const aws = await createAwsStandIn({
      port: awsPort,
      region: REGION,
      credentials: { accessKeyId: secrets.awsAccessKeyId, secretAccessKey: secrets.awsSecretAccessKey },
      agent: {
        mode: 'process',
        command: process.execPath,
        args: [join(options.root, 'agent-runtime', 'main.ts')],
        env: agentEnvironment(env, awsUrl, REGION, secrets),
      },
      guardrail: laptopGuardrail(REGION),
      memory: laptopMemory(folder),
      log: (line) => void agentLog.write(`${line}\n`),
    });
    closers.push({ name: 'AWS', close: aws.close });
    say('AWS', `stand-in ready at ${aws.url}`);
    signal?.throwIfAborted();

    // Fixed places that a person can bookmark; PORT=0 asks for any, so that many can run side by side.
    const anyPort = env.PORT === '0';
    let web = '';
    const slack = await createSlackStandIn({
      port: anyPort ? 0 : await freePort(PAGE_PORT),
      eventsUrl: () => `${web}/slack/events`,
      signingSecret: secrets.slackSigningSecret,
      botToken: secrets.slackBotToken,
    });
    closers.push({ name: 'Slack', close: slack.close });
    say('Slack', `stand-in ready at ${slack.url}`);
    signal?.throwIfAborted();

    const started = await onFreePort(anyPort ? 0 : Number(env.PORT) || WEB_PORT, async (port) => {
      web = `http://127.0.0.1:${port}`;
      // It knows where it may send people back to, so it starts once the port is known.
      const cognito = await createCognitoStandIn({
        region: REGION,
        people: PEOPLE.map((person) => ({ ...person, sub: subOf(person.username) })),
        callbackUrls: [`${web}/link/callback`],
        clientName: 'Cloud Engineer',
      });
      try {
        const identity = { cognito, encryptionKeys: keys };
        const backendEnv = backendEnvironment({ env, port, redis, aws, slack, secrets, identity, teams });
        await writeOpsFile(folder, opsEnvironment(backendEnv));
        const backend = await startBackend({
          command: process.execPath,
          args: options.backendArgs ?? [join(options.root, 'src', 'main.ts')],
          cwd: options.root,
          env: backendEnv,
          url: web,
          logFile: join(folder, 'backend.log'),
          ...(signal ? { signal } : {}),
          show: (line) => options.warn(`backend: ${line}`),
        });
        return { backend, cognito, backendEnv };
      } catch (error) {
        await cognito.close();
        throw error;
      }
    });
    const { backend, cognito, backendEnv } = started;
    closers.push({ name: 'Cognito', close: cognito.close });
    say('Cognito', `stand-in ready at ${cognito.url}`);
    closers.push({ name: 'backend', close: backend.stop });
    say('Backend', `ready at ${web}`);
    signal?.throwIfAborted();

    if (backendEnv.IDENTITY_MODE !== 'off') {
      await linkPeople(slack.pageUrl, cognito.users, signal);
      // Whoever opens the page begins with an empty workspace.
      slack.reset();
      say('Identity', `${LINKED.join(' and ')} are linked to their accounts`);
      signal?.throwIfAborted();
    }

    const playground = teams ? await startPlayground(`${web}/api/messages`) : undefined;
    if (playground) {
      closers.push({ name: 'Agents Playground', close: playground.close });
      say('Teams', `Agents Playground ready at ${playground.url}`);
      signal?.throwIfAborted();
    }

    const info: LaptopInfo = {
      pid: process.pid,
      web,
      slackPage: slack.pageUrl,
      slackApi: slack.apiUrl,
      aws: aws.url,
      cognito: cognito.url,
      redis: redis.url,
      ...(playground ? { teams: playground.url } : {}),
    };
    await writeLaptopFile(folder, info);
    closers.push({ name: 'laptop.json', close: () => removeLaptopFile(folder) });

    const broken = new Promise<string>((resolve) => {
      const watch = (what: string, exited: Promise<number>) =>
        void exited.then((code) => {
          if (!stopped) resolve(`${what} ended unexpectedly with exit code ${code}`);
        });
      watch('The backend', backend.exited);
      watch('Redis', redis.exited);
    });
    return { info, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function linkPeople(page: string, people: readonly Person[], signal?: AbortSignal): Promise<void> {
  const some = people.filter(({ username }) => LINKED.includes(username));
  const options = { page, ...(signal ? { signal } : {}) };
  await Promise.all(some.map((account) => linkPerson({ ...options, user: account.username, account })));
}

/** Between the look for a free port and its use another program may take it; then the next one is tried. */
async function onFreePort<T>(preferred: number, use: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort(preferred);
  try {
    return await use(port);
  } catch (error) {
    if ((await freePort(port)) === port) throw error;
    return onFreePort(preferred, use);
  }
}

async function closeAll(
  closers: readonly { readonly name: string; readonly close: () => Promise<unknown> }[],
  warn: (line: string) => void,
): Promise<void> {
  for (const { name, close } of closers.toReversed()) {
    // One part that does not end cleanly must not keep the others alive.
    await close().catch((error: Error) => warn(`${name} did not end cleanly: ${error.message}`));
  }
}

/** The same at each start: whoever comes back finds what they said before. */
function subOf(username: string): string {
  const digits = hash('sha256', `laptop ${username}`);
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join('-');
}

const createSecrets = (): Secrets => ({
  slackSigningSecret: randomBytes(16).toString('hex'),
  slackBotToken: `xoxb-${randomBytes(12).toString('hex')}`,
  awsAccessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
  awsSecretAccessKey: randomBytes(20).toString('hex'),
});
