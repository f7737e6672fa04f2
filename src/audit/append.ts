import type { Connection } from '../store/connection.ts';
import { defineScript, type ScriptArgument } from '../store/scripts.ts';
import { AuditError } from './audit-error.ts';
import type { AuditKeys } from './audit-keys.ts';
import { BEGINNING, headIsSigned, type Place, readHead, writeEntry, writeHead } from './chain.ts';
import type { Facts } from './events.ts';
import { APPEND } from './lua.ts';

/** Where an entry stands: enough to prove later that it stood there. */
export type Receipt = Pick<Place, 'seq' | 'hash'>;

export interface Plan {
  readonly facts: readonly Facts[];
  /** Everything before this entry goes, in the same step. */
  readonly keepFrom?: number;
}

/** What to write behind a place, at a time of Redis' clock; undefined when there is nothing to do there. */
export type Planner = (place: Place, now: number) => Promise<Plan | undefined>;

export interface AppendDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly keys: AuditKeys;
  readonly randomBytes: (size: number) => Uint8Array;
  /** The log ended earlier than this process had seen it end. An entry says so too. */
  readonly onRolledBack: (seen: Receipt, found: Receipt) => void;
}

interface Look {
  readonly written: boolean;
  readonly head: string;
  readonly now: number;
}

/** Each failed attempt means that somebody else has written meanwhile. */
const ATTEMPTS = 200;
/** An entry whose time is older than this when it arrives is made anew. */
const TIME_TOLERANCE_MS = 5_000;

/**
 * Puts entries at the end of the log: all of a plan or nothing, behind a head that our keys have signed. Calls of one
 * process take turns; between processes the script decides, and whoever was late plans again. When the answer of
 * Redis is lost the entries may stand there although this rejects: an order on record that nobody has followed.
 *
 * Rejects with AuditError `damaged` or `contended`, SealedError `key_unavailable`, or what Redis says.
 */
export function createAppend(deps: AppendDeps): (plan: Planner) => Promise<Receipt[]> {
  const { keys } = deps;
  const script = defineScript(APPEND, deps.keyPrefix);
  let seen: Receipt = BEGINNING;
  let turn: Promise<unknown> = Promise.resolve();

  async function call(args: readonly ScriptArgument[]): Promise<Look> {
    const [outcome, head, now] = (await script(deps.redis, args)) as [number, string, number];
    if (outcome === -1) throw damaged('does not end where its head says');
    return { written: outcome === 1, head, now };
  }
  const look = () => call(['?', '', 0, 0, 0, '']);

  /** The end of the log, if it is one that we may build upon: otherwise our signature would heal a forgery. */
  async function trusted(head: string): Promise<Place> {
    if (head === '') return BEGINNING;
    const read = readHead(head);
    const key = read && (await keys.find(read.key));
    if (!read) throw damaged('ends with something that is no head');
    if (!key) throw damaged('was signed with a key that is not configured here');
    if (!headIsSigned(read, key)) throw damaged('ends with a head that was not signed with our key');
    return read;
  }

  async function attempt(plan: Planner): Promise<Receipt[]> {
    let at = await look();
    for (let i = 0; i < ATTEMPTS; i += 1) {
      const place = await trusted(at.head);
      const planned = await plan(place, at.now);
      if (!planned) return [];
      const lost = place.seq < seen.seq || (place.seq === seen.seq && place.hash !== seen.hash);
      if (lost) deps.onRolledBack(seen, { seq: place.seq, hash: place.hash });
      const facts = lost ? [rolledBack(seen), ...planned.facts] : planned.facts;
      const key = await keys.current();
      const time = Math.max(at.now, place.at);
      const lines: string[] = [];
      const places: Place[] = [];
      for (const one of facts) {
        const entry = writeEntry(places.at(-1) ?? place, time, one, key);
        lines.push(entry.line);
        places.push(entry.place);
      }
      const end = places.at(-1) ?? place;
      const head = writeHead(end, Buffer.from(deps.randomBytes(9)).toString('base64url'), key);
      const before = at.head;
      at = await call([
        before,
        head,
        place.seq + 1,
        time,
        TIME_TOLERANCE_MS,
        planned.keepFrom ?? '',
        ...lines,
      ]);
      // The connection may have sent it twice; then the second time our own head is in the way.
      if (at.written || at.head === head) {
        seen = end;
        return places.slice(lost ? 1 : 0).map(({ seq, hash }) => ({ seq, hash }));
      }
    }
    throw new AuditError('contended', 'The audit log changed at every attempt to write.');
  }

  return (plan) => {
    const mine = turn.then(() => attempt(plan));
    turn = mine.catch(() => undefined);
    return mine;
  };
}

const rolledBack = ({ seq, hash }: Receipt): Facts =>
  ({ type: 'audit.rolled_back', who: 'system', seq, hash }) as Facts;

const damaged = (what: string) =>
  new AuditError(
    'damaged',
    `The audit log ${what}. Run \`npm run ops -- audit verify\`; docs/operate.md says what then.`,
  );
