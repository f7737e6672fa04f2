/**
 * What can be made to go wrong with the next call of a method (`*` = any):
 *
 * - `drop_answer`: it takes effect, then the connection closes without an answer
 * - `refuse`: the connection closes before anything happens
 * - `status`: HTTP `status`, without effect; with `commit` it took effect. 429 carries `retryAfter` seconds
 * - `error`: HTTP `status` (403 by default) with `code` and `message`, without effect
 * - `answer`: exactly this answer, without effect; with `commit` it took effect
 * - `commit_late`: the connection closes at once without an answer; the call takes effect `ms` later all the same
 *
 * and with the next message of a person:
 *
 * - `lose_ack`: the bot's answer gets lost, and the message is delivered again
 * - `duplicate`: it is delivered twice at once
 */
export type TeamsFault = CallFault | DeliveryFault;

export interface DeliveryFault {
  readonly method: 'delivery';
  readonly times?: number;
  readonly kind: 'lose_ack' | 'duplicate';
}

export type CallFault = {
  readonly method: 'send' | 'update' | 'delete' | 'open_chat' | 'member' | '*';
  /** Leaves so many matching calls alone first. */
  readonly after?: number;
  readonly times?: number;
} & (
  | { readonly kind: 'drop_answer' | 'refuse' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: number;
      readonly commit?: boolean;
    }
  | { readonly kind: 'error'; readonly status?: number; readonly code: string; readonly message: string }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly commit?: boolean;
    }
  | { readonly kind: 'commit_late'; readonly ms: number }
);

/** A list of planned faults; each matching call uses up one of them, oldest first. */
export function createFaults() {
  let planned: { readonly fault: TeamsFault; skip: number; left: number }[] = [];
  const find = (fits: (fault: TeamsFault) => boolean): TeamsFault | undefined => {
    const found = planned.find(({ fault }) => fits(fault));
    if (!found) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    found.left -= 1;
    if (found.left === 0) planned = planned.filter((one) => one !== found);
    return found.fault;
  };
  return {
    add(fault: TeamsFault): void {
      const skip = fault.method === 'delivery' ? 0 : (fault.after ?? 0);
      planned.push({ fault, skip, left: fault.times ?? 1 });
    },
    clear(): void {
      planned = [];
    },
    /** For a call of the bot. */
    take(method: string): CallFault | undefined {
      const fault = find((one) => one.method === '*' || one.method === method);
      return fault?.method === 'delivery' ? undefined : fault;
    },
    /** For a message on its way to the bot. */
    takeDelivery(): DeliveryFault['kind'] | undefined {
      const fault = find((one) => one.method === 'delivery');
      return fault?.method === 'delivery' ? fault.kind : undefined;
    },
  };
}
