import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, type Api, type AwsRequest, MAX_BODY_BYTES } from './api.ts';
import { awsError } from './aws-error.ts';
import { forwardInvocation } from './forward.ts';
import { jsonAnswer, jsonError } from './json-shape.ts';
import {
  ACCOUNT_ID,
  ANSWER_HEADERS,
  checkInvokeHeaders,
  checkStop,
  type FieldProblem,
  QUALIFIER,
  RUNTIME_ARN,
  SESSION_HEADER,
} from './runtime-model.ts';
import type { Sessions } from './sessions.ts';

/** The data plane of bedrock-agentcore: InvokeAgentRuntime and StopRuntimeSession. */

export interface RuntimeApiDeps {
  readonly agentRuntimeArn: string;
  readonly accountId: string;
  /** Names of the runtime's endpoints; AWS always has DEFAULT. */
  readonly qualifiers: readonly string[];
  readonly sessions: Sessions;
  readonly invocationsPerSecond: number | undefined;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const REMEMBERED_TOKENS = 1_000;
const LOGGED_ERROR_CHARS = 1_000;

export function createRuntimeApi(deps: RuntimeApiDeps): Api & { reset(): void } {
  const { sessions, now, log } = deps;
  const runtimeId = deps.agentRuntimeArn.slice(deps.agentRuntimeArn.lastIndexOf('/') + 1);
  /** Client token of a stop to its session. */
  const stopped = new Map<string, string>();
  /** Endpoint to the times of its invocations within the last second. */
  const recent = new Map<string, number[]>();

  /** Checks that the runtime and its endpoint exist. Returns the endpoint. */
  function findEndpoint(call: AwsRequest): string {
    const runtime = call.segments[1] ?? '';
    const account = call.query.get('accountId');
    const qualifier = call.query.get('qualifier') ?? 'DEFAULT';
    const problems: FieldProblem[] = [];
    if (account !== null && !ACCOUNT_ID.test(account)) {
      problems.push({ name: 'accountId', message: 'must be 12 digits' });
    }
    if (!QUALIFIER.test(qualifier)) {
      problems.push({
        name: 'qualifier',
        message: 'must start with a letter, then up to 47 of a-z A-Z 0-9 _',
      });
    }
    if (runtime.startsWith('arn:') ? !RUNTIME_ARN.test(runtime) : account === null) {
      const message = 'must be the ARN of an agent runtime, or its id together with accountId';
      problems.push({ name: 'agentRuntimeArn', message });
    }
    refuse(problems);
    const known = runtime === deps.agentRuntimeArn || (runtime === runtimeId && account === deps.accountId);
    if (!known || !deps.qualifiers.includes(qualifier)) {
      const what = known ? `endpoint ${qualifier} of ${runtime}` : `agent runtime ${runtime}`;
      throw awsError(404, 'ResourceNotFoundException', `There is no ${what}`);
    }
    return qualifier;
  }

  function throttle(endpoint: string): void {
    if (deps.invocationsPerSecond === undefined) return;
    const at = now();
    const window = (recent.get(endpoint) ?? []).filter((time) => at - time < 1_000);
    recent.set(endpoint, window);
    if (window.length >= deps.invocationsPerSecond) {
      const limit = `${deps.invocationsPerSecond} invocations per second`;
      throw awsError(429, 'ThrottlingException', `Endpoint ${endpoint} takes ${limit}; try again later`);
    }
    window.push(at);
  }

  async function invoke(call: AwsRequest): Promise<Answer> {
    const problems = checkInvokeHeaders(call.headers);
    if (call.bodyTooLarge) {
      problems.push({ name: 'payload', message: `must not exceed ${MAX_BODY_BYTES} bytes` });
    }
    refuse(problems);
    throttle(findEndpoint(call));
    const sessionId = sessionOf(call) ?? randomUUID();
    const answer = await forwardInvocation(sessions, sessionId, call);
    const status = answer.statusCode ?? 500;
    if (status >= 400) {
      log(`agent answered ${status}: ${await readStart(answer)}`);
      const message = `The agent answered POST /invocations with status ${status}; see its log`;
      throw awsError(424, 'RuntimeClientError', message);
    }
    const passed = ANSWER_HEADERS.flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, String(value)]];
    });
    return {
      status,
      headers: { ...Object.fromEntries(passed), 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': sessionId },
      body: answer,
    };
  }

  async function stop(call: AwsRequest): Promise<Answer> {
    const token = clientTokenOf(call.body);
    refuse(checkStop(call.headers, token));
    findEndpoint(call);
    const sessionId = sessionOf(call) ?? '';
    const answer: Answer = {
      ...jsonAnswer(200, {}),
      headers: {
        'content-type': 'application/json',
        'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': sessionId,
      },
    };
    const replayed = typeof token === 'string' ? stopped.get(token) : undefined;
    if (replayed === sessionId) return answer;
    if (replayed !== undefined) {
      throw awsError(400, 'ValidationException', 'This clientToken was used to stop another session', {
        reason: 'IdempotentParameterMismatchException',
      });
    }
    if (!(await sessions.stop(sessionId))) {
      throw awsError(404, 'ResourceNotFoundException', `There is no running session ${sessionId}`);
    }
    if (typeof token === 'string') {
      stopped.set(token, sessionId);
      const [oldest] = stopped.keys();
      if (stopped.size > REMEMBERED_TOKENS && oldest !== undefined) stopped.delete(oldest);
    }
    return answer;
  }

  return {
    name: 'bedrock-agentcore',
    anyRegion: false,
    internalError: 'InternalServerException',
    refusals: {
      missing: [403, 'AccessDeniedException'],
      bearer: [403, 'AccessDeniedException'],
      malformed: [403, 'AccessDeniedException'],
      scope: [403, 'AccessDeniedException'],
      unknown_key: [403, 'UnrecognizedClientException'],
      skewed: [403, 'InvalidSignatureException'],
      mismatch: [403, 'InvalidSignatureException'],
    },
    operationOf({ method, segments }) {
      if (method === 'POST' && segments[0] === 'runtimes' && segments.length === 3) {
        if (segments[2] === 'invocations') return 'InvokeAgentRuntime';
        if (segments[2] === 'stopruntimesession') return 'StopRuntimeSession';
      }
      return `${method} /${segments.join('/')}`;
    },
    answer(operation, call) {
      if (operation === 'InvokeAgentRuntime') return invoke(call);
      if (operation === 'StopRuntimeSession') return stop(call);
      const message = `This stand-in has no bedrock-agentcore operation for ${operation}`;
      throw awsError(404, 'UnknownOperationException', message);
    },
    fail: jsonError,
    reset() {
      recent.clear();
      stopped.clear();
    },
  };
}

/** The runtime session that a request names, if any. */
export function sessionOf(call: Pick<AwsRequest, 'headers'>): string | undefined {
  const value = call.headers[SESSION_HEADER];
  return typeof value === 'string' ? value : undefined;
}

function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const message = problems.map((problem) => `${problem.name} ${problem.message}`).join('; ');
  throw awsError(400, 'ValidationException', message, {
    reason: 'FieldValidationFailed',
    fieldList: problems,
  });
}

function clientTokenOf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null && 'clientToken' in parsed
      ? parsed.clientToken
      : undefined;
  } catch (error) {
    throw awsError(400, 'ValidationException', `The body is not JSON: ${(error as Error).message}`, {
      reason: 'CannotParse',
    });
  }
}

async function readStart(stream: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream) {
      text += String(chunk);
      if (text.length > LOGGED_ERROR_CHARS) break;
    }
  } catch (error) {
    text += ` (cut off: ${(error as Error).message})`;
  }
  return text.slice(0, LOGGED_ERROR_CHARS);
}
