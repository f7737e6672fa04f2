import { AuditError } from './audit-error.ts';
import type { AuditKey } from './audit-keys.ts';
import { type AuditEvent, type Facts, factsSchema, type Subject } from './events.ts';

/**
 * An event as it may stand in the log: whom it is about becomes a pseudonym, and the rest is of the closed set.
 *
 * @throws AuditError `unfit`, without the values.
 */
export function factsOf(event: AuditEvent, key: AuditKey): Facts {
  const fields = Object.entries(event).map(([name, value]) => [
    name,
    isSubject(value) ? key.pseudonym(value) : value,
  ]);
  const parsed = factsSchema.safeParse(Object.fromEntries(fields));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new AuditError(
    'unfit',
    `${event.type} cannot be put on record as it is: look at ${where || 'its type'}.`,
  );
}

const isSubject = (value: unknown): value is Subject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'kind' in value;
