import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { seededRandom } from '../seeded-random.ts';
import { createAccount } from './account.ts';
import { createAccountApis } from './account-apis.ts';
import type { Api, AwsRequest } from './api.ts';
import { answerControl } from './control.ts';
import { type ExchangeDeps, exchange, type RecordedCall, readBody } from './exchange.ts';
import type { Fault, Latency } from './faults.ts';
import { createGuardrailApi, type GuardrailOptions } from './guardrail/guardrail-api.ts';
import type { WorkloadIdentity } from './identity-api.ts';
import { createJwtAuthorizer, type JwtAuthorizerOptions } from './jwt-authorizer.ts';
import { isDone, listen } from './listen.ts';
import { type MemoryOptions, withMemory } from './memory/memory-api.ts';
import { checkCaller, chooseApi, readTarget } from './route.ts';
import { createRuntimeApi } from './runtime-api.ts';
import { ALLOWLIST_NAME, RUNTIME_ARN } from './runtime-model.ts';
import { type AgentOptions, createSessions, type SessionView } from './sessions.ts';
import { type Credentials, parseAuthorization } from './sigv4.ts';
import { withIdentities } from './workload-identities.ts';

export type { RecordedCall } from './exchange.ts';
export type { Fault, Latency } from './faults.ts';
export type { GuardrailOptions } from './guardrail/guardrail-api.ts';
export { AWS_GUARDRAIL_QUOTAS } from './guardrail/quotas.ts';
export type { JwtAuthorizerOptions } from './jwt-authorizer.ts';
export type { MemoryOptions } from './memory/memory-api.ts';
export { AWS_MEMORY_QUOTAS } from './memory/quotas.ts';
export type { AgentOptions, SessionView } from './sessions.ts';

export interface AwsStandInOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Default us-east-2. */
  readonly region?: string;
  /** 12 digits, default 123456789012. */
  readonly accountId?: string;
  readonly agentRuntimeArn?: string;
  /** Endpoints of the runtime, default only DEFAULT. */
  readonly qualifiers?: readonly string[];
  readonly agent: AgentOptions;
  /** The key pair that signatures must be made with. Without it only their form is checked. */
  readonly credentials?: Credentials;
  /** The runtime takes tokens of this provider instead of signatures. */
  readonly jwtAuthorizer?: JwtAuthorizerOptions;
  /** At most 20 names of callers' headers that the agent gets to see; Authorization only with `jwtAuthorizer`. */
  readonly requestHeaderAllowlist?: readonly string[];
  /** Besides the runtime's own, which has the runtime's id as its name. */
  readonly workloadIdentities?: readonly WorkloadIdentity[];
  /** Names of OAuth2 credential providers. */
  readonly oauth2Providers?: readonly string[];
  /** AWS allows 25 per endpoint; default no limit. */
  readonly invocationsPerSecond?: number;
  /** AgentCore Memory is always there; without options it is empty at every start, and has no quotas. */
  readonly memory?: MemoryOptions;
  /** Guardrails of Bedrock can always be made; without options there are none at the start, and no quotas. */
  readonly guardrail?: GuardrailOptions;
  /** Of the random part of latencies, default 1. */
  readonly seed?: number;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly log?: (line: string) => void;
}

export interface AwsStandIn {
  /** What AWS_ENDPOINT_URL is set to. */
  readonly url: string;
  readonly agentRuntimeArn: string;
  readonly accountId: string;
  readonly region: string;
  sessions(): SessionView[];
  /** The latest calls, oldest first. */
  readonly calls: RecordedCall[];
  /** Push faults here. */
  readonly faults: Fault[];
  /** How long operations take; at most one entry for each. */
  readonly latencies: Latency[];
  /** Ends every agent process, then the server. */
  close(): Promise<void>;
}

const REMEMBERED_CALLS = 10_000;
/** AWS keeps these for itself. */
const RESERVED = /^x-amz-|^x-amzn-(?!bedrock-agentcore-runtime-custom-)/;

/** Starts an AWS that listens on the loopback interface: AgentCore's runtime and a small account. */
export async function createAwsStandIn(options: AwsStandInOptions): Promise<AwsStandIn> {
  const region = options.region ?? 'us-east-2';
  const accountId = options.accountId ?? '123456789012';
  const agentRuntimeArn =
    options.agentRuntimeArn ??
    `arn:aws:bedrock-agentcore:${region}:${accountId}:runtime/cloud_engineer-AbCdEf1234`;
  if (!RUNTIME_ARN.test(agentRuntimeArn)) {
    throw new Error(
      `agentRuntimeArn ${agentRuntimeArn} is not the ARN of a runtime (…:runtime/<name>-<10 characters>)`,
    );
  }
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const calls: RecordedCall[] = [];
  const faults: Fault[] = [];
  const latencies: Latency[] = [];
  const headerAllowlist = readAllowlist(options);
  const authorizer = options.jwtAuthorizer && createJwtAuthorizer(options.jwtAuthorizer, now);
  const sessions = createSessions({ agent: options.agent, now, log });
  const runtime = createRuntimeApi({
    agentRuntimeArn,
    accountId,
    qualifiers: options.qualifiers ?? ['DEFAULT'],
    sessions,
    authorizer,
    headerAllowlist,
    workloads: options.workloadIdentities ?? [],
    oauth2Providers: options.oauth2Providers ?? [],
    origin: () => url,
    invocationsPerSecond: options.invocationsPerSecond,
    now,
    log,
  });
  const agentCore = withMemory(withIdentities(runtime, { accountId, region, now }), {
    options: options.memory ?? {},
    accountId,
    region,
    now,
    log,
  });
  const guardrails = createGuardrailApi({ options: options.guardrail ?? {}, accountId, region, now });
  const apis: readonly Api[] = [
    agentCore,
    guardrails,
    ...createAccountApis(createAccount(accountId, region)),
  ];
  const exchangeDeps: ExchangeDeps = {
    faults,
    latencies,
    random: seededRandom(options.seed ?? 1),
    now,
    log,
    record(call) {
      calls.push(call);
      if (calls.length > REMEMBERED_CALLS) calls.shift();
    },
  };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = readTarget(incoming.url ?? '/');
    if (!target) return sendPlain(response, 400, 'The path is not percent-encoded correctly');
    const { authorization } = incoming.headers;
    if (target.rawPath.startsWith('/control/') && authorization === undefined) {
      const reset = async () => {
        faults.length = 0;
        latencies.length = 0;
        agentCore.reset();
        guardrails.reset();
        await sessions.stopAll();
        calls.length = 0;
      };
      const deps = { faults, latencies, sessions: sessions.list, calls: () => calls, reset };
      return answerControl(deps, target.rawPath, incoming, response);
    }
    const { body, tooLarge } = await readBody(incoming);
    const gone = new AbortController();
    response.on('close', () => {
      if (!isDone(response)) gone.abort();
    });
    const signature = parseAuthorization(authorization);
    const request: AwsRequest = {
      ...target,
      requestId: randomUUID(),
      method: incoming.method ?? 'GET',
      headers: incoming.headers,
      body,
      bodyTooLarge: tooLarge,
      region: typeof signature === 'object' ? signature.region : region,
      signal: gone.signal,
    };
    const api = chooseApi(apis, request, signature);
    if (!api) {
      const what = typeof signature === 'object' ? signature.service : target.rawPath;
      return sendPlain(
        response,
        400,
        `This stand-in has no ${what}; it has ${apis.map((a) => a.name).join(', ')}`,
      );
    }
    const { caller, refusal } = await checkCaller(api, request, signature, {
      region,
      credentials: options.credentials,
      nowMs: Date.now(),
    });
    return exchange(exchangeDeps, api, { ...request, caller }, response, refusal);
  }

  const server = await listen(
    { port: options.port ?? 0, host: options.host ?? '127.0.0.1' },
    (incoming, response) => {
      handle(incoming, response).catch((error: unknown) => {
        // The client went away while it was sending.
        log(`${incoming.method} ${incoming.url} was not answered: ${String(error)}`);
        response.destroy();
      });
    },
  );
  const url = `http://127.0.0.1:${server.port}`;

  return {
    url,
    agentRuntimeArn,
    accountId,
    region,
    sessions: sessions.list,
    calls,
    faults,
    latencies,
    async close() {
      await Promise.all([sessions.close(), server.close()]);
    },
  };
}

/** The allowlist in small letters, as headers come. Throws for what CreateAgentRuntime refuses. */
function readAllowlist(options: AwsStandInOptions): readonly string[] {
  const names = (options.requestHeaderAllowlist ?? []).map((name) => name.toLowerCase());
  const wrong = names.find((name) => !ALLOWLIST_NAME.test(name) || RESERVED.test(name));
  if (wrong !== undefined) throw new Error(`requestHeaderAllowlist: ${wrong} cannot be passed on`);
  if (names.length > 20) throw new Error('requestHeaderAllowlist: at most 20 headers');
  if (names.includes('authorization') && !options.jwtAuthorizer) {
    throw new Error('requestHeaderAllowlist: Authorization is passed on only with a jwtAuthorizer');
  }
  return names;
}

function sendPlain(response: ServerResponse, status: number, message: string): void {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'UnknownOperationException' };
  response.writeHead(status, headers);
  response.end(JSON.stringify({ message }));
}
