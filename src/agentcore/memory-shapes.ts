import type { Event, MemoryRecordSummary, PayloadType } from '@aws-sdk/client-bedrock-agentcore';

/** What of AgentCore Memory the rest of the backend sees, and how it looks on the wire. */

export type MemoryRole = 'user' | 'assistant' | 'tool' | 'other';

export type MemoryPayload =
  /** What somebody said, 1–100,000 characters. Long-term records are taken from these. */
  | { readonly kind: 'message'; readonly role: MemoryRole; readonly text: string }
  /** A JSON value of our own. Nothing is taken from it. */
  | { readonly kind: 'document'; readonly value: unknown };

export interface MemoryEvent {
  readonly eventId: string;
  readonly actorId: string;
  readonly sessionId: string;
  /** The writer's time. */
  readonly at: Date;
  /** Empty when payloads were not asked for. */
  readonly payload: readonly MemoryPayload[];
  readonly metadata: Readonly<Record<string, string>>;
}

export interface MemoryRecord {
  readonly recordId: string;
  readonly text: string;
  readonly strategyId: string;
  readonly namespace: string;
  readonly createdAt: Date;
  /** Of a search: the greater the better it fits. */
  readonly score?: number;
}

/** `equals: undefined` asks for events that have the key, `absent` for those that do not. */
export type MetadataFilter =
  | { readonly key: string; readonly equals?: string | undefined }
  | { readonly key: string; readonly absent: true };

const ROLES = { user: 'USER', assistant: 'ASSISTANT', tool: 'TOOL', other: 'OTHER' } as const;
const OUR_ROLES: Readonly<Record<string, MemoryRole>> = {
  USER: 'user',
  ASSISTANT: 'assistant',
  TOOL: 'tool',
};

export function toPayload(item: MemoryPayload): PayloadType {
  if (item.kind === 'document') return { blob: item.value as PayloadType.BlobMember['blob'] };
  return { conversational: { role: ROLES[item.role], content: { text: item.text } } };
}

export function toMetadata(metadata: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, { stringValue: value }]));
}

export function toFilter(filter: MetadataFilter) {
  const left = { metadataKey: filter.key };
  if ('absent' in filter) return { left, operator: 'NOT_EXISTS' as const };
  if (filter.equals === undefined) return { left, operator: 'EXISTS' as const };
  const right = { metadataValue: { stringValue: filter.equals } };
  return { left, operator: 'EQUALS_TO' as const, right };
}

export function fromEvent(event: Partial<Event>): MemoryEvent {
  return {
    eventId: event.eventId ?? '',
    actorId: event.actorId ?? '',
    sessionId: event.sessionId ?? '',
    at: event.eventTimestamp ?? new Date(0),
    payload: (event.payload ?? []).flatMap(fromPayload),
    metadata: Object.fromEntries(
      Object.entries(event.metadata ?? {}).flatMap(([key, value]) =>
        value.stringValue === undefined ? [] : [[key, value.stringValue]],
      ),
    ),
  };
}

/** Kinds that this version does not know are left out: other writers may use the same memory. */
function fromPayload(item: PayloadType): MemoryPayload[] {
  if (item.blob !== undefined) return [{ kind: 'document', value: item.blob }];
  if (item.json !== undefined) return [{ kind: 'document', value: item.json.content }];
  const text = item.conversational?.content?.text;
  if (text === undefined) return [];
  return [{ kind: 'message', role: OUR_ROLES[item.conversational?.role ?? ''] ?? 'other', text }];
}

export function fromRecord(record: Partial<MemoryRecordSummary>): MemoryRecord {
  return {
    recordId: record.memoryRecordId ?? '',
    text: record.content?.text ?? '',
    strategyId: record.memoryStrategyId ?? '',
    namespace: record.namespaces?.[0] ?? '',
    createdAt: record.createdAt ?? new Date(0),
    ...(record.score === undefined ? {} : { score: record.score }),
  };
}
