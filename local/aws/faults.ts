import { z } from 'zod';
import { GUARDRAIL_ERROR_STATUS } from './guardrail/model.ts';
import { MEMORY_ERROR_STATUS } from './memory/model.ts';
import { ERROR_STATUS as RUNTIME_ERROR_STATUS } from './runtime-model.ts';

const ERROR_STATUS: Readonly<Record<string, number>> = {
  ...RUNTIME_ERROR_STATUS,
  ...MEMORY_ERROR_STATUS,
  ...GUARDRAIL_ERROR_STATUS,
};

/** Failures on order: the next `times` calls of an operation go wrong in the given way. */

const matched = {
  /** Such as InvokeAgentRuntime or DescribeInstances. */
  operation: z.string().min(1),
  times: z.number().int().min(1),
  /** Only calls of this runtime session. */
  sessionId: z.string().optional(),
};

export const faultSchema = z.discriminatedUnion('kind', [
  /** Refused before anything happens. `status` may be left out for the errors of the runtime, of Memory and of guardrails. */
  z
    .object({
      ...matched,
      kind: z.literal('error'),
      name: z.string().min(1),
      status: z.number().int().min(400).max(599).optional(),
      message: z.string().optional(),
    })
    .refine((fault) => fault.status !== undefined || ERROR_STATUS[fault.name] !== undefined, {
      message: 'status is needed: the name is none of the errors of AgentCore or of guardrails',
    }),
  /** Carried out `ms` milliseconds late. */
  z.object({ ...matched, kind: z.literal('delay'), ms: z.number().int().min(0) }),
  /** The connection closes and nothing was carried out. */
  z.object({ ...matched, kind: z.literal('drop_before') }),
  /** Carried out to the end, then the connection closes without a byte of the answer. */
  z.object({ ...matched, kind: z.literal('drop_answer') }),
  /** Answered with exactly this, and nothing was carried out: for what no AWS would say. */
  z.object({
    ...matched,
    kind: z.literal('answer'),
    status: z.number().int().min(200).max(599).default(200),
    body: z.string(),
  }),
  /** The connection closes after this many bytes of the answer's body. */
  z.object({ ...matched, kind: z.literal('cut_after_bytes'), bytes: z.number().int().min(0) }),
]);

export type Fault = z.infer<typeof faultSchema>;

/** Takes the first fault that fits off the list; it stays there until its `times` are used up. */
export function takeFault(
  faults: Fault[],
  operation: string,
  sessionId: string | undefined,
): Fault | undefined {
  const index = faults.findIndex(
    (fault) =>
      fault.operation === operation && (fault.sessionId === undefined || fault.sessionId === sessionId),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  if (fault.times > 1) faults[index] = { ...fault, times: fault.times - 1 };
  else faults.splice(index, 1);
  return fault;
}

/** The status that an error fault travels with. */
export function faultStatus(fault: Extract<Fault, { kind: 'error' }>): number {
  return fault.status ?? ERROR_STATUS[fault.name] ?? 500;
}

/** How long an operation takes at least, until that is taken back. A delay on order comes on top. */
export const latencySchema = z.object({
  operation: z.string().min(1),
  /** Milliseconds. */
  ms: z.number().int().min(0),
  /** Up to so many more, evenly spread; the same ones for the same seed. */
  randomMs: z.number().int().min(0).default(0),
});

export type Latency = z.infer<typeof latencySchema>;

/** Milliseconds that this call takes. `random` is called only where it matters. */
export function latencyOf(latencies: readonly Latency[], operation: string, random: () => number): number {
  const latency = latencies.find((each) => each.operation === operation);
  if (!latency) return 0;
  return latency.ms + (latency.randomMs > 0 ? Math.floor(random() * (latency.randomMs + 1)) : 0);
}
