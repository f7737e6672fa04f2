import { describe, expect, onTestFinished, test } from 'vitest';
import type { AwsStandIn } from '../../../local/aws/stand-in.ts';
import { createRuntimeClient, type RuntimeClient } from '../../../src/agentcore/runtime-client.ts';
import { createJwtRuntimeClient } from '../../../src/agentcore/runtime-client-jwt.ts';
import { KEYS, sessionId, startStandIn, until } from '../local/aws/start.ts';
import { startCognito, tokensOf } from '../local/cognito/application.ts';
import { failureOf, request, stopRequest } from './clients.ts';

/** Both clients at AgentCore's rules, with agents that are processes, and with real tokens of Cognito. */

interface Bench {
  readonly aws: AwsStandIn;
  readonly client: RuntimeClient;
  readonly bearer: string | undefined;
}

const where = (aws: AwsStandIn) => ({
  region: aws.region,
  endpoint: aws.url,
  runtimeArn: aws.agentRuntimeArn,
});

const BENCHES: readonly (readonly [how: string, open: () => Promise<Bench>])[] = [
  [
    'with AWS credentials',
    async () => {
      const aws = await startStandIn({ credentials: KEYS });
      return { aws, client: createRuntimeClient({ ...where(aws), credentials: KEYS }), bearer: undefined };
    },
  ],
  [
    'with a person’s token',
    async () => {
      const cognito = await startCognito();
      const discoveryUrl = `${cognito.url}/.well-known/openid-configuration`;
      const aws = await startStandIn({
        credentials: KEYS,
        jwtAuthorizer: { discoveryUrl, allowedClients: [cognito.clientId] },
      });
      const { access } = await tokensOf(cognito, 'carol');
      return { aws, client: createJwtRuntimeClient(where(aws)), bearer: access };
    },
  ],
];

describe.each(BENCHES)('a runtime that is called %s', (_how, openBench) => {
  async function open() {
    const bench = await openBench();
    onTestFinished(() => bench.client.close());
    const session = sessionId('contract');
    const invoke = (what: string, changes: Parameters<typeof request>[0] = {}) =>
      bench.client.invoke(
        request({
          sessionId: session,
          bearer: bench.bearer,
          payload: Buffer.from(JSON.stringify({ do: what })),
          ...changes,
        }),
      );
    const stop = () => bench.client.stop(stopRequest({ sessionId: session, bearer: bench.bearer }));
    const ask = async (what: string) => text(await invoke(what));
    return { ...bench, session, invoke, stop, ask };
  }

  test('streams its answer piece by piece', async () => {
    const { invoke, ask, session } = await open();
    const answer = await invoke('stream');
    expect(answer).toMatchObject({ contentType: 'text/event-stream', sessionId: session });
    const pieces: string[] = [];
    for await (const piece of answer.body) {
      pieces.push(Buffer.from(piece).toString());
      // The second piece is written only after the first has been read here.
      if (pieces.length === 1) await ask('hold');
    }
    expect(pieces).toEqual(['data: one\n\n', 'data: two\n\n']);
  });

  test('ends the request to its agent when we leave in mid-stream', async () => {
    const { invoke, ask } = await open();
    const stop = new AbortController();
    const { body } = await invoke('stream', { signal: stop.signal });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    stop.abort();
    expect(await failureOf(reader.next())).toMatchObject({ code: 'agent_cancelled' });
    await until('the agent has seen it', async () => JSON.parse(await ask('echo')).disconnects === 1);
  });

  test.each([
    ['refuses for a while', { kind: 'error', name: 'ThrottlingException' }, 'agent_throttled', false],
    ['was being changed', { kind: 'error', name: 'RetryableConflictException' }, 'agent_conflict', false],
    ['fails', { kind: 'error', name: 'InternalServerException' }, 'agent_internal', true],
    ['drops the request', { kind: 'drop_before' }, 'agent_unreachable', true],
    ['loses the answer', { kind: 'drop_answer' }, 'agent_unreachable', true],
  ] as const)('that %s is asked once', async (_what, fault, code, mayHaveStarted) => {
    const { aws, invoke } = await open();
    aws.faults.push({ operation: 'InvokeAgentRuntime', times: 1, ...fault });
    expect(await failureOf(invoke('echo'))).toMatchObject({ code, mayHaveStarted });
    expect(aws.calls).toHaveLength(1);
  });

  test('whose connection is cut breaks off with what was read', async () => {
    const { aws, invoke } = await open();
    aws.faults.push({ operation: 'InvokeAgentRuntime', times: 1, kind: 'cut_after_bytes', bytes: 9 });
    const { body } = await invoke('stream');
    const reader = body[Symbol.asyncIterator]();
    expect(Buffer.from((await reader.next()).value ?? []).toString()).toBe('data: one');
    expect(await failureOf(reader.next())).toMatchObject({ code: 'agent_unreachable', mayHaveStarted: true });
  });

  test('whose agent says nothing is given up', async () => {
    const { invoke, ask } = await open();
    await ask('echo');
    expect(await failureOf(invoke('mute', { silenceMs: 60 }))).toMatchObject({ code: 'agent_timeout' });
  });

  test('whose agent fails says so', async () => {
    const { invoke } = await open();
    expect(await failureOf(invoke('fail'))).toMatchObject({ code: 'agent_failed', status: 424 });
  });

  test('stops a session, once', async () => {
    const { aws, ask, stop } = await open();
    const before = JSON.parse(await ask('echo'));
    await stop();
    expect(aws.sessions()).toEqual([]);
    // The same client token again: the service remembers, and nothing new is stopped.
    const after = JSON.parse(await ask('echo'));
    expect(after.pid).not.toBe(before.pid);
    await stop();
    expect(aws.sessions()).toHaveLength(1);
  });

  test('takes a question of a megabyte', async () => {
    const { invoke } = await open();
    const answer = await invoke('echo', { payload: { prompt: 'x'.repeat(1_000_000) } });
    expect(JSON.parse(await text(answer)).bytes).toBe(1_000_000 + '{"prompt":""}'.length);
  });
});

test('a token that its runtime refuses means that its person signs in again, and nothing has begun', async () => {
  const cognito = await startCognito();
  const discoveryUrl = `${cognito.url}/.well-known/openid-configuration`;
  const aws = await startStandIn({ jwtAuthorizer: { discoveryUrl, allowedClients: [cognito.clientId] } });
  const client = createJwtRuntimeClient(where(aws));
  onTestFinished(() => client.close());
  cognito.setTokenLife({ accessSeconds: 30 });
  const { access } = await tokensOf(cognito, 'carol');
  for (const bearer of [access, 'not.a.token']) {
    expect(await failureOf(client.invoke(request({ bearer })))).toMatchObject({
      code: 'agent_unauthorized',
      mayHaveStarted: false,
    });
  }
  expect(aws.calls.map(({ status }) => status)).toEqual([401, 403]);
  expect(aws.sessions()).toEqual([]);
});

async function text({ body }: { readonly body: AsyncIterable<Uint8Array> }): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
