import type { Subject } from '../audit/events.ts';
import type { Audit } from '../audit/recorder.ts';
import type { Logger } from '../telemetry/logger.ts';
import { againAfter } from './again-after.ts';
import type { Erasure, ErasureJobs } from './erasure-jobs.ts';
import { held } from './held.ts';
import type { Account, Person } from './person.ts';
import { ERASURE_STEPS, type ErasureStep, LASTING_STEPS } from './steps.ts';

/** Takes away what one room keeps of a person; answers how much that was. Again it finds nothing, and does no harm. */
export type Erase = (person: Person, how: EraseHow) => Promise<number>;

export interface EraseHow {
  /** What came later stays. Epoch milliseconds, Redis' clock. */
  readonly before: number;
  /** It was tried often enough: go on without what others will not answer. */
  readonly last: boolean;
  /** Notes how much more is gone, where it takes long. */
  readonly gone: (count: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface ErasureDeps {
  readonly jobs: ErasureJobs;
  readonly steps: Readonly<Record<ErasureStep, Erase>>;
  /** Asks their turns to end; answers how many have not. */
  readonly stopTurns: (accounts: readonly Account[], before: number) => Promise<number>;
  /** What they asked meanwhile may begin. */
  readonly goOn: (account: Account) => Promise<void>;
  /** In private: that it is done, with what was. Throws when it cannot be said. */
  readonly tell: (account: Account, receipt: Receipt) => Promise<void>;
  /** Takes away how to write to them: nothing is told them after that. What they have written since stays. */
  readonly leave: (account: Account, before: number) => Promise<void>;
  /** Lets Redis write its file anew, which still holds what was deleted. Best effort. */
  readonly compact: () => Promise<void>;
  readonly audit: Pick<Audit, 'record'>;
  /** How long after the end Memory is looked at once more (`late-looks.ts`). Undefined: there is none. */
  readonly lookAgainMs: number | undefined;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

export interface Receipt {
  readonly counts: Readonly<Record<ErasureStep, number>>;
  readonly accounts: readonly Account[];
  /** The number of the audit entry that it was done. */
  readonly entry: number;
}

/** A process that is lost in the middle of an erasure is not waited for longer. */
const LEASE_MS = 15_000;
const RENEW_MS = 4_000;
/** For turns to end. */
const LOOK_AGAIN_MS = 250;
const TURNS_END_WITHIN_MS = 60_000;
/** Between two looks for what arrived late, and how often. */
const SETTLE_MS = 2_000;
const MOST_ROUNDS = 10;
/** So often it is insisted on what others have to do. */
const INSIST = 8;

/**
 * Carries out one erasure that was claimed, from wherever it stands: every step can be done again. The order matters.
 * First their turns end, so that nothing of them writes any more; then goes what leads to Memory; then Memory; and then
 * all of it once more, until there is nothing, for what was on its way meanwhile.
 */
export function createErasing(deps: ErasureDeps) {
  const { jobs, steps, audit, log } = deps;

  async function turnsEnd({ person, at }: Erasure, signal: AbortSignal): Promise<void> {
    for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
      if ((await deps.stopTurns(person.accounts, at)) === 0) return;
      if (waited >= TURNS_END_WITHIN_MS) throw new Error('turns of the person have not ended');
      await deps.pause(LOOK_AGAIN_MS, signal);
    }
  }

  async function carryOut(erasure: Erasure, signal: AbortSignal): Promise<void> {
    const { id, person, at, tries } = erasure;
    const counts = Object.fromEntries(ERASURE_STEPS.map((step) => [step, erasure.done[step] ?? 0])) as Record<
      ErasureStep,
      number
    >;
    const note = async (step: ErasureStep, count: number) => {
      if (count === 0) return;
      counts[step] += count;
      await jobs.keep(id, LEASE_MS, { [step]: count });
    };
    const run = async (step: ErasureStep): Promise<number> => {
      signal.throwIfAborted();
      let told = 0;
      const gone = async (count: number) => {
        told += count;
        await note(step, count);
      };
      const count = await steps[step](person, { before: at, last: tries >= INSIST, gone, signal });
      await note(step, count);
      return told + count;
    };

    await turnsEnd(erasure, signal);
    for (const step of ERASURE_STEPS) if (step !== 'settings') await run(step);
    for (let rounds = 1; ; rounds += 1) {
      await deps.pause(SETTLE_MS, signal);
      let late = 0;
      for (const step of LASTING_STEPS) late += await run(step);
      if (late === 0) break;
      if (rounds >= MOST_ROUNDS) throw new Error('something still writes about the person');
    }
    await run('settings');
    // Once each, as far as a crash lets us.
    const entry = erasure.done.entry ?? (await putOnRecord(erasure, counts));
    if (erasure.done.entry === undefined) await jobs.keep(id, LEASE_MS, { entry });
    if (erasure.done.told === undefined) await tell(erasure, { counts, accounts: person.accounts, entry });
    await jobs.keep(id, LEASE_MS, { told: 1 });
    for (const account of person.accounts) await deps.leave(account, at);
    await jobs.end(erasure, deps.lookAgainMs);
    for (const account of person.accounts) await deps.goOn(account);
    await deps.compact();
    log.info({ counts }, 'a person was forgotten');
  }

  async function putOnRecord({ person, by }: Erasure, counts: Receipt['counts']): Promise<number> {
    const who: Subject = by.kind === 'operator' ? by : personSubject(by.account);
    const { seq } = await audit.record({ type: 'data.erased', who, whom: whomOf(person), counts });
    return seq;
  }

  /** They may have left, or the platform be away: what was to be done is done. */
  async function tell({ by, person }: Erasure, receipt: Receipt): Promise<void> {
    const to = by.kind === 'person' ? [by.account] : person.accounts.slice(0, 1);
    for (const account of to)
      await deps.tell(account, receipt).catch((error: unknown) => {
        log.warn({ err: error }, 'a person could not be told that they were forgotten');
      });
  }

  return {
    /** False: nothing was due. Never throws for an erasure that fails: it is taken up again. */
    async next(closing: AbortSignal): Promise<boolean> {
      const erasure = await jobs.claim(LEASE_MS);
      if (!erasure) return false;
      const keep = () => jobs.keep(erasure.id, LEASE_MS);
      try {
        await held({ everyMs: RENEW_MS, keep, closing }, (signal) => carryOut(erasure, signal));
      } catch (error) {
        const againMs = closing.aborted ? 0 : againAfter(erasure.tries);
        if (!closing.aborted)
          log.error(
            { err: error, tries: erasure.tries, againMs },
            'an erasure is not complete; it is taken up again',
          );
        await jobs.keep(erasure.id, againMs);
      }
      return true;
    },
  };
}

export const personSubject = ({ platform, tenant, id }: Account): Subject => ({
  kind: 'person',
  platform,
  tenant,
  user: id,
});

/** As whom the audit log knows a person: by the company account where there is one. */
export function whomOf({ sub, accounts }: Person): Subject {
  if (sub !== undefined) return { kind: 'account', provider: 'cognito', sub };
  const [first] = accounts;
  return first ? personSubject(first) : { kind: 'unknown' };
}
