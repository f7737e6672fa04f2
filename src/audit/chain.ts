import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AuditKey } from './audit-keys.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Facts } from './events.ts';

/**
 * The form of the log. An entry is one line of canonical JSON; `prev` is the sha256 of the whole line before it, `mac`
 * signs everything else in the line. So a signature vouches for all that came before it as well. The head says where
 * the log ends, and is signed with another key.
 */

const base64url = z.string().regex(/^[\w-]{43}$/);
const whole = z.number().int().nonnegative();

const entrySchema = z.strictObject({
  v: z.literal(1),
  seq: whole.positive(),
  /** Epoch milliseconds, Redis' clock; never before the entry in front. */
  at: whole,
  event: z.looseObject({ type: z.string() }),
  /** The id of the key of `mac`. */
  key: z.string(),
  prev: base64url,
  mac: base64url,
});
export type Entry = z.infer<typeof entrySchema>;

const headSchema = z.strictObject({
  v: z.literal(1),
  /** Of the last entry. */
  seq: whole.positive(),
  at: whole,
  hash: base64url,
  /** Random, so that the heads of two writers differ even where their entries are the same. */
  nonce: z.string(),
  key: z.string(),
  mac: base64url,
});
export type Head = z.infer<typeof headSchema>;

/** The place behind which an entry is put. */
export type Place = Pick<Head, 'seq' | 'hash' | 'at'>;

export const hashOf = (line: string): string => createHash('sha256').update(line).digest('base64url');

/** What the first entry follows. */
export const BEGINNING: Place = { seq: 0, at: 0, hash: hashOf('threadcore/audit/v1') };

/** The line of an entry behind `place`, and the place that it makes. */
export function writeEntry(
  place: Place,
  at: number,
  facts: Facts,
  key: AuditKey,
): { line: string; place: Place } {
  const seq = place.seq + 1;
  const unsigned = { v: 1, seq, at, event: facts, key: key.id, prev: place.hash };
  const line = canonicalJson({ ...unsigned, mac: key.sign('entry', canonicalJson(unsigned)) });
  return { line, place: { seq, at, hash: hashOf(line) } };
}

export function writeHead({ seq, at, hash }: Place, nonce: string, key: AuditKey): string {
  const unsigned = { v: 1, seq, at, hash, nonce, key: key.id };
  return canonicalJson({ ...unsigned, mac: key.sign('head', canonicalJson(unsigned)) });
}

/** Undefined for what is no entry, or is not written in the one right way. */
export const readEntry = (line: string): Entry | undefined => read(entrySchema, line);
export const readHead = (text: string): Head | undefined => read(headSchema, text);

export const entryIsSigned = ({ mac, ...unsigned }: Entry, key: AuditKey): boolean =>
  key.verifies('entry', canonicalJson(unsigned), mac);
export const headIsSigned = ({ mac, ...unsigned }: Head, key: AuditKey): boolean =>
  key.verifies('head', canonicalJson(unsigned), mac);

function read<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalJson(value) === text ? schema.parse(value) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof z.ZodError)
      return undefined;
    throw error;
  }
}
