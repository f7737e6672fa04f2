export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where agents put their answer, most telling first. */
const ANSWER_KEYS = [
  'response',
  'message',
  'result',
  'output',
  'answer',
  'lastMessage',
  'content',
  'text',
  'citationsContent',
  'citations',
] as const;

const MAX_DEPTH = 8;

/**
 * The text of an answer whose shape the agent chose: a string, `{response | message | result | output: …}`,
 * a message `{role, content: [{text}]}`, or these inside one another. Undefined when there is none.
 * Tool calls, tool results and reasoning are no answer; neither is a message of role `user`.
 */
export function answerText(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const parts = value.map((part) => answerText(part, depth + 1)).filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts.join('\n');
  }
  if (!isRecord(value) || value.role === 'user') return undefined;
  let found: string | undefined;
  for (const key of ANSWER_KEYS) {
    if (!(key in value)) continue;
    const text = answerText(value[key], depth + 1);
    if (text) return text;
    found ??= text;
  }
  return found;
}

/** The message of an error that an agent reports inside a good response, or undefined when it reports none. */
export function errorText(value: JsonRecord): string | undefined {
  const error = value.error;
  if (typeof error === 'string' && error !== '') return error;
  if (isRecord(error))
    return typeof error.message === 'string' ? error.message : 'The agent reported an error.';
  if (error === true) return answerText(value.message) ?? 'The agent reported an error.';
  return undefined;
}
