import type { Answer, Api, AwsRequest } from '../api.ts';
import { awsError, isAwsError } from '../aws-error.ts';
import { parseBody, refuse } from '../validation.ts';
import type { MemoryContext, Operations } from './context.ts';
import { type ControlDeps, createControlOperations, newStrategy } from './control-api.ts';
import { createMemory, type StrategyInput } from './control-model.ts';
import { createEventOperations } from './events-api.ts';
import { MEMORY_ID, readModel } from './model.ts';
import { createGate, type MemoryQuotas } from './quotas.ts';
import { createRecordOperations } from './records-api.ts';
import { createMemoryStore } from './store.ts';

/** Amazon Bedrock AgentCore Memory, its data plane and its control plane. */

export interface MemoryOptions {
  /** Memories that are there, and active, from the start. */
  readonly memories?: readonly SeededMemory[];
  /** Default none. */
  readonly quotas?: MemoryQuotas;
  /** From an event to its long-term records, default 1,000; AWS takes about a minute. */
  readonly extractionDelayMs?: number;
  /** Whether an event that was deleted before its time still becomes records, until a restart; default no. AWS says nothing. */
  readonly learnsFromDeleted?: boolean;
  /** From a write until lists show it, default 0. */
  readonly visibleAfterMs?: number;
  /** From CreateMemory until it is active, default 500; AWS takes minutes. */
  readonly statusDelayMs?: number;
  /** Where everything is kept over a restart; default nowhere. */
  readonly folder?: string;
}

export interface SeededMemory {
  /** Such as `threadcore-AbCdEf1234`. */
  readonly id: string;
  /** Days, default 90. */
  readonly eventExpiryDuration?: number;
  readonly memoryStrategies?: readonly StrategyInput[];
}

export interface MemoryApiDeps extends ControlDeps {
  readonly options: MemoryOptions;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const ROUTES: readonly (readonly [operation: string, method: string, path: string])[] = [
  ['CreateMemory', 'POST', 'memories/create'],
  ['ListMemories', 'POST', 'memories'],
  ['GetMemory', 'GET', 'memories/:memoryId/details'],
  ['UpdateMemory', 'PUT', 'memories/:memoryId/update'],
  ['DeleteMemory', 'DELETE', 'memories/:memoryId/delete'],
  ['CreateEvent', 'POST', 'memories/:memoryId/events'],
  ['GetEvent', 'GET', 'memories/:memoryId/actor/:actorId/sessions/:sessionId/events/:eventId'],
  ['DeleteEvent', 'DELETE', 'memories/:memoryId/actor/:actorId/sessions/:sessionId/events/:eventId'],
  ['ListEvents', 'POST', 'memories/:memoryId/actor/:actorId/sessions/:sessionId'],
  ['ListSessions', 'POST', 'memories/:memoryId/actor/:actorId/sessions'],
  ['ListActors', 'POST', 'memories/:memoryId/actors'],
  ['RetrieveMemoryRecords', 'POST', 'memories/:memoryId/retrieve'],
  ['ListMemoryRecords', 'POST', 'memories/:memoryId/memoryRecords'],
  ['GetMemoryRecord', 'GET', 'memories/:memoryId/memoryRecord/:memoryRecordId'],
  ['DeleteMemoryRecord', 'DELETE', 'memories/:memoryId/memoryRecords/:memoryRecordId'],
  ['BatchCreateMemoryRecords', 'POST', 'memories/:memoryId/memoryRecords/batchCreate'],
  ['BatchUpdateMemoryRecords', 'POST', 'memories/:memoryId/memoryRecords/batchUpdate'],
  ['BatchDeleteMemoryRecords', 'POST', 'memories/:memoryId/memoryRecords/batchDelete'],
];
const SPLIT = ROUTES.map(([operation, method, path]) => ({ operation, method, parts: path.split('/') }));

/** The API with Memory beside its own operations. */
export function withMemory<A extends Api & { reset(): void }>(api: A, deps: MemoryApiDeps): A {
  const { options, now } = deps;
  const store = createMemoryStore(now, options.folder, options.learnsFromDeleted);
  const ctx: MemoryContext = {
    store,
    gate: createGate(now),
    quotas: options.quotas ?? {},
    now,
    extractionDelayMs: options.extractionDelayMs ?? 1_000,
    visibleAfterMs: options.visibleAfterMs ?? 0,
    statusDelayMs: options.statusDelayMs ?? 500,
  };
  const operations: Operations = {
    ...createEventOperations(ctx),
    ...createRecordOperations(ctx),
    ...createControlOperations(ctx, deps),
  };

  function seed(): void {
    for (const { id, ...wanted } of options.memories ?? []) {
      if (!MEMORY_ID.test(id)) throw new Error(`${id} is not the id of a memory (<name>-<10 characters>)`);
      if (store.get(id)) continue;
      const checked = readModel({ name: id.slice(0, -11), eventExpiryDuration: 90, ...wanted }, createMemory);
      const { memoryStrategies = [], tags: _tags, ...details } = checked;
      const arn = `arn:aws:bedrock-agentcore:${deps.region}:${deps.accountId}:memory/${id}`;
      const strategies = memoryStrategies.map((one) => newStrategy(one, now() / 1_000));
      const before = now() - ctx.statusDelayMs;
      store.put({ ...details, id, arn, strategies, createdMs: before, updatedMs: before });
    }
  }
  seed();

  return {
    ...api,
    operationOf: (request) => routeOf(request)?.operation ?? api.operationOf(request),
    answer(operation, request) {
      const route = routeOf(request);
      const carryOut = route?.operation === operation ? operations[operation] : undefined;
      return route && carryOut ? answer(carryOut, request, route.labels) : api.answer(operation, request);
    },
    reset() {
      api.reset();
      ctx.gate.clear();
      store.clear();
      seed();
    },
  };

  function answer(
    carryOut: (input: unknown) => Answer,
    request: AwsRequest,
    labels: Readonly<Record<string, string>>,
  ): Answer {
    try {
      return carryOut(inputOf(request, labels));
    } catch (error) {
      if (isAwsError(error)) throw error;
      deps.log(`Memory failed: ${(error as Error).stack ?? String(error)}`);
      throw awsError(500, 'ServiceException', 'The stand-in failed; see its log');
    }
  }
}

function routeOf({ method, segments }: AwsRequest) {
  if (segments[0] !== 'memories') return undefined;
  for (const { operation, method: wanted, parts } of SPLIT) {
    if (method !== wanted || parts.length !== segments.length) continue;
    const labels: Record<string, string> = {};
    const fits = parts.every((part, at) => {
      const segment = segments[at] ?? '';
      if (!part.startsWith(':')) return part === segment;
      labels[part.slice(1)] = segment;
      return true;
    });
    if (fits) return { operation, labels };
  }
  return undefined;
}

/** The members of an input, wherever in the request they travel. */
function inputOf(request: AwsRequest, labels: Readonly<Record<string, string>>): object {
  if (request.bodyTooLarge) refuse([{ name: 'body', message: 'is too large' }]);
  const body = parseBody(request.body) ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw awsError(400, 'ValidationException', 'The body is not a JSON object', { reason: 'CannotParse' });
  }
  return { ...body, ...Object.fromEntries(request.query), ...labels };
}
