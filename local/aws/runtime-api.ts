import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, type Api, type AwsRequest, MAX_BODY_BYTES } from './api.ts';
import { awsError } from './aws-error.ts';
import { forwardInvocation } from './forward.ts';
import { createIdentityApi, type WorkloadIdentity } from './identity-api.ts';
import { jsonAnswer, jsonError } from './json-shape.ts';
import type { JwtAuthorizer } from './jwt-authorizer.ts';
import { createRuntimeGate } from './runtime-gate.ts';
import {
  ACCOUNT_ID,
  ANSWER_HEADERS,
  checkInvokeHeaders,
  checkStop,
  QUALIFIER,
  RUNTIME_ARN,
  SESSION_HEADER,
  USER_HEADER,
  WORKLOAD_TOKEN_HEADER,
} from './runtime-model.ts';
import type { Sessions } from './sessions.ts';
import { type FieldProblem, parseBody, refuse } from './validation.ts';

/** The data plane of bedrock-agentcore: InvokeAgentRuntime, StopRuntimeSession and the identity operations. */

export interface RuntimeApiDeps {
  readonly agentRuntimeArn: string;
  readonly accountId: string;
  /** Names of the runtime's endpoints; AWS always has DEFAULT. */
  readonly qualifiers: readonly string[];
  readonly sessions: Sessions;
  /** Calls of the runtime carry tokens that this one judges; without it they are signed. */
  readonly authorizer: JwtAuthorizer | undefined;
  /** Names of the callers' headers that reach the agent, in small letters. */
  readonly headerAllowlist: readonly string[];
  readonly workloads: readonly WorkloadIdentity[];
  readonly oauth2Providers: readonly string[];
  /** The stand-in's own address. */
  readonly origin: () => string;
  readonly invocationsPerSecond: number | undefined;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const REMEMBERED_TOKENS = 1_000;
const LOGGED_ERROR_CHARS = 1_000;

export function createRuntimeApi(deps: RuntimeApiDeps): Api & { reset(): void } {
  const { sessions, now, log } = deps;
  const runtimeId = deps.agentRuntimeArn.slice(deps.agentRuntimeArn.lastIndexOf('/') + 1);
  // The runtime has an identity of its own, with which its agent acts for its callers.
  const named = deps.workloads.some(({ name }) => name === runtimeId);
  const identity = createIdentityApi({
    ...deps,
    workloads: named ? deps.workloads : [...deps.workloads, { name: runtimeId }],
    providers: deps.oauth2Providers,
  });
  const gate = createRuntimeGate(deps.authorizer, deps.origin);
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
    const answer = await forwardInvocation(sessions, sessionId, call, headersForAgent(call));
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

  /** What AgentCore adds for the agent: the callers' headers that it was told to let through, and who it acts for. */
  function headersForAgent(call: AwsRequest): Record<string, string> {
    const allowed = deps.headerAllowlist.flatMap((name) => {
      const value = call.headers[name];
      // A signature is nothing for the agent; AWS allows the header for tokens only.
      if (value === undefined || (name === 'authorization' && !call.caller)) return [];
      return [[name, String(value)]];
    });
    const userId = call.headers[USER_HEADER];
    const user = call.caller ?? (typeof userId === 'string' ? { userId } : undefined);
    return { ...Object.fromEntries(allowed), [WORKLOAD_TOKEN_HEADER]: identity.issue(runtimeId, user) };
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
    authorize: (call) => gate(call),
    operationOf(call) {
      const { method, segments } = call;
      const ofIdentity = identity.operationOf(call);
      if (ofIdentity !== undefined) return ofIdentity;
      if (method === 'POST' && segments[0] === 'runtimes' && segments.length === 3) {
        if (segments[2] === 'invocations') return 'InvokeAgentRuntime';
        if (segments[2] === 'stopruntimesession') return 'StopRuntimeSession';
      }
      return `${method} /${segments.join('/')}`;
    },
    answer(operation, call) {
      if (operation === 'InvokeAgentRuntime') return invoke(call);
      if (operation === 'StopRuntimeSession') return stop(call);
      const ofIdentity = identity.find(operation);
      if (ofIdentity) return ofIdentity(call);
      const message = `This stand-in has no bedrock-agentcore operation for ${operation}`;
      throw awsError(404, 'UnknownOperationException', message);
    },
    fail: jsonError,
    reset() {
      recent.clear();
      stopped.clear();
      identity.reset();
    },
  };
}

/** The runtime session that a request names, if any. */
export function sessionOf(call: Pick<AwsRequest, 'headers'>): string | undefined {
  const value = call.headers[SESSION_HEADER];
  return typeof value === 'string' ? value : undefined;
}

function clientTokenOf(body: Buffer): unknown {
  const parsed = parseBody(body);
  return typeof parsed === 'object' && parsed !== null && 'clientToken' in parsed
    ? parsed.clientToken
    : undefined;
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
