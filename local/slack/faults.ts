import { z } from 'zod';

/**
 * What can be made to go wrong.
 *
 * Web API (by `method`; `*` = any):
 * - `drop_answer`: the call takes effect, then the connection closes without an answer
 * - `refuse`: the connection closes before anything happens
 * - `status`: HTTP `status` (429 carries `retryAfter` seconds); with `commit` the call took effect
 * - `error`: `{ok:false, error}` without effect
 * - `delay`: the call waits `ms` before it takes effect; with `commit` it takes effect first
 *
 * Deliveries (optionally only of one `event` type):
 * - `duplicate_event`: delivered twice under one event id
 * - `drop_event`: never delivered
 * - `delay_event`: delivered `ms` later
 * - `lose_ack`: the acknowledgement is taken for a time-out, so the event is retried
 */
const count = z.number().int().min(1).default(1);
const method = z.string().min(1);
const commit = z.boolean().default(false);
const event = z.string().optional();
/** Leaves this many matching calls alone first. */
const after = z.number().int().min(0).default(0);
/** Only calls whose arguments have these values. */
const where = z.record(z.string(), z.string()).optional();
const call = { method, times: count, after, where };

const callFaultSchema = z.discriminatedUnion('kind', [
  z.object({ ...call, kind: z.literal('drop_answer') }),
  z.object({ ...call, kind: z.literal('refuse') }),
  z.object({
    ...call,
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    retryAfter: z.number().int().min(0).default(1),
    commit,
  }),
  z.object({ ...call, kind: z.literal('error'), error: z.string().min(1) }),
  z.object({ ...call, kind: z.literal('delay'), ms: z.number().min(0), commit }),
]);

const deliveryFaultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('duplicate_event'), event, times: count }),
  z.object({ kind: z.literal('drop_event'), event, times: count }),
  z.object({ kind: z.literal('delay_event'), event, times: count, ms: z.number().min(0) }),
  z.object({ kind: z.literal('lose_ack'), event, times: count }),
]);

export const faultSchema = z.union([callFaultSchema, deliveryFaultSchema]);

export type CallFault = z.output<typeof callFaultSchema>;
export type DeliveryFault = z.output<typeof deliveryFaultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

type Planned = { readonly fault: CallFault | DeliveryFault; skip: number; left: number };

export interface Faults {
  /** Throws a ZodError when the fault is malformed. */
  add(fault: FaultInput): void;
  clear(): void;
  /** Those that still wait for something to spoil. */
  list(): readonly (CallFault | DeliveryFault)[];
  takeForCall(method: string, args: Readonly<Record<string, unknown>>): CallFault | undefined;
  takeForDelivery(eventType: string): DeliveryFault | undefined;
}

/** A list of planned faults; each matching call or delivery uses up one of them, oldest first. */
export function createFaults(): Faults {
  let planned: Planned[] = [];

  function take(
    matches: (fault: CallFault | DeliveryFault) => boolean,
  ): CallFault | DeliveryFault | undefined {
    const found = planned.find((item) => matches(item.fault));
    if (found === undefined) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    found.left -= 1;
    if (found.left === 0) planned = planned.filter((item) => item !== found);
    return found.fault;
  }

  return {
    add(input) {
      const fault = faultSchema.parse(input);
      planned.push({ fault, skip: 'after' in fault ? fault.after : 0, left: fault.times });
    },
    clear() {
      planned = [];
    },
    list: () => planned.map((item) => ({ ...item.fault, times: item.left })),
    takeForCall(name, args) {
      const fault = take(
        (candidate) =>
          'method' in candidate &&
          (candidate.method === '*' || candidate.method === name) &&
          Object.entries(candidate.where ?? {}).every(([key, value]) => args[key] === value),
      );
      return fault !== undefined && 'method' in fault ? fault : undefined;
    },
    takeForDelivery(eventType) {
      const fault = take(
        (candidate) =>
          !('method' in candidate) && (candidate.event === undefined || candidate.event === eventType),
      );
      return fault !== undefined && !('method' in fault) ? fault : undefined;
    },
  };
}
