import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { type Answer, type Api, type AwsRequest, MAX_BODY_BYTES } from './api.ts';
import { awsError, isAwsError } from './aws-error.ts';
import { type Fault, faultStatus, type Latency, latencyOf, takeFault } from './faults.ts';
import { cutOff } from './listen.ts';
import { SESSION_HEADER, USER_HEADER } from './runtime-model.ts';

/** One call as it came in and what became of it. */
export interface RecordedCall {
  /** The signing name of the API. */
  readonly service: string;
  readonly operation: string;
  /** HTTP status; 0 when the connection was dropped without an answer. */
  readonly status: number;
  readonly error?: string;
  readonly sessionId?: string;
  readonly userId?: string;
  /** `sub` of the caller's token. */
  readonly subject?: string;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
}

export interface ExchangeDeps {
  readonly faults: Fault[];
  readonly latencies: readonly Latency[];
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly record: (call: RecordedCall) => void;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/**
 * Carries one call through an API: faults on order, the operation, the answer. Never rejects.
 * `refusal` is what the check of the signature said, in which case nothing is carried out.
 */
export async function exchange(
  deps: ExchangeDeps,
  api: Api,
  request: AwsRequest,
  response: ServerResponse,
  refusal: Error | undefined,
): Promise<void> {
  const at = deps.now();
  const operation = api.operationOf(request);
  const sessionId = text(request.headers[SESSION_HEADER]);
  const userId = text(request.headers[USER_HEADER]);
  const record = (status: number, error?: string) =>
    deps.record({
      service: api.name,
      operation,
      status,
      at,
      ...(error === undefined ? {} : { error }),
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(userId === undefined ? {} : { userId }),
      ...(request.caller === undefined ? {} : { subject: request.caller.subject }),
    });
  const { requestId } = request;
  const fault = refusal ? undefined : takeFault(deps.faults, operation, sessionId);
  try {
    if (refusal) throw refusal;
    if (fault?.kind === 'drop_before') {
      record(0);
      cutOff(response);
      return;
    }
    const ms = latencyOf(deps.latencies, operation, deps.random) + (fault?.kind === 'delay' ? fault.ms : 0);
    if (ms > 0) await wait(ms, undefined, { signal: request.signal });
    if (fault?.kind === 'error') {
      throw awsError(faultStatus(fault), fault.name, fault.message ?? `${fault.name}, as ordered by a fault`);
    }
    const answer: Answer =
      fault?.kind === 'answer'
        ? { status: fault.status, headers: { 'content-type': 'application/json' }, body: fault.body }
        : await api.answer(operation, request);
    record(fault?.kind === 'drop_answer' ? 0 : answer.status);
    await sendAnswer(answer, response, requestId, fault);
  } catch (error) {
    if (request.signal.aborted || response.headersSent) {
      // The client is gone, or the agent's stream broke: a cut connection is the whole answer.
      cutOff(response);
      deps.log(`${operation} was cut off: ${(error as Error).message}`);
      if (!response.headersSent) record(0);
      return;
    }
    const known = isAwsError(error)
      ? error
      : awsError(500, api.internalError, 'The stand-in failed; see its log');
    if (!isAwsError(error)) deps.log(`${operation} failed: ${(error as Error).stack ?? String(error)}`);
    record(known.status, known.code);
    await sendAnswer(api.fail(known, requestId), response, requestId, undefined).catch((sendError: unknown) =>
      deps.log(`${operation}: the error did not reach the client: ${String(sendError)}`),
    );
  }
}

async function sendAnswer(
  answer: Answer,
  response: ServerResponse,
  requestId: string,
  fault: Fault | undefined,
): Promise<void> {
  const body = typeof answer.body === 'string' ? Readable.from([Buffer.from(answer.body)]) : answer.body;
  if (fault?.kind === 'drop_answer') {
    body.resume();
    // How the agent ended makes no difference: the client gets nothing either way.
    await Promise.allSettled([finished(body)]);
    cutOff(response);
    return;
  }
  const length = typeof answer.body === 'string' ? { 'content-length': Buffer.byteLength(answer.body) } : {};
  response.writeHead(answer.status, { ...answer.headers, ...length, 'x-amzn-requestid': requestId });
  response.flushHeaders();
  if (fault?.kind === 'cut_after_bytes') {
    return sendCut(body, response, fault.bytes);
  }
  await pipeline(body, response);
}

/** Sends the first `bytes` bytes of the body and then cuts the connection; a shorter body arrives whole. */
async function sendCut(body: Readable, response: ServerResponse, bytes: number): Promise<void> {
  let left = bytes;
  if (left > 0) {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      await new Promise<void>((resolve, reject) => {
        response.write(part, (error) => (error ? reject(error) : resolve()));
      });
      if (left === 0) break;
    }
    if (left > 0) {
      response.end();
      return;
    }
  }
  body.destroy();
  // The head, or the last bytes, leave for the socket before it closes.
  await nextTurn();
  cutOff(response);
}

/** Reads a body to its end. What goes beyond the limit is dropped, so that the client gets to read the refusal. */
export async function readBody(request: IncomingMessage): Promise<{ body: Buffer; tooLarge: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { body: Buffer.concat(chunks), tooLarge: size > MAX_BODY_BYTES };
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
