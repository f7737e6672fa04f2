import { setTimeout as wait } from 'node:timers/promises';
import {
  BedrockAgentCoreClient,
  type BedrockAgentCoreClientConfig,
  CreateEventCommand,
  DeleteEventCommand,
  DeleteMemoryRecordCommand,
  GetEventCommand,
  GetMemoryRecordCommand,
  ListActorsCommand,
  ListEventsCommand,
  ListMemoryRecordsCommand,
  ListSessionsCommand,
  RetrieveMemoryRecordsCommand,
} from '@aws-sdk/client-bedrock-agentcore';
import { MemoryError, toMemoryFailure } from './memory-errors.ts';
import type { CallKind, MemoryQuota } from './memory-quota.ts';
import { retryAfter } from './memory-retry-decision.ts';
import {
  fromEvent,
  fromRecord,
  type MemoryEvent,
  type MemoryPayload,
  type MemoryRecord,
  type MetadataFilter,
  toFilter,
  toMetadata,
  toPayload,
} from './memory-shapes.ts';
import { CONNECT_TIMEOUT_MS, poolSettings } from './transport.ts';

export interface MemoryClientOptions {
  readonly region: string;
  readonly memoryId: string;
  /** Another address of the data plane. Without it the SDK follows `AWS_ENDPOINT_URL…` and the region. */
  readonly endpoint?: string | undefined;
  /** Default: the AWS SDK's own chain (environment, profile, container or instance role). */
  readonly credentials?: BedrockAgentCoreClientConfig['credentials'];
  /** Lets no more calls through than AWS takes; without it AWS's own refusals are all that slows us down. */
  readonly quota?: MemoryQuota | undefined;
  /** Milliseconds until one attempt is given up. Default 10,000. */
  readonly attemptMs?: number | undefined;
  /** Milliseconds after the first attempt in which others may begin. Default 20,000. Waiting for the quota is not part of it. */
  readonly deadlineMs?: number | undefined;
  /** From 0 to below 1, for the waits between attempts. */
  readonly random?: (() => number) | undefined;
  /** Milliseconds, monotonic. */
  readonly now?: (() => number) | undefined;
}

export interface InSession {
  /** 1–255 characters, without `.` and `@`. */
  readonly actorId: string;
  readonly sessionId: string;
  /** Ends waiting and asking. A `TimeoutError` as reason reads as `memory_timeout`, else `memory_cancelled`. */
  readonly signal: AbortSignal;
}

export interface NewEvent extends InSession {
  /** Memory orders events by it, and those of one millisecond in no order at all. */
  readonly at: Date;
  /** At most 100. */
  readonly payload: readonly MemoryPayload[];
  /** At most 15; keys and values of letters, digits, spaces and `._:/=+@-` only, values at most 256 characters. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What `eventToken` of the contract makes. The same token again writes nothing. */
  readonly clientToken: string;
  /** Nothing of it goes into long-term memory. */
  readonly skipExtraction?: boolean | undefined;
}

export interface ListedEvents extends InSession {
  /** At most 5; all have to hold. */
  readonly filter?: readonly MetadataFilter[] | undefined;
  readonly includePayloads?: boolean | undefined;
}

export interface InNamespace {
  /** Whole steps of a path: `/facts/U1` does not hold what is in `/facts/U12`. */
  readonly namespacePath: string;
  readonly strategyId?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Every call may be made again without harm, and is, until it succeeds, cannot, or took too long. All throw MemoryError.
 * Memory ties no session to a person: who names one must have checked whose it is.
 */
export interface MemoryClient {
  createEvent(input: NewEvent): Promise<MemoryEvent>;
  getEvent(input: InSession & { readonly eventId: string }): Promise<MemoryEvent>;
  /** Resolves also when there is no such event (any more). */
  deleteEvent(input: InSession & { readonly eventId: string }): Promise<void>;
  /** Newest first, page by page as they are read. */
  listEvents(input: ListedEvents): AsyncIterable<MemoryEvent>;
  listSessions(input: Omit<InSession, 'sessionId'>): AsyncIterable<{ sessionId: string; createdAt: Date }>;
  listActors(input: { readonly signal: AbortSignal }): AsyncIterable<string>;
  /** The best that fit, at most `limit` (1–100). A question longer than 10,000 characters is cut. */
  retrieveRecords(
    input: InNamespace & { readonly query: string; readonly limit: number },
  ): Promise<MemoryRecord[]>;
  listRecords(input: InNamespace): AsyncIterable<MemoryRecord>;
  getRecord(input: { readonly recordId: string; readonly signal: AbortSignal }): Promise<MemoryRecord>;
  /** Resolves also when there is no such record (any more). */
  deleteRecord(input: { readonly recordId: string; readonly signal: AbortSignal }): Promise<void>;
  close(): void;
}

const PAGE = 100;
const MAX_QUERY = 10_000;
const ATTEMPT_MS = 10_000;
const DEADLINE_MS = 20_000;

/** Client of AgentCore Memory's data plane, for one memory. */
export function createMemoryClient(options: MemoryClientOptions): MemoryClient {
  const { memoryId, quota, attemptMs = ATTEMPT_MS, deadlineMs = DEADLINE_MS } = options;
  const { random = Math.random, now = () => performance.now() } = options;
  const agent = poolSettings(50);
  const client = new BedrockAgentCoreClient({
    region: options.region,
    // Attempts are made here, where each of them waits for the quota.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, httpAgent: agent, httpsAgent: agent },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });

  /** `group` shares the quota fairly with others: a session for writes, a person for the rest. */
  async function call<T>(
    operation: string,
    [kind, group]: readonly [CallKind, readonly string[]],
    caller: AbortSignal,
    send: (how: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    let attempt = caller;
    let began: number | undefined;
    for (let attempts = 1; ; attempts += 1) {
      try {
        caller.throwIfAborted();
        await quota?.turn(kind, group, caller);
        began ??= now();
        attempt = AbortSignal.any([caller, AbortSignal.timeout(attemptMs)]);
        return await send({ abortSignal: attempt });
      } catch (thrown) {
        const failure = toMemoryFailure(thrown, operation, attempt, caller);
        const elapsedMs = began === undefined ? 0 : now() - began;
        const ms = retryAfter(failure, { attempts, elapsedMs, deadlineMs, chance: random() });
        if (ms === undefined) throw new MemoryError(failure);
        // An abort of the wait is found by the next attempt.
        await wait(ms, undefined, { signal: caller }).catch(() => undefined);
      }
    }
  }

  async function* pages<T>(
    read: (nextToken: string | undefined) => Promise<{ items: T[]; nextToken?: string | undefined }>,
  ): AsyncGenerator<T, void, undefined> {
    let nextToken: string | undefined;
    do {
      const page = await read(nextToken);
      yield* page.items;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async function unlessGone(deleting: Promise<unknown>): Promise<void> {
    try {
      await deleting;
    } catch (error) {
      if (!(error instanceof MemoryError) || error.code !== 'memory_not_found') throw error;
    }
  }

  return {
    async createEvent({ actorId, sessionId, at, payload, metadata, clientToken, skipExtraction, signal }) {
      const command = new CreateEventCommand({
        memoryId,
        actorId,
        sessionId,
        eventTimestamp: at,
        payload: payload.map(toPayload),
        clientToken,
        ...(metadata === undefined ? {} : { metadata: toMetadata(metadata) }),
        ...(skipExtraction === true ? { extractionMode: 'SKIP' as const } : {}),
      });
      const { event } = await call('CreateEvent', ['write', [actorId, sessionId]], signal, (how) =>
        client.send(command, how),
      );
      return fromEvent(event ?? {});
    },

    async getEvent({ actorId, sessionId, eventId, signal }) {
      const command = new GetEventCommand({ memoryId, actorId, sessionId, eventId });
      const { event } = await call('GetEvent', ['read', [actorId]], signal, (how) =>
        client.send(command, how),
      );
      return fromEvent(event ?? {});
    },

    deleteEvent({ actorId, sessionId, eventId, signal }) {
      const command = new DeleteEventCommand({ memoryId, actorId, sessionId, eventId });
      return unlessGone(
        call('DeleteEvent', ['erase', [actorId]], signal, (how) => client.send(command, how)),
      );
    },

    listEvents({ actorId, sessionId, filter, includePayloads = true, signal }) {
      const eventMetadata = filter?.map(toFilter);
      return pages(async (nextToken) => {
        const command = new ListEventsCommand({
          memoryId,
          actorId,
          sessionId,
          includePayloads,
          maxResults: PAGE,
          nextToken,
          ...(eventMetadata === undefined || eventMetadata.length === 0 ? {} : { filter: { eventMetadata } }),
        });
        const page = await call('ListEvents', ['read', [actorId]], signal, (how) =>
          client.send(command, how),
        );
        return { items: (page.events ?? []).map(fromEvent), nextToken: page.nextToken };
      });
    },

    listSessions: ({ actorId, signal }) =>
      pages(async (nextToken) => {
        const command = new ListSessionsCommand({
          memoryId,
          actorId,
          maxResults: PAGE,
          nextToken,
          // The empty ones stay for a day.
          filter: { eventFilter: 'HAS_EVENTS' },
        });
        const page = await call('ListSessions', ['read', [actorId]], signal, (how) =>
          client.send(command, how),
        );
        const items = (page.sessionSummaries ?? []).map(({ sessionId = '', createdAt = new Date(0) }) => ({
          sessionId,
          createdAt,
        }));
        return { items, nextToken: page.nextToken };
      }),

    listActors: ({ signal }) =>
      pages(async (nextToken) => {
        const command = new ListActorsCommand({ memoryId, maxResults: PAGE, nextToken });
        const page = await call('ListActors', ['read', []], signal, (how) => client.send(command, how));
        const items = (page.actorSummaries ?? []).flatMap(({ actorId }) => actorId ?? []);
        return { items, nextToken: page.nextToken };
      }),

    async retrieveRecords({ namespacePath, strategyId, query, limit, signal }) {
      const command = new RetrieveMemoryRecordsCommand({
        memoryId,
        namespacePath,
        maxResults: limit,
        searchCriteria: {
          searchQuery: query.slice(0, MAX_QUERY).toWellFormed(),
          topK: limit,
          ...(strategyId === undefined ? {} : { memoryStrategyId: strategyId }),
        },
      });
      const found = await call('RetrieveMemoryRecords', ['read', [namespacePath]], signal, (how) =>
        client.send(command, how),
      );
      return (found.memoryRecordSummaries ?? []).map(fromRecord);
    },

    listRecords: ({ namespacePath, strategyId, signal }) =>
      pages(async (nextToken) => {
        const command = new ListMemoryRecordsCommand({
          memoryId,
          namespacePath,
          maxResults: PAGE,
          nextToken,
          ...(strategyId === undefined ? {} : { memoryStrategyId: strategyId }),
        });
        const page = await call('ListMemoryRecords', ['read', [namespacePath]], signal, (how) =>
          client.send(command, how),
        );
        return { items: (page.memoryRecordSummaries ?? []).map(fromRecord), nextToken: page.nextToken };
      }),

    async getRecord({ recordId, signal }) {
      const command = new GetMemoryRecordCommand({ memoryId, memoryRecordId: recordId });
      const found = await call('GetMemoryRecord', ['read', []], signal, (how) => client.send(command, how));
      return fromRecord(found.memoryRecord ?? {});
    },

    deleteRecord({ recordId, signal }) {
      const command = new DeleteMemoryRecordCommand({ memoryId, memoryRecordId: recordId });
      return unlessGone(
        call('DeleteMemoryRecord', ['erase', []], signal, (how) => client.send(command, how)),
      );
    },

    close: () => client.destroy(),
  };
}
