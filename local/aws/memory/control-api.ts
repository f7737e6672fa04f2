import { randomInt } from 'node:crypto';
import { awsError } from '../aws-error.ts';
import { jsonAnswer } from '../json-shape.ts';
import { refuse } from '../validation.ts';
import { findMemory, type MemoryContext, type Operations, statusOf } from './context.ts';
import { createMemory, listMemories, oneMemory, type StrategyInput, updateMemory } from './control-model.ts';
import { DEFAULT_NAMESPACES } from './extraction.ts';
import { readModel } from './model.ts';
import { pageOf } from './pages.ts';
import type { MemoryDetails, MemoryState, Strategy, StrategyType } from './store.ts';

export interface ControlDeps {
  readonly accountId: string;
  readonly region: string;
}

const MAX_STRATEGIES = 6;
const TYPES: Readonly<Record<string, StrategyType>> = {
  semanticMemoryStrategy: 'SEMANTIC',
  summaryMemoryStrategy: 'SUMMARIZATION',
  userPreferenceMemoryStrategy: 'USER_PREFERENCE',
  episodicMemoryStrategy: 'EPISODIC',
  customMemoryStrategy: 'CUSTOM',
};

/** Memories and their strategies, of the control plane. It shares the address; its paths tell it apart. */
export function createControlOperations(ctx: MemoryContext, deps: ControlDeps): Operations {
  const { store, now } = ctx;
  const arnOf = (id: string) => `arn:aws:bedrock-agentcore:${deps.region}:${deps.accountId}:memory/${id}`;

  const living = () => store.memories().filter((state) => statusOf(state, ctx) !== undefined);

  /** Throws ConflictException while an earlier change is under way. */
  function changeable(memoryId: string): MemoryState {
    const state = findMemory(ctx, memoryId);
    if (statusOf(state, ctx) === 'ACTIVE') return state;
    throw awsError(
      409,
      'ConflictException',
      `Memory ${memoryId} is ${statusOf(state, ctx)}; try again later`,
    );
  }

  function tell(state: MemoryState): object {
    const {
      createdMs,
      updatedMs,
      deletedMs: _gone,
      clientToken: _token,
      strategies,
      ...rest
    } = state.details;
    return {
      ...rest,
      status: statusOf(state, ctx),
      createdAt: createdMs / 1_000,
      updatedAt: updatedMs / 1_000,
      strategies: strategies.map((one) => ({ ...one, namespaces: one.namespaceTemplates, status: 'ACTIVE' })),
    };
  }

  function update(state: MemoryState, change: Partial<MemoryDetails>): MemoryState {
    checkStrategies(change.strategies ?? state.details.strategies);
    return store.put({ ...state.details, ...change, updatedMs: now() });
  }

  return {
    CreateMemory(input) {
      const { memoryStrategies = [], tags: _tags, ...wanted } = readModel(input, createMemory);
      const { clientToken, name } = wanted;
      const known = living().find(
        ({ details }) => clientToken !== undefined && details.clientToken === clientToken,
      );
      if (known) return jsonAnswer(202, { memory: tell(known) });
      if (living().some(({ details }) => details.name === name)) {
        throw awsError(400, 'ValidationException', `Memory with name ${name} already exists`, {
          reason: 'ResourceConflict',
        });
      }
      const strategies = memoryStrategies.map((one) => newStrategy(one, now() / 1_000));
      checkStrategies(strategies);
      const id = `${name}-${suffix()}`;
      const at = now();
      const state = store.put({ ...wanted, id, arn: arnOf(id), strategies, createdMs: at, updatedMs: at });
      return jsonAnswer(202, { memory: tell(state) });
    },

    GetMemory(input) {
      const { memoryId } = readModel(input, oneMemory);
      return jsonAnswer(200, { memory: tell(findMemory(ctx, memoryId)) });
    },

    UpdateMemory(input) {
      const {
        memoryId,
        memoryStrategies,
        addIndexedKeys,
        clientToken: _token,
        ...wanted
      } = readModel(input, updateMemory);
      const state = changeable(memoryId);
      const at = now() / 1_000;
      const {
        addMemoryStrategies = [],
        modifyMemoryStrategies = [],
        deleteMemoryStrategies = [],
      } = memoryStrategies ?? {};
      for (const { memoryStrategyId } of [...modifyMemoryStrategies, ...deleteMemoryStrategies]) {
        if (state.details.strategies.some(({ strategyId }) => strategyId === memoryStrategyId)) continue;
        throw awsError(404, 'ResourceNotFoundException', `Memory strategy not found: ${memoryStrategyId}`);
      }
      const gone = new Set(deleteMemoryStrategies.map(({ memoryStrategyId }) => memoryStrategyId));
      const strategies = state.details.strategies
        .filter(({ strategyId }) => !gone.has(strategyId))
        .map((one): Strategy => {
          const change = modifyMemoryStrategies.find((each) => each.memoryStrategyId === one.strategyId);
          if (!change) return one;
          const namespaceTemplates = change.namespaceTemplates ?? change.namespaces ?? one.namespaceTemplates;
          return {
            ...one,
            description: change.description ?? one.description,
            namespaceTemplates,
            updatedAt: at,
          };
        });
      const changed = update(state, {
        ...(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as object),
        strategies: [...strategies, ...addMemoryStrategies.map((one) => newStrategy(one, at))],
        indexedKeys:
          addIndexedKeys || state.details.indexedKeys
            ? [...(state.details.indexedKeys ?? []), ...(addIndexedKeys ?? [])]
            : undefined,
      });
      return jsonAnswer(202, { memory: tell(changed) });
    },

    ListMemories(input) {
      const { maxResults, nextToken } = readModel(input, listMemories);
      const page = pageOf(
        living().toSorted((a, b) => (a.details.id < b.details.id ? -1 : 1)),
        {
          size: maxResults,
          token: nextToken,
          list: ['ListMemories'],
          keyOf: ({ details }) => details.id,
          isBehind: ({ details }, key) => details.id > key,
        },
      );
      const memories = page.items.map((state) => ({
        id: state.details.id,
        arn: state.details.arn,
        status: statusOf(state, ctx),
        createdAt: state.details.createdMs / 1_000,
        updatedAt: state.details.updatedMs / 1_000,
      }));
      return jsonAnswer(200, { memories, nextToken: page.nextToken });
    },

    DeleteMemory(input) {
      const { memoryId } = readModel(input, oneMemory);
      const state = findMemory(ctx, memoryId);
      if (statusOf(state, ctx) !== 'DELETING') {
        const { details } = changeable(memoryId);
        store.put({ ...details, deletedMs: now() });
      }
      return jsonAnswer(202, { memoryId, status: 'DELETING' });
    },
  };
}

/** A strategy as the service keeps it. */
export function newStrategy(input: StrategyInput, at: number): Strategy {
  const [[kind, one] = ['', undefined]] = Object.entries(input);
  const type = TYPES[kind];
  if (type === undefined || one === undefined) throw new Error(`no strategy is called ${kind}`);
  const { name, description, namespaces, namespaceTemplates } = one;
  return {
    strategyId: `${name}-${suffix()}`,
    name,
    description,
    type,
    namespaceTemplates: namespaceTemplates ?? namespaces ?? [DEFAULT_NAMESPACES[type]],
    createdAt: at,
    updatedAt: at,
  };
}

function checkStrategies(strategies: readonly Strategy[]): void {
  if (strategies.length > MAX_STRATEGIES) {
    refuse([{ name: 'memoryStrategies', message: `has more than ${MAX_STRATEGIES} members` }]);
  }
  if (new Set(strategies.map(({ name }) => name)).size < strategies.length) {
    refuse([{ name: 'memoryStrategies', message: 'has the same name twice' }]);
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const suffix = () => Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
