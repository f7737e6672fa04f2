import { z } from 'zod';
import { seededRandom } from '../seeded-random.ts';

/**
 * What can be made to go wrong.
 *
 * Web API (by `method`; `*` = any):
 * - `drop_answer`: the call takes effect, then the connection closes without an answer
 * - `refuse`: the connection closes before anything happens
 * - `status`: HTTP `status` (429 carries `retryAfter` seconds); with `commit` the call took effect
 * - `error`: `{ok:false, error}` without effect
 * - `delay`: the call waits `ms` before it takes effect; with `commit` it takes effect first
 * - `commit_late`: the connection closes at once without an answer; the call takes effect `ms` later all the same
 *
 * Deliveries (optionally only of one `event` type):
 * - `duplicate_event`: delivered twice under one event id
 * - `drop_event`: never delivered
 * - `delay_event`: delivered `ms` later
 * - `lose_ack`: the acknowledgement is taken for a time-out, so the event is retried
 *
 * Streams (each one that starts uses up one):
 * - `end_stream`: ends as Slack ends it after five minutes: `afterMs` after its start, after `afterAppends` appends, or at
 *   random: each append is the last one with probability `chance`, by a generator that `seed` begins
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
  z.object({ ...call, kind: z.literal('commit_late'), ms: z.number().min(0) }),
]);

const deliveryFaultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('duplicate_event'), event, times: count }),
  z.object({ kind: z.literal('drop_event'), event, times: count }),
  z.object({ kind: z.literal('delay_event'), event, times: count, ms: z.number().min(0) }),
  z.object({ kind: z.literal('lose_ack'), event, times: count }),
]);

const streamFaultSchema = z
  .object({
    kind: z.literal('end_stream'),
    times: z.number().int().min(1).optional(),
    afterMs: z.number().min(0).optional(),
    afterAppends: z.number().int().min(0).optional(),
    chance: z.number().gt(0).max(1).optional(),
    seed: z.number().int().default(1),
  })
  .refine(
    ({ afterMs, afterAppends, chance }) =>
      afterMs !== undefined || afterAppends !== undefined || chance !== undefined,
    'end_stream needs afterMs, afterAppends or chance',
  )
  // What happens at random goes on until it is cleared.
  .transform((fault) => ({ ...fault, times: fault.times ?? (fault.chance === undefined ? 1 : 1_000_000) }));

export const faultSchema = z.union([streamFaultSchema, callFaultSchema, deliveryFaultSchema]);

export type CallFault = z.output<typeof callFaultSchema>;
export type DeliveryFault = z.output<typeof deliveryFaultSchema>;
type StreamFault = z.output<typeof streamFaultSchema>;
type Fault = CallFault | DeliveryFault | StreamFault;
export type FaultInput = z.input<typeof faultSchema>;

type Planned = {
  readonly fault: Fault;
  skip: number;
  left: number;
  readonly random: () => number;
};

/** When a stream ends before its time. */
export interface StreamEnd {
  readonly afterMs: number | undefined;
  readonly afterAppends: number | undefined;
}

export interface Faults {
  /** Throws a ZodError when the fault is malformed. */
  add(fault: FaultInput): void;
  clear(): void;
  /** Those that still wait for something to spoil. */
  list(): readonly Fault[];
  takeForCall(method: string, args: Readonly<Record<string, unknown>>): CallFault | undefined;
  takeForDelivery(eventType: string): DeliveryFault | undefined;
  /** Asked once by every stream that starts. */
  takeForStream(): StreamEnd | undefined;
}

/** How many appends go well when each is the last with probability `chance`. */
function survivedAppends(chance: number, random: () => number): number {
  if (chance >= 1) return 0;
  return Math.floor(Math.log(1 - random()) / Math.log(1 - chance));
}

const isOfDelivery = (fault: Fault): fault is DeliveryFault =>
  !('method' in fault) && fault.kind !== 'end_stream';

/** A list of planned faults; each matching call or delivery uses up one of them, oldest first. */
export function createFaults(): Faults {
  let planned: Planned[] = [];

  function take(matches: (fault: Fault) => boolean): Planned | undefined {
    const found = planned.find((item) => matches(item.fault));
    if (found === undefined) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    found.left -= 1;
    if (found.left === 0) planned = planned.filter((item) => item !== found);
    return found;
  }

  return {
    add(input) {
      const fault = faultSchema.parse(input);
      const random = seededRandom('seed' in fault ? fault.seed : 1);
      planned.push({ fault, skip: 'after' in fault ? fault.after : 0, left: fault.times, random });
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
      )?.fault;
      return fault !== undefined && 'method' in fault ? fault : undefined;
    },
    takeForDelivery(eventType) {
      const fault = take(
        (candidate) =>
          isOfDelivery(candidate) && (candidate.event === undefined || candidate.event === eventType),
      )?.fault;
      return fault !== undefined && isOfDelivery(fault) ? fault : undefined;
    },
    takeForStream() {
      const found = take((candidate) => candidate.kind === 'end_stream');
      if (found?.fault.kind !== 'end_stream') return undefined;
      const { afterMs, afterAppends, chance } = found.fault;
      const random = chance === undefined ? undefined : survivedAppends(chance, found.random);
      return { afterMs, afterAppends: afterAppends ?? random };
    },
  };
}
