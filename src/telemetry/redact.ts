import { maskPersonalData } from '../chat/personal-data.ts';

/** What never stands in a log, whatever the level: credentials and personal data, by the name of their field or by form. */
const SECRET_FIELD =
  /^(?:authorization|cookie|set-cookie|x-slack-signature|password|passwd|token|.*[-_]?secret|.*[-_]token|.*[a-z](?:Token|Secret|Password|ApiKey)|api[-_]?key|secretAccessKey|credentials|code_verifier)$/i;

/** Laxer in a log than in a chat: whatever follows such a word. */
const AUTHORIZATION = /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** Fields that hold what people or the agent wrote. */
const CONTENT_FIELD = /^(?:text|prompt|body|content|payload|markdown|markdown_text|blocks|answer|question)$/;

const HIDDEN = '[hidden]';
const MAX_DEPTH = 6;

/**
 * A copy of a log argument without secrets and, with `hideContent`, without what people wrote (its length is kept).
 * Errors become descriptions.
 */
export function hideSecrets(value: unknown, hideContent: boolean, depth = 0): unknown {
  if (typeof value === 'string') return maskForms(value);
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'number' || typeof value === 'bigint') return maskNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((one) => hideSecrets(one, hideContent, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) {
    return `[${value.constructor?.name ?? 'object'}]`;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (SECRET_FIELD.test(name) && field !== undefined) return [name, HIDDEN];
      if (hideContent && CONTENT_FIELD.test(name) && field !== undefined) return [name, lengthOf(field)];
      return [maskForms(name), hideSecrets(field, hideContent, depth + 1)];
    }),
  );
}

/** The text without secrets and personal data. */
export function maskForms(text: string): string {
  return maskPersonalData(text.replace(AUTHORIZATION, HIDDEN));
}

/** The number of a card is one, too. */
function maskNumber(value: number | bigint): unknown {
  if (value < 1e12) return value;
  const text = String(value);
  const masked = maskPersonalData(text);
  return masked === text ? value : masked;
}

function lengthOf(value: unknown): string {
  if (typeof value === 'string') return `[${value.length} characters]`;
  return Array.isArray(value) ? `[${value.length} entries]` : HIDDEN;
}

interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

/**
 * An error as it may stand in a log: only named facts. SDK errors carry whole requests with their tokens, and Redis
 * errors the arguments of the command, in further fields.
 */
export function describeError(thrown: unknown, depth = 0): ErrorDescription {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: maskForms(String(thrown)) };
  const { code, status, statusCode } = thrown as { code?: unknown; status?: unknown; statusCode?: unknown };
  const http = [status, statusCode].find((one) => typeof one === 'number');
  return {
    type: maskForms(thrown.name),
    message: maskForms(thrown.message),
    ...(typeof code === 'string' || typeof code === 'number'
      ? { code: typeof code === 'string' ? maskForms(code) : code }
      : {}),
    ...(http === undefined ? {} : { status: http as number }),
    ...(thrown.stack === undefined ? {} : { stack: maskForms(thrown.stack) }),
    ...(thrown.cause === undefined || depth >= 3 ? {} : { cause: describeError(thrown.cause, depth + 1) }),
  };
}
