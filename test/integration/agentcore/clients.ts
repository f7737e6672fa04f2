import { expect } from 'vitest';
import { AgentCoreError, type AgentFailure } from '../../../src/agentcore/errors.ts';
import {
  createRuntimeClient,
  type InvokeInput,
  type RuntimeClient,
  type StopInput,
} from '../../../src/agentcore/runtime-client.ts';
import { createJwtRuntimeClient } from '../../../src/agentcore/runtime-client-jwt.ts';

/** What the tests of the runtime clients share. */

export const ARN = 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef';
export const SESSION = `tc-${'a'.repeat(52)}`;
export const TOKEN = 'eyJraWQiOiJhIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ';

const where = (url: string) => ({
  region: 'us-east-2',
  endpoint: url,
  runtimeArn: ARN,
  connectTimeoutMs: 2000,
});

interface Client {
  readonly create: (url: string) => RuntimeClient;
  /** What its Authorization header looks like. */
  readonly authorization: RegExp;
}

export const CLIENTS: readonly (readonly [how: string, client: Client])[] = [
  [
    'with AWS credentials',
    {
      create: (url) =>
        createRuntimeClient({
          ...where(url),
          credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-secret' },
        }),
      authorization: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-2\/bedrock-agentcore\//,
    },
  ],
  [
    'with a person’s token',
    {
      create: (url) => createJwtRuntimeClient(where(url)),
      authorization: /^Bearer eyJraWQiOiJhIn0\.eyJzdWIiOiJjYW5hcnkifQ\.c2lnbmF0dXJlLWNhbmFyeQ$/,
    },
  ],
];

export function request(changes: Partial<InvokeInput> = {}): InvokeInput {
  return {
    sessionId: SESSION,
    userId: 'slack:T1:U1',
    bearer: TOKEN,
    payload: { prompt: 'hi' },
    signal: new AbortController().signal,
    ...changes,
  };
}

export function stopRequest(changes: Partial<StopInput> = {}): StopInput {
  return {
    sessionId: SESSION,
    clientToken: 'stop'.repeat(10),
    bearer: TOKEN,
    signal: new AbortController().signal,
    ...changes,
  };
}

export async function errorOf(work: Promise<unknown>): Promise<AgentCoreError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AgentCoreError);
  return error as AgentCoreError;
}

export async function failureOf(work: Promise<unknown>): Promise<AgentFailure> {
  return (await errorOf(work)).failure;
}
