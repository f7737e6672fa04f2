import { type KeptLines, keepLines } from './kept-lines.ts';
import type { CreateEvent, Metadata, RecordMetadata } from './model.ts';

/** Memories with their events and records, in the order in which the service gives them out; on disk if there is a folder. */

export type StrategyType = 'SEMANTIC' | 'SUMMARIZATION' | 'USER_PREFERENCE' | 'EPISODIC' | 'CUSTOM';

export interface Strategy {
  readonly strategyId: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly type: StrategyType;
  readonly namespaceTemplates: readonly string[];
  /** Epoch seconds, as all times that the service tells. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface MemoryDetails {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly encryptionKeyArn?: string | undefined;
  readonly memoryExecutionRoleArn?: string | undefined;
  /** Days. */
  readonly eventExpiryDuration: number;
  readonly strategies: readonly Strategy[];
  readonly indexedKeys?: readonly unknown[] | undefined;
  readonly namespaceKeys?: readonly unknown[] | undefined;
  /** Epoch milliseconds. */
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly deletedMs?: number | undefined;
  readonly clientToken?: string | undefined;
}

export interface StoredEvent {
  readonly spent?: undefined;
  readonly eventId: string;
  readonly actorId: string;
  readonly sessionId: string;
  /** Epoch seconds, the writer's. */
  readonly eventTimestamp: number;
  readonly payload: CreateEvent['payload'];
  readonly branch?: CreateEvent['branch'];
  readonly metadata?: Metadata | undefined;
  readonly clientToken?: string | undefined;
  readonly namespaceVariables?: Readonly<Record<string, string>> | undefined;
  /** Nothing of it goes into long-term memory. */
  readonly skipped?: boolean;
  /** Epoch milliseconds, the service's. */
  readonly arrivedMs: number;
  readonly expiresMs: number;
  /** When its text is to be extracted; undefined when there is nothing to extract, or it has been. */
  extractMs: number | undefined;
}

export interface StoredSession {
  readonly actorId: string;
  readonly sessionId: string;
  readonly createdMs: number;
  /** Newest first. */
  events: StoredEvent[];
  /** Client tokens of deleted events. */
  readonly spent: Map<string, SpentToken>;
  emptySinceMs: number | undefined;
}

export interface StoredRecord {
  readonly memoryRecordId: string;
  readonly text: string;
  readonly memoryStrategyId: string;
  readonly namespace: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly metadata?: RecordMetadata | undefined;
}

/** What is left of a clientToken once its event was deleted: enough to write nothing again, and no word of the event. */
export interface SpentToken {
  readonly spent: true;
  readonly eventId: string;
  readonly actorId: string;
  readonly sessionId: string;
  readonly expiresMs: number;
}

export interface MemoryState {
  details: MemoryDetails;
  /** Actor to session id to session. */
  readonly actors: Map<string, Map<string, StoredSession>>;
  readonly records: Map<string, StoredRecord>;
  readonly tokens: Map<string, StoredEvent | SpentToken>;
  /** Client tokens of batches to their answers. */
  readonly batches: Map<string, unknown>;
  /** Events whose text waits to be extracted. */
  readonly waiting: Set<StoredEvent>;
}

type Line =
  | { readonly kind: 'memory'; readonly details: MemoryDetails }
  | {
      readonly kind: 'session';
      readonly memoryId: string;
      readonly actorId: string;
      readonly sessionId: string;
      readonly createdMs: number;
      readonly emptySinceMs?: number | undefined;
    }
  | { readonly kind: 'event'; readonly memoryId: string; readonly event: StoredEvent }
  | { readonly kind: 'extracted'; readonly memoryId: string; readonly at: readonly [string, string, string] }
  | { readonly kind: 'spent'; readonly memoryId: string; readonly token: string; readonly spent: SpentToken }
  | { readonly kind: 'record'; readonly memoryId: string; readonly record: StoredRecord };

const DAY_MS = 86_400_000;
const EMPTY_SESSION_MS = DAY_MS;

export type MemoryStore = ReturnType<typeof createMemoryStore>;

export function createMemoryStore(now: () => number, folder: string | undefined, learnsFromDeleted = false) {
  const memories = new Map<string, MemoryState>();
  const kept: KeptLines = keepLines(folder);
  const groupOf = (memoryId: string, ...parts: string[]) => JSON.stringify([memoryId, ...parts]);

  function put(details: MemoryDetails): MemoryState {
    const state: MemoryState = memories.get(details.id) ?? {
      details,
      actors: new Map(),
      records: new Map(),
      tokens: new Map(),
      batches: new Map(),
      waiting: new Set(),
    };
    state.details = details;
    memories.set(details.id, state);
    return state;
  }

  function sessionOf(
    state: MemoryState,
    actorId: string,
    sessionId: string,
    createdMs: number,
  ): StoredSession {
    const sessions = state.actors.get(actorId) ?? new Map<string, StoredSession>();
    state.actors.set(actorId, sessions);
    const session = sessions.get(sessionId) ?? {
      actorId,
      sessionId,
      createdMs,
      events: [],
      spent: new Map(),
      emptySinceMs: undefined,
    };
    sessions.set(sessionId, session);
    return session;
  }

  function insert(state: MemoryState, event: StoredEvent): void {
    const session = sessionOf(state, event.actorId, event.sessionId, event.arrivedMs);
    const at = session.events.findIndex((other) => isNewer(event, other));
    session.events.splice(at < 0 ? session.events.length : at, 0, event);
    session.emptySinceMs = undefined;
    if (event.clientToken !== undefined) state.tokens.set(event.clientToken, event);
    if (event.extractMs !== undefined) state.waiting.add(event);
  }

  function keepSession(state: MemoryState, session: StoredSession): void {
    const memoryId = state.details.id;
    const { actorId, sessionId, createdMs, emptySinceMs, events, spent } = session;
    kept.rewrite(groupOf(memoryId, actorId, sessionId), [
      { kind: 'session', memoryId, actorId, sessionId, createdMs, emptySinceMs },
      ...events.map((event) => ({ kind: 'event', memoryId, event })),
      ...[...spent].map(([token, of]) => ({ kind: 'spent', memoryId, token, spent: of })),
    ]);
  }

  function spend(state: MemoryState, session: StoredSession, token: string, spent: SpentToken): void {
    session.spent.set(token, spent);
    state.tokens.set(token, spent);
  }

  /** Takes events away. Their tokens stay spent until the events would have expired. */
  function removeEvents(state: MemoryState, session: StoredSession, gone: (event: StoredEvent) => boolean) {
    for (const event of session.events.filter(gone)) {
      if (!learnsFromDeleted) state.waiting.delete(event);
      const { clientToken, eventId, actorId, sessionId, expiresMs } = event;
      if (clientToken !== undefined) {
        spend(state, session, clientToken, { spent: true, eventId, actorId, sessionId, expiresMs });
      }
    }
    session.events = session.events.filter((event) => !gone(event));
    if (session.events.length === 0) session.emptySinceMs = now();
    keepSession(state, session);
  }

  /** A session without what has expired; undefined when there is none, or it has been empty for a day. */
  function fresh(state: MemoryState, session: StoredSession | undefined): StoredSession | undefined {
    if (!session) return undefined;
    const at = now();
    if (session.events.some((event) => event.expiresMs <= at)) {
      removeEvents(state, session, (event) => event.expiresMs <= at);
    }
    for (const [token, { expiresMs }] of session.spent) {
      if (expiresMs > at) continue;
      session.spent.delete(token);
      state.tokens.delete(token);
    }
    if (session.emptySinceMs === undefined || at - session.emptySinceMs < EMPTY_SESSION_MS) return session;
    for (const token of session.spent.keys()) state.tokens.delete(token);
    const sessions = state.actors.get(session.actorId);
    sessions?.delete(session.sessionId);
    if (sessions?.size === 0) state.actors.delete(session.actorId);
    kept.rewrite(groupOf(state.details.id, session.actorId, session.sessionId), []);
    return undefined;
  }

  function keepRecords(state: MemoryState, namespace: string): void {
    const memoryId = state.details.id;
    const records = [...state.records.values()].filter((record) => record.namespace === namespace);
    kept.rewrite(
      groupOf(memoryId, 'records', namespace, ''),
      records.map((record) => ({ kind: 'record', memoryId, record })),
    );
  }

  for (const line of (kept.load() as Line[]).toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind])) {
    if (line.kind === 'memory') {
      put(line.details);
      continue;
    }
    const state = memories.get(line.memoryId);
    if (!state) continue;
    if (line.kind === 'session') {
      sessionOf(state, line.actorId, line.sessionId, line.createdMs).emptySinceMs = line.emptySinceMs;
    } else if (line.kind === 'event') {
      insert(state, line.event);
    } else if (line.kind === 'spent') {
      const { actorId, sessionId, expiresMs } = line.spent;
      spend(state, sessionOf(state, actorId, sessionId, expiresMs), line.token, line.spent);
    } else if (line.kind === 'record') state.records.set(line.record.memoryRecordId, line.record);
    else {
      const [actorId, sessionId, eventId] = line.at;
      const events = state.actors.get(actorId)?.get(sessionId)?.events ?? [];
      const event = events.find((each) => each.eventId === eventId);
      if (event) {
        event.extractMs = undefined;
        state.waiting.delete(event);
      }
    }
  }

  return {
    memories: () => [...memories.values()],
    get: (id: string) => memories.get(id),
    put(details: MemoryDetails): MemoryState {
      kept.rewrite(groupOf(details.id), [{ kind: 'memory', details }]);
      return put(details);
    },
    drop(state: MemoryState): void {
      const { id } = state.details;
      memories.delete(id);
      for (const [actorId, sessions] of state.actors) {
        for (const sessionId of sessions.keys()) kept.rewrite(groupOf(id, actorId, sessionId), []);
      }
      for (const { namespace } of state.records.values()) {
        kept.rewrite(groupOf(id, 'records', namespace, ''), []);
      }
      kept.rewrite(groupOf(id), []);
    },
    addEvent(state: MemoryState, event: StoredEvent): void {
      const memoryId = state.details.id;
      const group = groupOf(memoryId, event.actorId, event.sessionId);
      const known = state.actors.get(event.actorId)?.get(event.sessionId);
      insert(state, event);
      if (!known) {
        const head = { actorId: event.actorId, sessionId: event.sessionId, createdMs: event.arrivedMs };
        kept.append(group, { kind: 'session', memoryId, ...head });
      }
      kept.append(group, { kind: 'event', memoryId, event });
    },
    removeEvents,
    markExtracted(state: MemoryState, event: StoredEvent): void {
      event.extractMs = undefined;
      state.waiting.delete(event);
      const { actorId, sessionId, eventId } = event;
      const at = [actorId, sessionId, eventId];
      kept.append(groupOf(state.details.id, actorId, sessionId), {
        kind: 'extracted',
        memoryId: state.details.id,
        at,
      });
    },
    session: (state: MemoryState, actorId: string, sessionId: string) =>
      fresh(state, state.actors.get(actorId)?.get(sessionId)),
    sessions: (state: MemoryState, actorId: string) =>
      [...(state.actors.get(actorId)?.values() ?? [])].filter((session) => fresh(state, session)),
    putRecords(state: MemoryState, records: readonly StoredRecord[]): void {
      const touched = new Set<string>();
      for (const record of records) {
        const before = state.records.get(record.memoryRecordId);
        if (before) touched.add(before.namespace);
        touched.add(record.namespace);
        state.records.set(record.memoryRecordId, record);
      }
      for (const namespace of touched) keepRecords(state, namespace);
    },
    removeRecord(state: MemoryState, record: StoredRecord): void {
      state.records.delete(record.memoryRecordId);
      keepRecords(state, record.namespace);
    },
    clear(): void {
      memories.clear();
      kept.clear();
    },
  };
}

const ORDER: Readonly<Record<Line['kind'], number>> = {
  memory: 0,
  session: 1,
  event: 2,
  extracted: 3,
  spent: 4,
  record: 5,
};

/** By the writer's time; the service orders what is equal in its own way. */
export function isNewer(
  a: Pick<StoredEvent, 'eventTimestamp' | 'eventId'>,
  b: Pick<StoredEvent, 'eventTimestamp' | 'eventId'>,
): boolean {
  return a.eventTimestamp === b.eventTimestamp ? a.eventId > b.eventId : a.eventTimestamp > b.eventTimestamp;
}
