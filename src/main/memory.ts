import { randomBytes } from 'node:crypto';
import { createMemoryClient, type MemoryClient } from '../agentcore/memory-client.ts';
import { MemoryError } from '../agentcore/memory-errors.ts';
import { createMemoryQuota } from '../agentcore/memory-quota.ts';
import type { Config } from '../config.ts';
import { createMemoryOutbox, type MemoryOutbox } from '../sessions/memory-outbox.ts';
import { type OutboxWorker, startOutboxWorker } from '../sessions/memory-outbox-worker.ts';
import { type EndedTurn, talkEntries } from '../sessions/turn-talk.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface ComposedMemory {
  readonly client: MemoryClient;
  /** What Memory is to be told. A process of the worker role writes it. */
  readonly outbox: MemoryOutbox;
  /** Tells Memory of a turn. Undefined: the agent does. Never throws. */
  readonly remember: ((turn: EndedTurn) => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** AgentCore Memory as this process uses it; undefined where none is configured. */
export function composeMemory(deps: {
  readonly config: Pick<Config, 'memory' | 'role' | 'guardrails'>;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys | undefined;
  readonly confirmDurable: () => Promise<void>;
  readonly observe: (outcome: string) => void;
  readonly log: Logger;
}): ComposedMemory | undefined {
  const { redis, keyPrefix, dataKeys, log } = deps;
  const { id: memoryId, region, endpoint } = deps.config.memory;
  const guarded = deps.config.guardrails.mode === 'enforce';
  if (memoryId === undefined) {
    // Whether the agent has a memory nobody here knows.
    if (guarded && deps.config.role !== 'web')
      log.warn(
        'no MEMORY_RESOURCE_ID: the agent is told to write nothing to a memory of its own, because it would also write what the guardrail withholds; give the backend the same memory, and it writes what was shown',
      );
    return undefined;
  }
  if (guarded && deps.config.memory.writer === 'agent')
    log.warn(
      'MEMORY_WRITER=agent is not followed while the guardrail is enforced: the agent would also write what is withheld, so the backend writes; leave it out, or set MEMORY_WRITER=backend',
    );
  const now = () => performance.now();
  const quota = createMemoryQuota({ redis, keyPrefix, log, now });
  const client = createMemoryClient({ region, memoryId, endpoint, quota });
  let worker: OutboxWorker | undefined;
  const outbox = createMemoryOutbox({
    redis,
    keyPrefix,
    sealer: dataKeys && createSealer({ keys: dataKeys, randomBytes }),
    confirmDurable: deps.confirmDurable,
    onAdded: () => worker?.wake(),
  });
  if (deps.config.role !== 'web') {
    worker = startOutboxWorker({
      outbox,
      write: ({ actorId, session, token, at, content }, signal) =>
        client.createEvent({
          actorId,
          sessionId: session,
          clientToken: token,
          at: new Date(at),
          payload: content.payload,
          metadata: content.metadata,
          signal,
        }),
      isHopeless: (error) => error instanceof MemoryError && error.code === 'memory_invalid',
      observe: deps.observe,
      random: Math.random,
      now: () => Date.now(),
      log,
    });
  }
  async function remember(turn: EndedTurn): Promise<void> {
    try {
      await outbox.add(talkEntries(turn));
    } catch (error) {
      log.error(
        { err: error, turn: turn.turnId },
        'Memory will not know of a turn: it could not be kept for it',
      );
    }
  }

  return {
    client,
    outbox,
    remember: toldWriter(deps.config) === 'backend' ? remember : undefined,
    async close() {
      await worker?.close();
      client.close();
    },
  };
}

/**
 * What each invocation tells the agent of who writes to Memory; undefined: the agent does as it is set. While the guardrail
 * is enforced no agent writes, also where this backend has no memory: it knows nothing of what was withheld.
 */
export const toldWriter = ({
  memory,
  guardrails,
}: Pick<Config, 'memory' | 'guardrails'>): 'backend' | undefined =>
  guardrails.mode === 'enforce' || (memory.id !== undefined && memory.writer === 'backend')
    ? 'backend'
    : undefined;
