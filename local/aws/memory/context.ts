import type { Answer } from '../api.ts';
import { awsError } from '../aws-error.ts';
import type { Gate, MemoryQuotas } from './quotas.ts';
import type { MemoryState, MemoryStore } from './store.ts';

/** What the operations of Memory share. */

export interface MemoryContext {
  readonly store: MemoryStore;
  readonly gate: Gate;
  readonly quotas: MemoryQuotas;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From an event to its long-term records. */
  readonly extractionDelayMs: number;
  /** From a write until lists show it. */
  readonly visibleAfterMs: number;
  /** From a change of a memory until it is done. */
  readonly statusDelayMs: number;
}

export type Operations = Readonly<Record<string, (input: unknown) => Answer>>;

export type MemoryStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';

/** undefined once it is deleted. */
export function statusOf(state: MemoryState, ctx: MemoryContext): MemoryStatus | undefined {
  const { createdMs, updatedMs, deletedMs } = state.details;
  const since = (time: number) => ctx.now() - time < ctx.statusDelayMs;
  if (deletedMs !== undefined) return since(deletedMs) ? 'DELETING' : undefined;
  if (since(createdMs)) return 'CREATING';
  return since(updatedMs) ? 'UPDATING' : 'ACTIVE';
}

/** A memory by its id or ARN. Throws ResourceNotFoundException. */
export function findMemory(ctx: MemoryContext, idOrArn: string): MemoryState {
  const id = idOrArn.slice(idOrArn.lastIndexOf('/') + 1);
  const state = ctx.store.get(id);
  if (state && (idOrArn === id || idOrArn === state.details.arn)) {
    if (statusOf(state, ctx) !== undefined) return state;
    ctx.store.drop(state);
  }
  throw awsError(404, 'ResourceNotFoundException', `Memory not found: ${id}`);
}

/** A memory that takes events and tells records. Throws what the service says while it is made or unmade. */
export function findActive(ctx: MemoryContext, idOrArn: string): MemoryState {
  const state = findMemory(ctx, idOrArn);
  const status = statusOf(state, ctx);
  if (status === 'ACTIVE' || status === 'UPDATING') return state;
  throw awsError(400, 'ValidationException', 'Memory status is not ACTIVE', { reason: 'ResourceConflict' });
}
