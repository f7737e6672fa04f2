import { randomBytes } from 'node:crypto';
import { type AwsStandIn, createAwsStandIn, type MemoryOptions } from '../../local/aws/stand-in.ts';
import { type GuardedProcess, spawnGuarded } from '../../local/processes/guarded.ts';
import { freePort } from '../../local/redis/start-redis.ts';
import { TEAM } from '../../local/slack/seed.ts';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../local/slack/stand-in.ts';
import { createScriptedAgent, type ScriptedAgent, scriptedPrompt } from '../faults/scripted-agent.ts';
import { COMPILED } from './compiled.ts';
import { eventually } from './eventually.ts';

/** `src/main.ts` as a process of its own, as in production. */
export interface BackendProcess {
  readonly pid: number;
  readonly port: number;
  /** What it has written to its standard output and error so far. */
  readonly output: () => string;
  /** The exit code, once it has ended. */
  readonly exited: Promise<number>;
  /** Resolves when it has written a line that matches. */
  says(words: RegExp): Promise<void>;
  /** The status of `/readyz`; undefined when it does not answer. */
  readyz(): Promise<number | undefined>;
  ready(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** A question with its thread, and the words that the agent is to write. */
export interface Question {
  readonly canary: string;
  readonly ts: string;
}

/** Slack and AgentCore for backends that run as processes. */
export interface Surroundings {
  readonly slack: SlackStandIn;
  readonly agent: ScriptedAgent;
  readonly aws: AwsStandIn;
  /** Asks in #cloud for so many words, one every `wordMs`. Resolves when the question stands there. */
  ask(words?: number, wordMs?: number): Question;
  /** What the bot has written in the thread of a question. */
  replies(question: Question): string[];
  /** Resolves when the question has its whole answer. */
  answered(question: Question, timeoutMs?: number): Promise<void>;
  /** Questions without exactly one whole answer of exactly one run of the agent, as text; empty when all is well. */
  wrong(): string[];
  /** Deliveries of Slack go to the web process that was started last. */
  start(role: 'web' | 'worker' | 'all', env: Readonly<Record<string, string>>): Promise<BackendProcess>;
  /** Ends every process that still runs, and the stand-ins. */
  close(): Promise<void>;
}

/** Waits of Slack before it delivers again: shorter than the real ones, and for long enough. */
const RETRY_DELAYS_MS = [200, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000];
const READY_WITHIN_MS = 60_000;

export async function createSurroundings(
  options: Partial<SlackStandInOptions> = {},
  memory: MemoryOptions = {},
): Promise<Surroundings> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    let webPort = 1;
    const signingSecret = randomBytes(16).toString('hex');
    const botToken = `xoxb-${randomBytes(12).toString('hex')}`;
    const slack = await createSlackStandIn({
      eventsUrl: () => `http://127.0.0.1:${webPort}/slack/events`,
      signingSecret,
      botToken,
      retryDelaysMs: RETRY_DELAYS_MS,
      ...options,
    });
    closers.push(slack.close);
    const agent = await createScriptedAgent();
    closers.push(agent.close);
    const aws: AwsStandIn = await createAwsStandIn({ agent: { mode: 'url', url: agent.url }, memory });
    closers.push(aws.close);
    const settings = {
      HOST: '127.0.0.1',
      IDENTITY_MODE: 'off',
      GUARDRAIL_MODE: 'off',
      SLACK_BOT_TOKEN: botToken,
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: slack.apiUrl,
      ALLOWED_SLACK_TEAMS: TEAM.id,
      ALLOWED_CHANNELS: '*',
      ALLOWED_USERS: '*',
      AGENT_RUNTIME_ARN: aws.agentRuntimeArn,
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE000000000',
      AWS_SECRET_ACCESS_KEY: 'example-secret-key',
      AWS_EC2_METADATA_DISABLED: 'true',
      PATH: process.env.PATH ?? '',
    };
    const asked: Question[] = [];
    const replies = ({ ts }: Question) =>
      slack
        .thread('#cloud', ts)
        .filter((message) => message.botId !== undefined)
        .map((message) => message.text);
    return {
      slack,
      agent,
      aws,
      ask(words = 0, wordMs = 0) {
        const canary = `canary-q${asked.length + 1}`;
        // That it was delivered comes later, but it stands there at once.
        void slack.postAs(
          'alice',
          '#cloud',
          `@Cloud Engineer ${scriptedPrompt({ canary, kind: 'read', silentMs: 0, words, wordMs })}`,
        );
        const { channel } = slack.people.place('alice', '#cloud');
        const question = { canary, ts: slack.state.messages(channel.id).at(-1)?.ts ?? '' };
        asked.push(question);
        return question;
      },
      replies,
      async answered(question, timeoutMs = 60_000) {
        const { canary } = question;
        await eventually(
          `the answer to ${canary}`,
          () => agent.records.get(canary)?.answers.some((answer) => replies(question).includes(answer)),
          timeoutMs,
        );
      },
      wrong: () =>
        asked.flatMap((question) => {
          const { answers = [], starts = 0 } = agent.records.get(question.canary) ?? {};
          const seen = replies(question);
          const right = starts === 1 && seen.length === 1 && seen[0] === answers[0];
          return right ? [] : [`${question.canary}: ${starts} runs, replies ${JSON.stringify(seen)}`];
        }),
      async start(role, env) {
        const port = await freePort();
        const child = await spawnGuarded({
          command: process.execPath,
          args: ['src/main.ts'],
          cwd: new URL('../..', import.meta.url).pathname,
          env: { ...COMPILED, ...settings, ROLE: role, PORT: String(port), ...env },
        });
        closers.push(async () => {
          signalTo(child, 'SIGCONT');
          signalTo(child, 'SIGKILL');
          await child.exited;
        });
        if (role !== 'worker') webPort = port;
        return follow(child, port);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function follow(child: GuardedProcess, port: number): BackendProcess {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  let code: number | undefined;
  void child.exited.then((ended) => {
    code = ended;
  });
  const readyz = async () => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      await response.body?.cancel();
      return response.status;
    } catch {
      // It does not listen, or no more.
      return undefined;
    }
  };
  return {
    pid: child.pid,
    port,
    output: () => output,
    exited: child.exited,
    async says(words) {
      await eventually(`the backend says ${words}`, () => words.test(output), READY_WITHIN_MS);
    },
    readyz,
    async ready() {
      await eventually(
        'the backend is ready',
        async () => {
          if (code !== undefined) throw new Error(`it ended with exit code ${code}:\n${output}`);
          return (await readyz()) === 200;
        },
        READY_WITHIN_MS,
      );
    },
    signal: (signal) => signalTo(child, signal),
  };
}

function signalTo(child: GuardedProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(child.pid, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
