import { z } from 'zod';
import type { TURN_UNKNOWN } from '../src/contract/events.ts';
import { type Invocation, invocationSchema } from '../src/contract/invocation.ts';
import type { Question } from './agent/answer.ts';

/** What one request asks for, decided from its body and headers alone. */
export type Reading =
  | { readonly kind: 'start'; readonly turn: TurnId; readonly question: Question }
  | { readonly kind: 'attach'; readonly turn: TurnId; readonly afterSeq: number }
  /** A bare `{prompt}`; answered as a stream or as one JSON object. */
  | { readonly kind: 'ask'; readonly turn: TurnId; readonly question: Question }
  | Refusal;

export interface TurnId {
  readonly sessionId: string;
  readonly turnId: string;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code:
    | 'invalid_request'
    | 'session_mismatch'
    | 'session_busy'
    | 'approval_unknown'
    | typeof TURN_UNKNOWN;
  readonly message: string;
  /** For those who read plain JSON. */
  readonly httpStatus: number;
  readonly retryable: boolean;
}

export const MAX_PROMPT_CHARS = 100_000;

const bareSchema = z
  .object({ prompt: z.string().optional(), message: z.string().optional() })
  .transform((body) => body.prompt ?? body.message);

/**
 * Reads a request. `sessionId` comes from the header that AgentCore sets, `body` is whatever was sent.
 * Never throws: everything that is wrong becomes a refusal that says so.
 */
export function readInvocation(request: {
  readonly body: unknown;
  readonly sessionId: string | undefined;
  readonly wantsStream: boolean;
  readonly newTurnId: () => string;
}): Reading {
  const { body, sessionId } = request;
  if (body === undefined || body === null || body === '') {
    return invalid('The request has no body. Send {"prompt": "…"} or an invocation of version 1 as JSON.');
  }
  if (typeof body !== 'object' || Array.isArray(body)) {
    return invalid('The body is not a JSON object. Send {"prompt": "…"} or an invocation of version 1.');
  }
  if (!sessionId) {
    return invalid('The header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id is missing.');
  }
  const isContract = 'v' in body || 'mode' in body || 'turnId' in body;
  if (!isContract) return readBare(body, { sessionId, turnId: request.newTurnId() });
  if (!request.wantsStream) {
    return { ...invalid('An invocation of version 1 needs "Accept: text/event-stream".'), httpStatus: 406 };
  }
  return readContract(body, sessionId);
}

function readContract(body: object, sessionId: string): Reading {
  const parsed = invocationSchema.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 5).map((issue) => {
      const where = issue.path.join('.');
      return where === '' ? issue.message : `${where}: ${issue.message}`;
    });
    return invalid(`The invocation does not follow version 1 of the contract: ${problems.join('; ')}.`);
  }
  const invocation: Invocation = parsed.data;
  if (invocation.session.id !== sessionId) {
    return refusal(
      'session_mismatch',
      'The session in the body is not the session of the request header.',
      400,
    );
  }
  const turn = { sessionId, turnId: invocation.turnId };
  if (invocation.mode === 'attach') return { kind: 'attach', turn, afterSeq: invocation.afterSeq ?? 0 };
  if (invocation.resume) {
    return refusal(
      'approval_unknown',
      'This agent waits for no approval, so there is nothing to resume.',
      409,
    );
  }
  return (
    checkPrompt(invocation.prompt) ?? { kind: 'start', turn, question: { ...invocation, vouched: true } }
  );
}

function readBare(body: object, turn: TurnId): Reading {
  const parsed = bareSchema.safeParse(body);
  if (!parsed.success) return invalid('"prompt" (or "message") must be a string.');
  if (parsed.data === undefined) return invalid('"prompt" is missing. Send {"prompt": "your question"}.');
  // Nobody vouches for who sends a bare prompt.
  const actor = { id: 'unknown', name: '', groups: [] };
  return (
    checkPrompt(parsed.data) ?? {
      kind: 'ask',
      turn,
      question: { prompt: parsed.data, actor, vouched: false },
    }
  );
}

function checkPrompt(prompt: string): Refusal | undefined {
  if (prompt.trim() === '') return invalid('The prompt is empty. Write a question.');
  if (prompt.length > MAX_PROMPT_CHARS) {
    return invalid(
      `The prompt has ${prompt.length} characters; at most ${MAX_PROMPT_CHARS} are accepted. Shorten it or split it.`,
    );
  }
  return undefined;
}

function invalid(message: string): Refusal {
  return refusal('invalid_request', message, 400);
}

export function refusal(
  code: Refusal['code'],
  message: string,
  httpStatus: number,
  retryable = false,
): Refusal {
  return { kind: 'refused', code, message, httpStatus, retryable };
}
