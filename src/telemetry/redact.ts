/** What never stands in a log, whatever the level: credentials, by the name of their field or by their form. */
const SECRET_FIELD =
  /^(?:authorization|cookie|set-cookie|x-slack-signature|password|passwd|token|.*[-_]?secret|.*[-_]token|.*[a-z](?:Token|Secret|Password|ApiKey)|api[-_]?key|secretAccessKey|credentials|code_verifier)$/i;

const SECRET_FORMS: readonly RegExp[] = [
  // Slack tokens of every kind: xoxb-, xoxp-, xoxe.xoxp-, xapp-
  /\b(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]+/g,
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  // JSON web tokens
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  // AWS access key ids, and signatures of signed addresses
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\b(?:X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"]+/gi,
  // Passwords inside addresses
  /(?<=:\/\/[^\s:@/]{0,200}:)[^\s@/]+(?=@)/g,
];

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
      return [name, hideSecrets(field, hideContent, depth + 1)];
    }),
  );
}

export function maskForms(text: string): string {
  let masked = text;
  for (const form of SECRET_FORMS) masked = masked.replace(form, HIDDEN);
  return masked;
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
    type: thrown.name,
    message: maskForms(thrown.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(http === undefined ? {} : { status: http as number }),
    ...(thrown.stack === undefined ? {} : { stack: maskForms(thrown.stack) }),
    ...(thrown.cause === undefined || depth >= 3 ? {} : { cause: describeError(thrown.cause, depth + 1) }),
  };
}
