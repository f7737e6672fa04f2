import type { MemoryRecordSummary } from '@aws-sdk/client-bedrock-agentcore';

/** One thing that is remembered of a person from earlier conversations. */
export interface Note {
  readonly text: string;
  /** ISO 8601 day on which it was noted. */
  readonly noted: string;
}

/** So many are asked for. */
export const MOST_NOTES = 10;
const MAX_NOTE_CHARS = 1_000;
const MAX_CHARS = 6_000;

/**
 * The records that are worth telling, best first, within bounds. A summary of the session itself is left out: what was
 * said in it is there in full. Pure.
 */
export function notesFrom(records: readonly MemoryRecordSummary[], sessionId: string): Note[] {
  const notes: Note[] = [];
  const known = new Set<string>();
  let chars = 0;
  for (const record of records) {
    if (record.namespaces?.some((namespace) => namespace.split('/').includes(sessionId))) continue;
    const text = wordsOf(record.content?.text ?? '');
    if (text === '' || known.has(text)) continue;
    chars += text.length;
    if (chars > MAX_CHARS) break;
    known.add(text);
    notes.push({ text, noted: (record.createdAt ?? new Date(0)).toISOString().slice(0, 10) });
  }
  return notes;
}

/** Preferences are kept as JSON objects around one sentence. */
function wordsOf(content: string): string {
  let text = content.trim();
  try {
    const value = JSON.parse(text) as { preference?: unknown } | null;
    if (typeof value === 'object' && typeof value?.preference === 'string') text = value.preference;
  } catch {
    // Most records are plain text.
  }
  return text.length > MAX_NOTE_CHARS ? `${text.slice(0, MAX_NOTE_CHARS).toWellFormed()}…` : text;
}
