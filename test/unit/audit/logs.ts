import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type AuditKey, createKeyFinder } from '../../../src/audit/audit-keys.ts';
import { BEGINNING, type Place, writeEntry, writeHead } from '../../../src/audit/chain.ts';
import type { AuditEvent } from '../../../src/audit/events.ts';
import { factsOf } from '../../../src/audit/facts.ts';
import { type Anchor, createVerifier, type Verdict } from '../../../src/audit/verify.ts';
import { localDataKeys } from '../../../src/store/data-keys.ts';

/** A log as it lies in Redis or in a file. */
export interface StoredLog {
  readonly lines: readonly string[];
  readonly head: string | undefined;
}

const secrets = Object.fromEntries(
  ['old', 'new', 'attacker'].map((id) => [id, { id, key: createSecretKey(randomBytes(32)) }]),
);
type KeyName = 'old' | 'new' | 'attacker';

const opened = new Map<string, Promise<AuditKey>>();

/** The key of a log, opened with a secret. */
export function keyOf(name: KeyName, log = '{tc}'): Promise<AuditKey> {
  const known = opened.get(`${name} ${log}`) ?? openKey(name, log);
  opened.set(`${name} ${log}`, known);
  return known;
}

async function openKey(name: KeyName, log: string): Promise<AuditKey> {
  const { open } = createKeyFinder(localDataKeys(Object.values(secrets)), log, async () => undefined);
  const found = await open(`l.${name}`);
  if (!found) throw new Error(`no key ${name}`);
  return found.key;
}

/** What a verifier with these secrets says, in a world where the attacker's key has a name like any other. */
export async function verdictOn(
  log: StoredLog,
  known: readonly KeyName[] = ['old', 'new'],
  anchors: readonly Anchor[] = [],
): Promise<Verdict> {
  const keys = await Promise.all(known.map((name) => keyOf(name)));
  const find = async (id: string) => keys.find((key) => key.id === id);
  const verifier = createVerifier({ find, demandProof: known.length > 0, anchors });
  for (const line of log.lines) await verifier.add(line);
  return verifier.end(log.head);
}

const person = fc.record({
  kind: fc.constant('person' as const),
  platform: fc.constant('slack'),
  tenant: fc.constantFrom('T1', 'T2'),
  user: fc.constantFrom('U1', 'U2', 'U3'),
});
const operator = fc.record({ kind: fc.constant('operator' as const), name: fc.constantFrom('root', 'eve') });
const account = fc.record({
  kind: fc.constant('account' as const),
  provider: fc.constant('cognito'),
  sub: fc.constantFrom('sub-1', 'sub-2'),
});
const turn = fc.integer({ min: 1, max: 9 }).map((n) => `turn-${n}`);

export const anyEvent: fc.Arbitrary<AuditEvent> = fc.oneof(
  fc.record({ type: fc.constant('link.created' as const), who: person, account }),
  fc.record({
    type: fc.constant('link.removed' as const),
    who: person,
    whom: person,
    cause: fc.constantFrom('asked' as const, 'revoked' as const),
  }),
  fc.record({ type: fc.constant('sign_in.succeeded' as const), who: person, account }),
  fc.record({
    type: fc.constant('sign_in.failed' as const),
    who: fc.oneof(person, fc.constant({ kind: 'unknown' as const })),
    from: fc.record({
      kind: fc.constant('address' as const),
      ip: fc.constantFrom('192.0.2.1', '2001:db8::1'),
    }),
    reason: fc.constantFrom('state_wrong' as const, 'other_browser' as const, 'other_person' as const),
  }),
  fc.record({
    type: fc.constant('access.refused' as const),
    who: person,
    reason: fc.constantFrom('guest' as const, 'external_person' as const),
  }),
  fc.record({
    type: fc.constant('role.decided' as const),
    who: person,
    action: fc.constantFrom('ask' as const, 'operate' as const),
    roles: fc.subarray(['viewer', 'admin'] as ('viewer' | 'admin')[]),
    allowed: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('operator.turn' as const),
    who: operator,
    action: fc.constantFrom('stop' as const, 'drop' as const),
    turn,
  }),
);

export interface Recipe {
  readonly events: readonly AuditEvent[];
  /** From this entry on the new key signs. */
  readonly rotatedAt: number;
  /** So many entries at the beginning were pruned, after all of them were written. */
  readonly pruned: number;
  /** Entries after the pruning. */
  readonly later: readonly AuditEvent[];
}

export const anyRecipe: fc.Arbitrary<Recipe> = fc.record({
  events: fc.array(anyEvent, { minLength: 2, maxLength: 14 }),
  rotatedAt: fc.nat({ max: 14 }),
  pruned: fc.oneof(fc.constant(0), fc.nat({ max: 14 })),
  later: fc.array(anyEvent, { maxLength: 4 }),
});

/** A log as the recorder writes it. The last key is always the new one, so that who knows only that one can verify. */
export async function brew(recipe: Recipe, log = '{tc}'): Promise<StoredLog> {
  const [old, fresh] = [await keyOf('old', log), await keyOf('new', log)];
  const lines: string[] = [];
  let place: Place = BEGINNING;
  const places: Place[] = [place];
  const put = (event: AuditEvent, key: AuditKey) => {
    const entry = writeEntry(place, 1_700_000_000_000 + place.seq * 250, factsOf(event, key), key);
    place = entry.place;
    places.push(place);
    lines.push(entry.line);
  };
  const last = recipe.events.length - 1;
  recipe.events.forEach((event, i) => {
    put(event, i < recipe.rotatedAt && (i < last || recipe.later.length > 0) ? old : fresh);
  });
  const upTo = Math.min(recipe.pruned, recipe.events.length);
  if (upTo > 0) {
    put(
      { type: 'audit.pruned', who: { kind: 'system' }, from: 1, upTo, hash: places[upTo]?.hash ?? '' },
      fresh,
    );
  }
  for (const event of recipe.later) put(event, fresh);
  return { lines: lines.slice(upTo), head: writeHead(place, 'nonce', fresh) };
}
