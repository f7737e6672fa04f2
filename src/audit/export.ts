import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import type { LogEnd } from './read-log.ts';

/**
 * An exported log: one line an entry, exactly as it is kept, and a last line with everything else that a check needs.
 */

const endSchema = z.strictObject({
  v: z.literal(1),
  /** Which log it is: the prefix of its keys in Redis. */
  log: z.string(),
  head: z.string().nullable(),
  keys: z.record(z.string(), z.string()),
});
export type ExportEnd = z.infer<typeof endSchema>;

/** The last line. A key that stands in Redis in clear is left out: it would prove nothing in a file. */
export function endLine(log: string, { head, keys }: LogEnd): string {
  const named = Object.entries(keys).filter(([id, ref]) => id !== 'current' && !ref.startsWith('p.'));
  return canonicalJson({
    v: 1,
    log,
    head: head ?? null,
    keys: Object.fromEntries(named),
  } satisfies ExportEnd);
}

/** Undefined for a line that is something else. */
export function readEndLine(line: string): ExportEnd | undefined {
  if (!line.includes('"keys":')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return canonicalJson(value) === line ? endSchema.safeParse(value).data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
