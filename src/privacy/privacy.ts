import type { Audit } from '../audit/recorder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { personSubject, whomOf } from './erase.ts';
import type { ErasureJobs } from './erasure-jobs.ts';
import { type Parts, pieces } from './export.ts';
import type { Exports } from './exports.ts';
import type { Account, Person } from './person.ts';

/** The private way to a person for files. */
export interface Delivery {
  /** What the person should know of the files once all are given. */
  readonly afterwards: string;
  /** What is going on; said again, it replaces what was said before. */
  say(text: string): Promise<void>;
  /** `named` is told the platform's id of the file before anybody sees it. */
  give(name: string, text: string, named: (file: string) => Promise<void>): Promise<void>;
}

export interface PrivacyDeps {
  readonly jobs: ErasureJobs;
  readonly exports: Exports;
  readonly audit: Pick<Audit, 'record'>;
  /** Everybody whom an account stands for. */
  readonly personOf: (account: Account) => Promise<Person>;
  readonly partsOf: (person: Person, signal: AbortSignal) => Parts;
  readonly deliverTo: (account: Account) => Promise<Delivery>;
  /** An erasure has been asked for: whoever carries them out may look. */
  readonly onErasure: () => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly closing: AbortSignal;
  readonly log: Logger;
}

export type Privacy = ReturnType<typeof createPrivacy>;

/** What people may want of what is kept about them. */
export function createPrivacy(deps: PrivacyDeps) {
  const { exports, jobs, audit, log } = deps;
  const underWay = new Set<Promise<void>>();

  async function deliver(account: Account, person: Person): Promise<void> {
    const delivery = await deps.deliverTo(account);
    await delivery.say(
      'I am putting together everything that I keep about you. It takes a moment, or minutes if it is much.',
    );
    let files = 0;
    for await (const { name, json } of pieces({
      person,
      parts: deps.partsOf(person, deps.closing),
      now: deps.now(),
    })) {
      deps.closing.throwIfAborted();
      await delivery.give(name, json, (file) => exports.note(account, file));
      files += 1;
      await delivery.say(`I am putting together everything that I keep about you. ${filesReady(files)}`);
    }
    const what = files === 1 ? 'one file' : `${files} files`;
    await delivery.say(
      `Here is everything that I keep about you, in ${what}. Only you can see this. ${delivery.afterwards}`,
    );
  }

  async function exportTo(account: Account, person: Person): Promise<void> {
    try {
      await deliver(account, person);
      await exports.done(account);
    } catch (error) {
      log.error({ err: error }, 'an export could not be delivered');
      await exports.failed(account);
      if (deps.closing.aborted) return;
      await (await deps.deliverTo(account)).say(
        'I could not put your data together. Please ask again with `export` in a few minutes.',
      );
    }
  }

  return {
    personOf: deps.personOf,

    /** Begins an export; answers 0, or after how many seconds the person may ask for the next one. */
    async askExport(account: Account): Promise<number> {
      const waitS = await exports.begin(account);
      if (waitS > 0) return waitS;
      const person = await deps.personOf(account);
      await audit.record({ type: 'data.exported', who: personSubject(account), whom: whomOf(person) });
      const work = exportTo(account, person)
        .catch((error: unknown) => log.error({ err: error }, 'a person could not be told about their export'))
        .finally(() => underWay.delete(work));
      underWay.add(work);
      return 0;
    },

    /** Begins an erasure, once it is on record. Answers all accounts that it is about. */
    async forget(account: Account): Promise<Person> {
      const person = await deps.personOf(account);
      const who = personSubject(account);
      const { seq } = await audit.record({ type: 'data.erasure_ordered', who, whom: whomOf(person) });
      await jobs.begin({ person, by: { kind: 'person', account }, order: seq });
      deps.onErasure();
      return person;
    },

    /** Resolves when no export is under way. */
    async settled(): Promise<void> {
      await Promise.all(underWay);
    },
  };
}

const filesReady = (files: number) => (files === 1 ? 'One file is ready.' : `${files} files are ready.`);
