import type { Connection } from '../store/connection.ts';
import { createLately } from '../store/lately.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createAppend, type Receipt } from './append.ts';
import { AuditError } from './audit-error.ts';
import type { AuditKeys } from './audit-keys.ts';
import { canonicalJson } from './canonical-json.ts';
import type { AuditEvent, Facts, Subject } from './events.ts';
import { factsOf } from './facts.ts';
import { planRemoval, type Removal } from './prune.ts';

export interface AuditDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly keys: AuditKeys;
  /** Resolves once what was written is as durable as promised (`store/durability.ts`). */
  readonly confirmDurable: () => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Counts entries: written, repeated (not written again) or lost. */
  readonly observe: (outcome: 'written' | 'repeated' | 'lost', type: AuditEvent['type']) => void;
  readonly log: Logger;
}

export interface Audit {
  /**
   * Puts on record what must not happen unrecorded. Await it first: if it rejects, do not act.
   * Rejects with AuditError, SealedError `key_unavailable`, or what Redis says.
   */
  record(event: AuditEvent): Promise<Receipt>;
  /**
   * Puts on record, soon, what has happened anyway. Never throws; what is lost is logged and counted. The same refusal
   * or failed sign-in again within ten minutes is not written again: a flood of them must not fill Redis.
   */
  note(event: AuditEvent): void;
  /** Resolves when everything noted so far is written or lost. */
  settled(): Promise<void>;
  /**
   * Removes entries older than `retentionMs` (at most 10,000 a call) and leaves an entry from which the rest can be
   * verified. Answers how many were removed. Rejects as `record`, and with `damaged` where the old part does not
   * hold together: then it is evidence.
   */
  prune(retentionMs: number, who: Subject): Promise<number>;
}

const BATCH = 64;
const MOST_WAITING = 1_000;
const REPEAT_MS = 600_000;
const MOST_REMEMBERED = 10_000;
/** What somebody can cause as often as they like. */
const isFlooding = (event: AuditEvent): boolean =>
  event.type === 'access.refused' ||
  event.type === 'sign_in.failed' ||
  (event.type === 'role.decided' && !event.allowed);

interface Waiting {
  readonly facts: Facts;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** The audit log of the deployment, kept in Redis. `docs/decisions/0010-audit.md` says what it proves, and what not. */
export function createAudit(deps: AuditDeps): Audit {
  const { redis, keyPrefix, keys, log, observe } = deps;
  const append = createAppend({
    redis,
    keyPrefix,
    keys,
    randomBytes: deps.randomBytes,
    onRolledBack: (seen, found) => log.error({ seen, found }, 'the audit log has lost entries'),
  });
  const waiting: Waiting[] = [];
  let working = false;
  const noted = new Set<Promise<void>>();
  const lately = createLately<true>({ most: MOST_REMEMBERED, keptMs: REPEAT_MS, now: deps.now });

  async function write(event: AuditEvent): Promise<Receipt> {
    const facts = factsOf(event, await keys.current());
    if (waiting.length >= MOST_WAITING) {
      throw new AuditError('overloaded', `More than ${MOST_WAITING} audit entries wait to be written.`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    waiting.push({ facts, resolve, reject });
    if (!working) void work();
    const receipt = await promise;
    observe('written', event.type);
    return receipt;
  }

  /** Entries that come while others are being written go together. */
  async function work(): Promise<void> {
    working = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH);
      try {
        const receipts = await append(async () => ({ facts: batch.map(({ facts }) => facts) }));
        // In the log stream too: a witness outside Redis of where the audit log ended.
        log.info({ audit: receipts.at(-1) }, 'audit log written');
        receipts.forEach((receipt, i) => {
          batch[i]?.resolve(receipt);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    working = false;
  }

  async function noteOne(event: AuditEvent): Promise<void> {
    let name: string | undefined;
    try {
      if (isFlooding(event)) {
        name = canonicalJson(factsOf(event, await keys.current()));
        if (isRepeated(name)) {
          observe('repeated', event.type);
          return;
        }
      }
      await write(event);
    } catch (error) {
      if (name !== undefined) lately.drop(name, true);
      lose(event, error);
    }
  }

  function lose(event: AuditEvent, error: unknown): void {
    observe('lost', event.type);
    log.error({ err: error, event: event.type }, 'an audit entry was lost');
  }

  function isRepeated(name: string): boolean {
    if (lately.get(name)) return true;
    lately.set(name, true);
    return false;
  }

  return {
    async record(event) {
      const receipt = await write(event);
      await deps.confirmDurable();
      return receipt;
    },
    note(event) {
      if (noted.size >= MOST_WAITING) {
        lose(
          event,
          new AuditError('overloaded', `More than ${MOST_WAITING} audit entries wait to be written.`),
        );
        return;
      }
      const one = noteOne(event);
      noted.add(one);
      void one.finally(() => noted.delete(one));
    },
    async settled() {
      await Promise.all(noted);
    },
    async prune(retentionMs, who) {
      let removal: Removal | undefined;
      await append(async (place, now) => {
        removal = await planRemoval({ redis, keyPrefix, place, before: now - retentionMs });
        if (!removal) return undefined;
        const facts = factsOf({ type: 'audit.pruned', who, ...removal }, await keys.current());
        return { facts: [facts], keepFrom: removal.upTo + 1 };
      });
      if (!removal) return 0;
      const removed = removal.upTo - removal.from + 1;
      log.info({ removed }, 'old audit entries were removed');
      return removed;
    },
  };
}
