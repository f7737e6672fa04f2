import type { IncomingHttpHeaders } from 'node:http';
import type { FieldProblem } from './validation.ts';

/**
 * What the model of bedrock-agentcore (API version 2024-02-28) says about InvokeAgentRuntime and StopRuntimeSession:
 * where each field travels, and its limits. The JavaScript clients check none of it.
 */

export const SESSION_HEADER = 'x-amzn-bedrock-agentcore-runtime-session-id';
export const USER_HEADER = 'x-amzn-bedrock-agentcore-runtime-user-id';

interface Field {
  readonly name: string;
  readonly header: string;
  readonly min: number;
  readonly max: number;
}

/** Fields of InvokeAgentRuntime that travel as headers. None is required: AWS makes up a missing session id. */
export const INVOKE_HEADERS: readonly Field[] = [
  { name: 'runtimeSessionId', header: SESSION_HEADER, min: 33, max: 256 },
  { name: 'runtimeUserId', header: USER_HEADER, min: 1, max: 1024 },
  { name: 'contentType', header: 'content-type', min: 1, max: 256 },
  { name: 'accept', header: 'accept', min: 1, max: 256 },
  { name: 'traceId', header: 'x-amzn-trace-id', min: 0, max: 128 },
  { name: 'traceParent', header: 'traceparent', min: 0, max: 128 },
  { name: 'traceState', header: 'tracestate', min: 0, max: 512 },
  { name: 'baggage', header: 'baggage', min: 0, max: 8192 },
  { name: 'mcpSessionId', header: 'mcp-session-id', min: 1, max: 1024 },
  { name: 'mcpProtocolVersion', header: 'mcp-protocol-version', min: 1, max: 1024 },
  { name: 'mcpMethod', header: 'mcp-method', min: 1, max: 1024 },
  { name: 'mcpName', header: 'mcp-name', min: 1, max: 1024 },
];

/** Headers of the agent's answer that reach the caller (members of InvokeAgentRuntimeResponse). */
export const ANSWER_HEADERS: readonly string[] = [
  'content-type',
  'mcp-session-id',
  'mcp-protocol-version',
  'x-amzn-trace-id',
  'traceparent',
  'tracestate',
  'baggage',
];

/** The agent's own identity together with its caller's, as AgentCore's SDKs read it. */
export const WORKLOAD_TOKEN_HEADER = 'workloadaccesstoken';
/** A name in the runtime's `requestHeaderAllowlist`. */
export const ALLOWLIST_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,255}$/;

/** Headers under this prefix are the caller's own and reach the agent. */
export const CUSTOM_HEADER_PREFIX = 'x-amzn-bedrock-agentcore-runtime-custom-';

export const RUNTIME_ARN =
  /^arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:runtime\/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$/;
/** The name of a runtime's endpoint, which is what `qualifier` holds. */
export const QUALIFIER = /^[a-zA-Z][a-zA-Z0-9_]{0,47}$/;
export const ACCOUNT_ID = /^[0-9]{12}$/;
const CLIENT_TOKEN = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}$/;

/** Errors of both operations and their HTTP status. */
export const ERROR_STATUS: Readonly<Record<string, number>> = {
  ValidationException: 400,
  UnauthorizedException: 401,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  RetryableConflictException: 409,
  RuntimeClientError: 424,
  ThrottlingException: 429,
  InternalServerException: 500,
};

/** Every header of InvokeAgentRuntime that breaks its limits. */
export function checkInvokeHeaders(headers: IncomingHttpHeaders): FieldProblem[] {
  return INVOKE_HEADERS.flatMap((field) => checkLength(field, headers[field.header]));
}

/** StopRuntimeSession needs its session id; everything else is optional. */
export function checkStop(headers: IncomingHttpHeaders, clientToken: unknown): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const session = { name: 'runtimeSessionId', header: SESSION_HEADER, min: 33, max: 256 };
  if (headers[SESSION_HEADER] === undefined) {
    problems.push({ name: session.name, message: `header ${SESSION_HEADER} is required` });
  }
  problems.push(...checkLength(session, headers[SESSION_HEADER]));
  if (clientToken !== undefined) {
    if (typeof clientToken !== 'string') {
      problems.push({ name: 'clientToken', message: 'must be a string' });
    } else {
      problems.push(...checkLength({ name: 'clientToken', min: 33, max: 256 }, clientToken));
      if (!CLIENT_TOKEN.test(clientToken)) {
        problems.push({ name: 'clientToken', message: 'may hold letters, digits and inner hyphens only' });
      }
    }
  }
  return problems;
}

function checkLength(
  field: Pick<Field, 'name' | 'min' | 'max'>,
  value: string | string[] | undefined,
): FieldProblem[] {
  if (value === undefined) return [];
  const { length } = Array.isArray(value) ? value.join(', ') : value;
  if (length >= field.min && length <= field.max) return [];
  return [
    { name: field.name, message: `has ${length} characters, allowed are ${field.min} to ${field.max}` },
  ];
}
