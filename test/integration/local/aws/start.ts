import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import { onTestFinished } from 'vitest';
import { type AwsStandIn, type AwsStandInOptions, createAwsStandIn } from '../../../../local/aws/stand-in.ts';

/** What the tests of the AWS stand-in share: starting it, talking to it, waiting. */

export const KEYS = { accessKeyId: 'AKIALOCALLOCALLOCAL1', secretAccessKey: 'local-secret-for-tests' };
export const FIXTURE = fileURLToPath(new URL('./fixture-agent.ts', import.meta.url));

type Agent = Extract<AwsStandInOptions['agent'], { mode: 'process' | 'shared' }>;

/** A stand-in with the fixture agent, closed when the test ends. */
export async function startStandIn(
  options: Partial<Omit<AwsStandInOptions, 'agent'>> & { agent?: Partial<Agent> } = {},
): Promise<AwsStandIn> {
  const agent: Agent = { mode: 'process', command: process.execPath, args: [FIXTURE], ...options.agent };
  const standIn = await createAwsStandIn({ ...options, agent });
  onTestFinished(() => standIn.close());
  return standIn;
}

/** The real client, with one attempt, as the backend uses it. */
export function runtimeClient(standIn: AwsStandIn, credentials = KEYS): BedrockAgentCoreClient {
  const client = new BedrockAgentCoreClient({
    endpoint: standIn.url,
    region: standIn.region,
    credentials,
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

export function sessionId(name: string): string {
  return `tc-${name.padEnd(40, '0')}`;
}

export interface Echo {
  readonly pid: number;
  readonly count: number;
  readonly disconnects: number;
  readonly flooded: number;
  readonly mutes: number;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Invokes and reads the whole answer as what the fixture agent echoes. */
export async function ask(
  client: BedrockAgentCoreClient,
  standIn: AwsStandIn,
  session: string,
  what = 'echo',
): Promise<Echo> {
  const answer = await client.send(invoke(standIn, session, what));
  return JSON.parse((await answer.response?.transformToString()) ?? '') as Echo;
}

export function invoke(standIn: AwsStandIn, session: string, what: string, bytes?: number) {
  return new InvokeAgentRuntimeCommand({
    agentRuntimeArn: standIn.agentRuntimeArn,
    runtimeSessionId: session,
    contentType: 'application/json',
    accept: 'text/event-stream, application/json',
    payload: Buffer.from(JSON.stringify({ do: what, ...(bytes === undefined ? {} : { bytes }) })),
  });
}

/** What Node says when a connection ends before its answer does. */
export const CUT_OFF = /aborted|socket hang up|ECONNRESET/;

/** Takes a promise that will fail in the hand at once, to look at its error later. */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

/** Polls until the condition holds; fails after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

const SCOPE = `Credential=${KEYS.accessKeyId}/20260101`;

/** An Authorization header that has the right form and nothing more. */
export function formOnly(service: string, region = 'us-east-2'): string {
  const signature = 'a'.repeat(64);
  return `AWS4-HMAC-SHA256 ${SCOPE}/${region}/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request without the SDK, for what the SDK would not send. */
export async function raw(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<RawAnswer> {
  const call = request(url, {
    method: options.method ?? 'POST',
    headers: options.headers ?? {},
    agent: false,
  });
  call.end(options.body ?? '');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}
