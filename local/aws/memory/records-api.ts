import { awsError } from '../aws-error.ts';
import { jsonAnswer } from '../json-shape.ts';
import { refuse } from '../validation.ts';
import { findActive, type MemoryContext, type Operations } from './context.ts';
import { extract, fillNamespace, recordIdOf, saidIn } from './extraction.ts';
import { checkFilters, inNamespace, recordFits } from './filters.ts';
import {
  batchCreate,
  batchDelete,
  batchUpdate,
  listRecords,
  oneRecord,
  readModel,
  retrieveRecords,
} from './model.ts';
import { pageOf } from './pages.ts';
import { scoreTexts } from './relevance.ts';
import type { MemoryState, StoredEvent, StoredRecord } from './store.ts';

/** Of records that were written by hand, outside every strategy. */
const NO_STRATEGY = 'none';

/** Long-term memory: records that are taken from events, or written by hand. */
export function createRecordOperations(ctx: MemoryContext): Operations {
  const { store, gate, quotas, now } = ctx;
  const reading = (operation: string) => gate.pass([[operation, quotas.readsPerOperation]]);

  /** A memory whose events have become records as far as their time has come. */
  function upToDate(memoryId: string): MemoryState {
    const state = findActive(ctx, memoryId);
    const due = [...state.waiting].filter(({ extractMs = Number.POSITIVE_INFINITY }) => extractMs <= now());
    for (const event of due) {
      store.putRecords(state, recordsOf(state, event));
      store.markExtracted(state, event);
    }
    return state;
  }

  function existing(input: unknown): { state: MemoryState; record: StoredRecord } {
    const { memoryId, memoryRecordId } = readModel(input, oneRecord);
    const state = upToDate(memoryId);
    const record = state.records.get(memoryRecordId);
    if (record) return { state, record };
    throw awsError(404, 'ResourceNotFoundException', 'Memory record not found');
  }

  return {
    RetrieveMemoryRecords(input) {
      const wanted = readModel(input, retrieveRecords);
      const { searchQuery, memoryStrategyId, topK, metadataFilters } = wanted.searchCriteria;
      needNamespace(wanted);
      checkFilters(metadataFilters);
      const state = upToDate(wanted.memoryId);
      reading('RetrieveMemoryRecords');
      const inScope = select(state, { ...wanted, memoryStrategyId, metadataFilters });
      const scores = scoreTexts(
        searchQuery,
        inScope.map(({ text }) => text),
      );
      const best = inScope
        .map((record, at) => ({ record, score: scores[at] ?? 0 }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => (ranksBefore(a, b) ? -1 : 1))
        .slice(0, topK);
      const page = pageOf(best, {
        size: wanted.maxResults,
        token: wanted.nextToken,
        list: [
          'RetrieveMemoryRecords',
          state.details.id,
          wanted.namespace,
          wanted.namespacePath,
          wanted.searchCriteria,
        ],
        keyOf: ({ record, score }) =>
          JSON.stringify({ score, record: { memoryRecordId: record.memoryRecordId } }),
        isBehind: (item, key) => ranksBefore(JSON.parse(key) as Ranked, item),
      });
      const memoryRecordSummaries = page.items.map(({ record, score }) => ({ ...tell(record), score }));
      return jsonAnswer(200, { memoryRecordSummaries, nextToken: page.nextToken });
    },

    ListMemoryRecords(input) {
      const wanted = readModel(input, listRecords);
      needNamespace(wanted);
      checkFilters(wanted.metadataFilters);
      const state = upToDate(wanted.memoryId);
      reading('ListMemoryRecords');
      const { maxResults, nextToken, ...list } = wanted;
      const page = pageOf(
        select(state, wanted).toSorted((a, b) => (isNewer(a, b) ? -1 : 1)),
        {
          size: maxResults,
          token: nextToken,
          list: ['ListMemoryRecords', { ...list, memoryId: state.details.id }],
          keyOf: ({ createdAt, memoryRecordId }) => JSON.stringify({ createdAt, memoryRecordId }),
          isBehind: (record, key) => isNewer(JSON.parse(key) as StoredRecord, record),
        },
      );
      return jsonAnswer(200, { memoryRecordSummaries: page.items.map(tell), nextToken: page.nextToken });
    },

    GetMemoryRecord: (input) => jsonAnswer(200, { memoryRecord: tell(existing(input).record) }),

    DeleteMemoryRecord(input) {
      const { state, record } = existing(input);
      store.removeRecord(state, record);
      return jsonAnswer(200, { memoryRecordId: record.memoryRecordId });
    },

    BatchCreateMemoryRecords(input) {
      const { memoryId, records, clientToken } = readModel(input, batchCreate);
      const state = upToDate(memoryId);
      const known = clientToken === undefined ? undefined : state.batches.get(clientToken);
      if (known !== undefined) return jsonAnswer(201, known);
      const made = records.map((each): StoredRecord => {
        const strategyId = each.memoryStrategyId ?? NO_STRATEGY;
        const [namespace = '/'] = each.namespaces;
        const key = JSON.stringify([clientToken, each.requestIdentifier, each.timestamp, each.content.text]);
        return {
          memoryRecordId: recordIdOf(state.details.id, strategyId, namespace, key),
          text: each.content.text,
          memoryStrategyId: strategyId,
          namespace,
          createdAt: each.timestamp,
          metadata: each.metadata,
        };
      });
      store.putRecords(state, made);
      const successfulRecords = made.map(({ memoryRecordId }, at) => ({
        memoryRecordId,
        status: 'SUCCEEDED',
        requestIdentifier: records[at]?.requestIdentifier,
      }));
      const answer = { successfulRecords, failedRecords: [] };
      if (clientToken !== undefined) state.batches.set(clientToken, answer);
      return jsonAnswer(201, answer);
    },

    BatchUpdateMemoryRecords(input) {
      const { memoryId, records } = readModel(input, batchUpdate);
      const state = upToDate(memoryId);
      return each(state, records, (record, change) =>
        store.putRecords(state, [
          {
            ...record,
            text: change.content?.text ?? record.text,
            namespace: change.namespaces?.[0] ?? record.namespace,
            memoryStrategyId: change.memoryStrategyId ?? record.memoryStrategyId,
            metadata: change.metadata ?? record.metadata,
          },
        ]),
      );
    },

    BatchDeleteMemoryRecords(input) {
      const { memoryId, records } = readModel(input, batchDelete);
      const state = upToDate(memoryId);
      return each(state, records, (record) => store.removeRecord(state, record));
    },
  };

  /** What one event becomes, by all strategies of its memory. */
  function recordsOf(state: MemoryState, event: StoredEvent): StoredRecord[] {
    const { id, strategies } = state.details;
    const session = (state.actors.get(event.actorId)?.get(event.sessionId)?.events ?? [])
      .filter(({ skipped }) => skipped !== true)
      .toReversed()
      .flatMap(({ payload }) => saidIn(payload));
    return strategies.flatMap((strategy) => {
      const namespace = fillNamespace(strategy, event);
      return extract(strategy.type, saidIn(event.payload), session).map(({ key, text }) => {
        // Every session has a summary of its own, also where several share a namespace.
        const whose = strategy.type === 'SUMMARIZATION' ? `${key} ${event.sessionId}` : key;
        const memoryRecordId = recordIdOf(id, strategy.strategyId, namespace, whose);
        const createdAt = state.records.get(memoryRecordId)?.createdAt ?? (event.extractMs ?? now()) / 1_000;
        return { memoryRecordId, text, memoryStrategyId: strategy.strategyId, namespace, createdAt };
      });
    });
  }
}

function each<R extends { readonly memoryRecordId: string }>(
  state: MemoryState,
  wanted: readonly R[],
  carryOut: (record: StoredRecord, by: R) => void,
) {
  const results = wanted.map((one) => {
    const { memoryRecordId } = one;
    const record = state.records.get(memoryRecordId);
    if (!record)
      return { memoryRecordId, status: 'FAILED', errorCode: 404, errorMessage: 'Memory record not found' };
    carryOut(record, one);
    return { memoryRecordId, status: 'SUCCEEDED' };
  });
  return jsonAnswer(200, {
    successfulRecords: results.filter(({ status }) => status === 'SUCCEEDED'),
    failedRecords: results.filter(({ status }) => status === 'FAILED'),
  });
}

function select(
  state: MemoryState,
  by: Parameters<typeof inNamespace>[1] & {
    readonly memoryStrategyId?: string | undefined;
    readonly metadataFilters?: Parameters<typeof recordFits>[1];
  },
): StoredRecord[] {
  return [...state.records.values()].filter(
    (record) =>
      inNamespace(record.namespace, by) &&
      (by.memoryStrategyId === undefined || record.memoryStrategyId === by.memoryStrategyId) &&
      recordFits(record.metadata, by.metadataFilters),
  );
}

function needNamespace(by: { namespace?: string | undefined; namespacePath?: string | undefined }): void {
  if ((by.namespace === undefined) !== (by.namespacePath === undefined)) return;
  refuse([{ name: 'namespace', message: 'or namespacePath is needed, and only one of them' }]);
}

function tell({ memoryRecordId, text, memoryStrategyId, namespace, createdAt, metadata }: StoredRecord) {
  return {
    memoryRecordId,
    content: { text },
    memoryStrategyId,
    namespaces: [namespace],
    createdAt,
    metadata,
  };
}

interface Ranked {
  readonly record: Pick<StoredRecord, 'memoryRecordId'>;
  readonly score: number;
}

const ranksBefore = (a: Ranked, b: Ranked) =>
  a.score === b.score ? a.record.memoryRecordId < b.record.memoryRecordId : a.score > b.score;

const isNewer = (
  a: Pick<StoredRecord, 'createdAt' | 'memoryRecordId'>,
  b: Pick<StoredRecord, 'createdAt' | 'memoryRecordId'>,
) => (a.createdAt === b.createdAt ? a.memoryRecordId > b.memoryRecordId : a.createdAt > b.createdAt);
