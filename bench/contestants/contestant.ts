import { randomBytes } from 'node:crypto';
import type { Secrets } from '../../local/laptop/environment.ts';
import { createSlackStandIn, type SlackStandIn } from '../../local/slack/stand-in.ts';
import { type ProcessCost, readProcessCost } from '../process-cost.ts';

/** A bot under measurement: processes of its own, with its own Slack workspace in this process. */
export interface Contestant {
  /** The processes whose cost is the bot's. Redis and the agent are not among them. */
  readonly pids: readonly number[];
  readonly slack: SlackStandIn;
  /** Where events are sent, and the secret they are signed with. */
  readonly eventsUrl: string;
  readonly signingSecret: string;
  /** Undefined for a bot that has none. */
  readonly redis: { readonly url: string; readonly port: number; readonly pid: number } | undefined;
  /** Resolves when it has nothing left to do. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface ContestantOptions {
  /** People in its workspace: `user1`, `user2`, … */
  readonly users: number;
  /** For logs. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** What all processes of a bot have cost so far; undefined where that cannot be read. */
export async function costOf({ pids }: Pick<Contestant, 'pids'>): Promise<ProcessCost | undefined> {
  const costs = await Promise.all(pids.map(readProcessCost));
  return costs.reduce((sum, cost) =>
    sum && cost ? { cpuMs: sum.cpuMs + cost.cpuMs, peakMiB: sum.peakMiB + cost.peakMiB } : undefined,
  );
}

/** Runs all of them to their ends and stops what was started, whatever happens. */
export async function withContestants<T>(
  start: (started: <C extends Contestant>(contestant: C) => C) => Promise<T>,
): Promise<T> {
  const running: Contestant[] = [];
  try {
    return await start((contestant) => {
      running.push(contestant);
      return contestant;
    });
  } finally {
    for (const contestant of running.toReversed()) await contestant.stop();
  }
}

export function startSlack(options: ContestantOptions, eventsUrl: string, secrets: Secrets) {
  return createSlackStandIn({
    eventsUrl,
    signingSecret: secrets.slackSigningSecret,
    botToken: secrets.slackBotToken,
    morePeople: options.users,
    // Others look up the names of people; refused again and again, they would seem slower than they are.
    scopes: 'all',
  });
}

export function createSecrets(): Secrets {
  return {
    slackSigningSecret: randomBytes(16).toString('hex'),
    slackBotToken: `xoxb-${randomBytes(12).toString('hex')}`,
    awsAccessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    awsSecretAccessKey: randomBytes(20).toString('hex'),
  };
}

/** What has to be ended, the last first. */
export function createClosing() {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step: () => Promise<unknown>) => steps.push(step),
    async run(): Promise<void> {
      for (let step = steps.pop(); step; step = steps.pop()) await step();
    },
  };
}
