import type { AuditEvent } from './events.ts';
import type { Audit } from './recorder.ts';

/** What an operator wants done. */
export type Order = Extract<AuditEvent, { type: 'operator.turn' | 'operator.intake' }>;

/**
 * Carries out an operator's order once it is on record, and notes what came of it. `changed` tells from the result
 * whether there was anything to do. Rejects as `record` does, then with nothing done; else as `work` does.
 */
export async function carryOut<T>(
  audit: Audit,
  order: Order,
  work: () => Promise<T>,
  changed: (result: T) => boolean,
): Promise<T> {
  const { seq } = await audit.record(order);
  const note = (outcome: 'done' | 'nothing_to_do' | 'failed') =>
    audit.note({ type: 'operator.outcome', who: order.who, order: seq, outcome });
  try {
    const result = await work();
    note(changed(result) ? 'done' : 'nothing_to_do');
    return result;
  } catch (error) {
    note('failed');
    throw error;
  }
}
