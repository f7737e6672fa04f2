/**
 * What can be made to go wrong with the next call of a method (`*` = any):
 *
 * - `drop_answer`: it takes effect, then the connection closes without an answer
 * - `refuse`: the connection closes before anything happens
 * - `status`: HTTP `status`, without effect; with `commit` it took effect. 429 carries `retryAfter` seconds
 * - `error`: HTTP `status` (403 by default) with `code` and `message`, without effect
 * - `commit_late`: the connection closes at once without an answer; the call takes effect `ms` later all the same
 */
export type TeamsFault = {
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
  | { readonly kind: 'commit_late'; readonly ms: number }
);

/** A list of planned faults; each matching call uses up one of them, oldest first. */
export function createFaults() {
  let planned: { readonly fault: TeamsFault; skip: number; left: number }[] = [];
  return {
    add(fault: TeamsFault): void {
      planned.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 });
    },
    clear(): void {
      planned = [];
    },
    take(method: string): TeamsFault | undefined {
      const found = planned.find(({ fault }) => fault.method === '*' || fault.method === method);
      if (!found) return undefined;
      if (found.skip > 0) {
        found.skip -= 1;
        return undefined;
      }
      found.left -= 1;
      if (found.left === 0) planned = planned.filter((one) => one !== found);
      return found.fault;
    },
  };
}
