import { createHash } from 'node:crypto';
import type { CreateEvent } from './model.ts';
import type { Strategy, StrategyType } from './store.ts';

/**
 * What the stand-in takes from conversations into long-term memory. AWS asks a model; here plain rules give the same
 * records for the same words. Pure.
 */

export interface Extracted {
  /** The same for what replaces an earlier record. */
  readonly key: string;
  readonly text: string;
}

type Said = { readonly role: string; readonly text: string };

const MAX_RECORD_CHARS = 16_000;
const PREFERENCE =
  /\b(i|we)('d| would| always| never| usually| really)? (prefer|like|love|want|need|use|hate|dislike|avoid)\b|\b(please )?(always|never) \w+|\b(my|our) (favou?rite|preferred)\b/i;

/** Namespaces that AWS gives to strategies without any. */
export const DEFAULT_NAMESPACES: Readonly<Record<StrategyType, string>> = {
  SEMANTIC: '/strategies/{memoryStrategyId}/actors/{actorId}',
  USER_PREFERENCE: '/strategies/{memoryStrategyId}/actors/{actorId}',
  SUMMARIZATION: '/strategies/{memoryStrategyId}/actors/{actorId}/sessions/{sessionId}',
  EPISODIC: '/strategies/{memoryStrategyId}/actors/{actorId}/sessions/{sessionId}',
  CUSTOM: '/strategies/{memoryStrategyId}/actors/{actorId}',
};

/** The namespace of one strategy for one event. A variable that nobody set stays as it is. */
export function fillNamespace(
  strategy: Pick<Strategy, 'strategyId' | 'namespaceTemplates' | 'type'>,
  of: {
    readonly actorId: string;
    readonly sessionId: string;
    readonly namespaceVariables?: Readonly<Record<string, string>> | undefined;
  },
): string {
  const values: Readonly<Record<string, string>> = {
    ...of.namespaceVariables,
    memoryStrategyId: strategy.strategyId,
    actorId: of.actorId,
    sessionId: of.sessionId,
  };
  const template = strategy.namespaceTemplates[0] ?? DEFAULT_NAMESPACES[strategy.type];
  return template.replaceAll(/\{([a-zA-Z][a-zA-Z0-9]*)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** What people and agents said in a payload. */
export function saidIn(payload: CreateEvent['payload']): Said[] {
  return payload.flatMap((item) =>
    'conversational' in item
      ? [{ role: item.conversational.role, text: item.conversational.content.text }]
      : [],
  );
}

/**
 * What one event adds to one strategy's records. `session` is everything said in its session up to now, oldest first:
 * a summary is of all of it, and replaces the one before.
 */
export function extract(type: StrategyType, said: readonly Said[], session: readonly Said[]): Extracted[] {
  switch (type) {
    case 'SEMANTIC':
      return statements(said).map((text) => ({ key: sameness(text), text }));
    case 'USER_PREFERENCE':
      return statements(said)
        .filter((text) => PREFERENCE.test(text))
        .map((preference) => ({
          key: sameness(preference),
          text: JSON.stringify({ context: 'The user said so.', preference, categories: [] }),
        }));
    case 'SUMMARIZATION':
      return said.length === 0 ? [] : [{ key: 'summary', text: summary(session) }];
    case 'EPISODIC':
    case 'CUSTOM':
      return [];
  }
}

/** Sentences of the person that state something. */
function statements(said: readonly Said[]): string[] {
  return said
    .filter(({ role }) => role === 'USER')
    .flatMap(({ text }) => text.match(/[^.!?\n]+[.!?]?/g) ?? [])
    .map((sentence) => sentence.trim().slice(0, MAX_RECORD_CHARS))
    .filter((sentence) => !sentence.endsWith('?') && sentence.split(/\s+/).length >= 3);
}

function summary(session: readonly Said[]): string {
  const first = (text: string) => (/^[^.!?\n]+[.!?]?/.exec(text.trim())?.[0] ?? text).slice(0, 300);
  const topic = first(session.find(({ role }) => role === 'USER')?.text ?? 'Conversation').slice(0, 80);
  const lines = session.map(
    ({ role, text }) => `${role === 'USER' ? 'The user' : 'The agent'}: ${first(text)}`,
  );
  const frame = (body: string) => `<topic name=${JSON.stringify(topic)}>\n${body}\n</topic>`;
  while (lines.length > 1 && frame(lines.join('\n')).length > MAX_RECORD_CHARS) lines.splice(1, 1);
  return frame(lines.join('\n')).slice(0, MAX_RECORD_CHARS);
}

const sameness = (text: string) => words(text).join(' ');

/** The id of a record: the same words in the same namespace are one record. */
export function recordIdOf(memoryId: string, strategyId: string, namespace: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([memoryId, strategyId, namespace, key]))
    .digest('hex');
  return `mem-${digest.slice(0, 36)}`;
}

/** Words in small letters, without their marks. */
export function words(text: string): string[] {
  return (
    text
      .toLowerCase()
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
