/** How a call of the connector failed, in the terms that decide what to do next. */
export type TeamsFailure =
  /** Not carried out; may be sent again after `waitMs`. */
  | { readonly kind: 'rate_limited'; readonly waitMs: number }
  /** Perhaps carried out: the answer was lost, or Teams failed in the middle. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Not carried out, and the same call may be made again: it was never sent. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** A stream is over, or was not to be had. */
  | { readonly kind: 'stream_over'; readonly why: StreamOver }
  /** Not carried out, and the same call will fail again. `code` is Teams' error name. */
  | { readonly kind: 'refused'; readonly code: string };

/**
 * cancelled    the person pressed Stop: what was streamed stays, and must not be changed
 * timed_out    two minutes are over: the message can be updated as a whole
 * completed    it has had its final message already
 * not_allowed  there is no streaming here
 * changed      what was sent does not begin with what was streamed before
 */
export type StreamOver = 'cancelled' | 'timed_out' | 'completed' | 'not_allowed' | 'changed';

/** A call that did not go well. */
export class TeamsCallFailed extends Error {
  readonly failure: TeamsFailure;
  constructor(method: string, failure: TeamsFailure, options?: ErrorOptions) {
    super(`Teams did not carry out ${method}: ${describe(failure)}`, options);
    this.name = 'TeamsCallFailed';
    this.failure = failure;
  }
}

function describe(failure: TeamsFailure): string {
  switch (failure.kind) {
    case 'rate_limited':
      return `none for ${failure.waitMs} ms`;
    case 'unknown':
    case 'not_sent':
      return failure.reason;
    case 'stream_over':
      return `the stream is over (${failure.why})`;
    case 'refused':
      return failure.code;
    default:
      return failure satisfies never;
  }
}

/** Undefined for an error that is not Teams': a lost lane, or a bug. */
export function teamsFailure(error: unknown): TeamsFailure | undefined {
  return error instanceof TeamsCallFailed ? error.failure : undefined;
}

/** A second, where Teams does not say for how long. */
const DEFAULT_WAIT_MS = 1_000;
/** Its longest limit is that of an hour: whoever asks for more is not heard, or a thread would be silent for ever. */
const LONGEST_WAIT_MS = 3_600_000;
/** What does not fit into a message. */
export const TOO_BIG = 'MessageSizeTooBig';
/** What Teams' error names look like. */
const ERROR_NAME = /^[a-z][a-z0-9_.]{0,99}$/i;

/**
 * Sorts an answer that is no success. Source: Teams, "Rate limiting for bots" (412, 429, 502, 504), "Error codes" of
 * streaming.
 */
export function failureOfAnswer(status: number, body: string, headers: Pick<Headers, 'get'>): TeamsFailure {
  const { code, message } = errorOf(body);
  if (status === 429) return { kind: 'rate_limited', waitMs: waitOf(headers) };
  // Teams answers so when two changes of a conversation meet.
  if (status === 412) return { kind: 'rate_limited', waitMs: DEFAULT_WAIT_MS };
  if (status === 408 || status >= 500) return { kind: 'unknown', reason: `http_${status}` };
  if (status === 413) return { kind: 'refused', code: TOO_BIG };
  if (status === 403 && (code === 'ContentStreamNotAllowed' || /content stream/i.test(message)))
    return streamFailure(message);
  return { kind: 'refused', code: ERROR_NAME.test(code) ? code : `http_${status}` };
}

/** Seconds, or a date by the clock of whoever answered (RFC 9110, section 10.2.3). Answers milliseconds. */
function waitOf(headers: Pick<Headers, 'get'>): number {
  const [after, sent] = [headers.get('retry-after') ?? '', headers.get('date') ?? ''];
  const asked = /^\d+(?:\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.parse(sent);
  const ms = Number.isNaN(asked) ? 0 : asked;
  return Math.min(Math.max(ms, DEFAULT_WAIT_MS), LONGEST_WAIT_MS);
}

/** All of them have one code; only the words tell them apart. */
function streamFailure(message: string): TeamsFailure {
  if (/size too (?:large|big)/i.test(message)) return { kind: 'refused', code: TOO_BIG };
  if (/cancell?ed/i.test(message)) return { kind: 'stream_over', why: 'cancelled' };
  if (/exceeded streaming time/i.test(message)) return { kind: 'stream_over', why: 'timed_out' };
  if (/already completed/i.test(message)) return { kind: 'stream_over', why: 'completed' };
  if (/previously streamed/i.test(message)) return { kind: 'stream_over', why: 'changed' };
  return { kind: 'stream_over', why: 'not_allowed' };
}

function errorOf(body: string): { code: string; message: string } {
  try {
    const value = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } } | null;
    const { code, message } = value?.error ?? {};
    return { code: textOr(code), message: textOr(message) };
  } catch {
    // Somebody between us and Teams has answered.
    return { code: '', message: '' };
  }
}

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '');
