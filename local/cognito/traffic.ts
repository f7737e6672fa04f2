import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Exchange, sendJson } from './hosted/http.ts';

/** What was asked of the stand-in, and failures on order. */

/** One call as it came in and what became of it. */
export interface RecordedCall {
  /**
   * `authorize`, `token.authorization_code`, `token.refresh_token`, `token` (another grant), `revoke`, `userInfo`,
   * `jwks`, `discovery`, or an operation of the API.
   */
  readonly operation: string;
  /** HTTP status; 0 when the connection was dropped without an answer. */
  readonly status: number;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
}

const matched = {
  operation: z.string().min(1),
  /** How many calls it meets before it is used up. */
  times: z.number().int().min(1).default(1),
};

export const faultSchema = z.discriminatedUnion('kind', [
  /** Refused before anything happens. */
  z.object({
    ...matched,
    kind: z.literal('error'),
    name: z.string().min(1),
    status: z.number().int().min(400).max(599).default(400),
  }),
  /** Carried out `ms` milliseconds late. */
  z.object({ ...matched, kind: z.literal('delay'), ms: z.number().int().min(0) }),
  /** The connection closes and nothing was carried out. */
  z.object({ ...matched, kind: z.literal('drop_before') }),
  /** Carried out, then the connection closes without a byte of the answer. */
  z.object({ ...matched, kind: z.literal('drop_answer') }),
]);

export type Fault = z.infer<typeof faultSchema>;

const REMEMBERED_CALLS = 10_000;

export interface Traffic {
  /** The latest calls, oldest first. */
  readonly calls: RecordedCall[];
  /** Push faults here. */
  readonly faults: Fault[];
  /** Carries a call out, unless a fault is on order for it. `errorBody` is the shape of the endpoint's errors. */
  run(
    operation: string,
    exchange: Exchange,
    carryOut: () => Promise<void> | void,
    errorBody?: (name: string) => unknown,
  ): Promise<void>;
}

export function createTraffic(now: () => number): Traffic {
  const calls: RecordedCall[] = [];
  const faults: Fault[] = [];

  function takeFault(operation: string): Fault | undefined {
    const index = faults.findIndex((fault) => fault.operation === operation);
    const fault = faults[index];
    if (!fault) return undefined;
    if (fault.times > 1) faults[index] = { ...fault, times: fault.times - 1 };
    else faults.splice(index, 1);
    return fault;
  }

  async function run(
    ...[operation, exchange, carryOut, errorBody]: Parameters<Traffic['run']>
  ): Promise<void> {
    const at = now();
    const { response } = exchange;
    const fault = takeFault(operation);
    const record = (status: number) => {
      calls.push({ operation, status, at });
      if (calls.length > REMEMBERED_CALLS) calls.shift();
    };
    if (fault?.kind === 'error') {
      record(fault.status);
      return sendJson(response, fault.status, errorBody?.(fault.name) ?? { error: fault.name });
    }
    if (fault?.kind === 'drop_before') {
      record(0);
      response.destroy();
      return;
    }
    if (fault?.kind === 'drop_answer') {
      loseAnswer(response);
      await carryOut();
      return record(0);
    }
    if (fault?.kind === 'delay') await wait(fault.ms);
    await carryOut();
    record(response.statusCode);
  }

  return { calls, faults, run };
}

/** Whatever is written from now on is the end of the connection. */
function loseAnswer(response: ServerResponse): void {
  Object.assign(response, {
    writeHead: () => response,
    write: () => true,
    end() {
      response.destroy();
      return response;
    },
  });
}
