import { randomBytes } from 'node:crypto';
import { AgentCoreError } from '../agentcore/errors.ts';
import type { Audit } from '../audit/recorder.ts';
import { createPrivacyCommands, type PrivacyCommands } from '../commands/privacy.ts';
import { createExamples } from '../guardrails/examples.ts';
import { createErasing, type Erase, type Receipt } from '../privacy/erase.ts';
import { createErasureJobs, type ErasureJobs } from '../privacy/erasure-jobs.ts';
import { createExports } from '../privacy/exports.ts';
import { createForgetAsks } from '../privacy/forget-asks.ts';
import { createLateLooks, LATE_LOOKS_MS } from '../privacy/late-looks.ts';
import { eraseMemory } from '../privacy/memory.ts';
import { type Account, actorsOf, type Person } from '../privacy/person.ts';
import { createPrivacy } from '../privacy/privacy.ts';
import { receiptText } from '../privacy/receipt-text.ts';
import type { ErasureStep } from '../privacy/steps.ts';
import { type ErasureWorker, startErasures } from '../privacy/worker.ts';
import { createDirectory } from '../sessions/directory.ts';
import { directoryId } from '../sessions/directory-id.ts';
import { eraseRest } from '../sessions/erase-rest.ts';
import { createAsides } from '../slack/asides.ts';
import type { SlackClient, SlackUploader } from '../slack/client.ts';
import type { HomePeople } from '../slack/home-people.ts';
import type { Pacing } from '../slack/pacing.ts';
import { createPrivateFiles } from '../slack/privacy-files.ts';
import { eraseHome } from '../slack/privacy-home.ts';
import { eraseMarks } from '../slack/privacy-marks.ts';
import { rewriteFile } from '../store/append-only-file.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createTurnEraser } from '../turns/erase-turns.ts';
import type { Lanes } from '../turns/lanes.ts';
import type { Operator } from '../turns/operator.ts';
import { pause } from '../turns/pause.ts';
import type { ComposedMemory } from './memory.ts';
import { memoryOfPeople } from './memory-of-people.ts';
import type { People } from './people.ts';
import { personalData } from './personal-data.ts';
import type { Teams } from './teams.ts';

export interface PrivacyParts {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys | undefined;
  readonly confirmDurable: () => Promise<void>;
  readonly audit: Audit;
  /** Undefined where the bot is not in Slack. */
  readonly slack: (SlackClient & SlackUploader) | undefined;
  /** Undefined where the bot is not in Teams. */
  readonly teams: Pick<Teams, 'privateFiles' | 'forgetContact' | 'forgetHeard'> | undefined;
  readonly pacing: Pacing;
  readonly lanes: Pick<Lanes, 'unpark'>;
  readonly operator: Pick<Operator, 'stopTurn'>;
  readonly wake: () => Promise<void>;
  readonly people: Pick<People, 'identity' | 'bearerOf'>;
  readonly homes: Pick<HomePeople, 'erase' | 'settingsOf'>;
  readonly memory: Pick<ComposedMemory, 'client' | 'outbox'> | undefined;
  readonly log: Logger;
}

/** Ends a session of the agent's runtime. `bearer`: where the agent is called as the person. */
export type StopSession = (
  session: string,
  bearer: (() => Promise<string>) | undefined,
  signal: AbortSignal,
) => Promise<void>;

export interface ComposedPrivacy {
  readonly commands: PrivacyCommands;
  readonly jobs: ErasureJobs;
  /** A process of the worker role carries erasures out. */
  startWorker(stopSession: StopSession): void;
  close(): Promise<void>;
}

/** AgentCore ends a session by itself after eight hours. */
const LONGEST_SESSION_MS = 9 * 3_600_000;

/** What is kept about people, for themselves: put together of all the rooms that keep something. */
export function composePrivacy(parts: PrivacyParts): ComposedPrivacy {
  const { redis, keyPrefix, dataKeys, audit, people, homes, log } = parts;
  const closing = new AbortController();
  const now = () => Date.now();
  const sealer = dataKeys && createSealer({ keys: dataKeys, randomBytes });
  const jobs = createErasureJobs({
    redis,
    keyPrefix,
    sealer,
    directoryOf: directoryId,
    confirmDurable: parts.confirmDurable,
    randomBytes,
  });
  const directory = createDirectory({ redis, keyPrefix, sealer, randomBytes, log });
  const memory = parts.memory && memoryOfPeople(parts.memory.client);
  const exports = createExports(redis, keyPrefix);
  const asks = createForgetAsks({ redis, keyPrefix, randomBytes });
  const turns = createTurnEraser({ redis, keyPrefix, operator: parts.operator });
  const examples = createExamples({ redis, keyPrefix, sealer, now });
  const { slack, pacing } = parts;
  const callAside = slack && createAsides({ client: slack, pacing, pause, closing: closing.signal });
  const privateFiles = slack && callAside && createPrivateFiles({ callAside, client: slack });
  let worker: ErasureWorker | undefined;

  function filesFor({ platform }: Account) {
    if (platform === 'slack' && privateFiles) return privateFiles;
    if (platform === 'teams' && parts.teams) return parts.teams.privateFiles;
    throw new Error(`private files cannot be given in ${platform} by this deployment`);
  }

  async function eraseSettings(account: Account): Promise<number> {
    if (account.platform === 'slack' && callAside)
      return eraseHome({ redis, keyPrefix, homes, callAside }, account);
    await homes.erase(account);
    return 0;
  }

  async function eraseAccountMarks(account: Account): Promise<number> {
    await asks.over(account);
    if (account.platform === 'teams') await parts.teams?.forgetHeard(account);
    return eraseMarks({ redis, keyPrefix }, account);
  }

  async function tellReceipt(account: Account, receipt: Receipt): Promise<void> {
    await filesFor(account).deliverTo(account).say(receiptText(receipt));
  }

  async function personOf(account: Account): Promise<Person> {
    return people.identity ? people.identity.family(account) : { accounts: [account] };
  }

  /** What each of the person's actors has, one after another. */
  async function sum(of: readonly string[] | readonly Account[], count: (one: never) => Promise<number>) {
    let total = 0;
    for (const one of of) total += await count(one as never);
    return total;
  }
  const forActors =
    (count: (actor: string) => Promise<number>): Erase =>
    (person) =>
      sum(actorsOf(person), count);
  const forAccounts =
    (count: (account: Account, last: boolean) => Promise<number>): Erase =>
    (person, { last }) =>
      sum(person.accounts, (account: Account) => count(account, last));

  async function eraseExports(account: Account, last: boolean): Promise<number> {
    let gone = 0;
    for (const file of await exports.filesOf(account)) {
      try {
        await filesFor(account).remove(account, file);
        gone += 1;
      } catch (error) {
        if (!last) throw error;
        log.error({ err: error }, 'an exported file could not be deleted at the platform');
      }
      await exports.gone(account, file);
    }
    await exports.failed(account);
    return gone;
  }

  const stopSessions =
    (stop: StopSession): Erase =>
    async (person, { signal, last }) => {
      let stopped = 0;
      for (const actor of actorsOf(person)) {
        const bearer = actor === person.sub ? people.bearerOf(person.accounts[0], actor) : undefined;
        for await (const { id, lastAt } of directory.export(actor)) {
          if (lastAt < now() - LONGEST_SESSION_MS) continue;
          try {
            await stop(id, bearer, signal);
            stopped += 1;
          } catch (error) {
            // Most sessions have ended by themselves.
            if (error instanceof AgentCoreError && error.code === 'agent_not_found') continue;
            if (!last) throw error;
            log.error(
              { err: error },
              'a session of the agent could not be ended; it ends by its idle time-out',
            );
          }
        }
      }
      return stopped;
    };

  const stepsWith = (stop: StopSession): Readonly<Record<ErasureStep, Erase>> => ({
    exports: forAccounts(eraseExports),
    runtime: stopSessions(stop),
    turns: async ({ accounts }, { before }) =>
      (await turns.erase(accounts, before)) + (await examples.erase(accounts)),
    feedback: ({ accounts }) => turns.eraseFeedback(accounts),
    settings: forAccounts(eraseSettings),
    outbox: forActors(async (actor) => parts.memory?.outbox.erase(actor) ?? 0),
    sessions: forActors(
      async (actor) => (await directory.erase(actor)) + (await eraseRest({ redis, keyPrefix }, actor)),
    ),
    memory: async (person, how) => (memory ? eraseMemory(memory, actorsOf(person).map(directoryId), how) : 0),
    link: forAccounts(async (account, last) => ((await people.identity?.forget(account, last)) ? 1 : 0)),
    marks: forAccounts(eraseAccountMarks),
  });

  const privacy = createPrivacy({
    jobs,
    exports,
    audit,
    personOf,
    partsOf: personalData({
      ...{ redis, keyPrefix, dataKeys, directory, memory, turns, examples },
      describe: async (account) => people.identity?.describe(account),
      settingsOf: homes.settingsOf,
    }),
    deliverTo: async (account) => filesFor(account).deliverTo(account),
    onErasure: () => worker?.wake(),
    now,
    closing: closing.signal,
    log,
  });

  return {
    commands: createPrivacyCommands(privacy, asks, people.identity !== undefined),
    jobs,
    startWorker(stopSession) {
      const erasing = createErasing({
        jobs,
        steps: stepsWith(stopSession),
        stopTurns: (accounts, before) => turns.stop(accounts, before),
        async goOn(account) {
          const wakes = await parts.lanes.unpark(account);
          for (let i = 0; i < wakes; i += 1) await parts.wake();
        },
        tell: tellReceipt,
        async leave(account, before) {
          if (account.platform === 'teams') await parts.teams?.forgetContact(account, before);
        },
        compact: () => rewriteFile(redis, log),
        audit,
        lookAgainMs: memory && LATE_LOOKS_MS[0],
        pause,
        log,
      });
      const looks = memory && createLateLooks({ redis, keyPrefix, sealer, memory, now, log });
      const next = async (ending: AbortSignal) =>
        (await erasing.next(ending)) || ((await looks?.next(ending)) ?? false);
      worker = startErasures({ next, log });
    },
    async close() {
      closing.abort(new Error('the process is shutting down'));
      await worker?.close();
      await privacy.settled();
    },
  };
}
