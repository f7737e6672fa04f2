import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeAgentStream } from '../../../src/agentcore/decode.ts';
import type { RuntimeClient } from '../../../src/agentcore/runtime-client.ts';
import { ARN, CLIENTS, failureOf, request, SESSION, stopRequest } from './clients.ts';
import { awsError, type Endpoint, openEndpoint, type SeenRequest, startStream } from './endpoint.ts';

const open: (Endpoint | RuntimeClient)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Both clients keep one contract: whatever is said here holds for the two. */
describe.each(CLIENTS)('the runtime client that calls %s', (_how, { create, authorization }) => {
  async function connect(answer: (response: ServerResponse, request: SeenRequest) => void) {
    const endpoint = await openEndpoint(answer);
    const client = create(endpoint.url);
    open.push(client, endpoint);
    return { endpoint, client };
  }

  describe('invoking the runtime', () => {
    it('sends what the AgentCore data plane expects', async () => {
      const { endpoint, client } = await connect((response) => {
        startStream(response, { 'x-amzn-bedrock-agentcore-runtime-session-id': 'as-aws-says' });
        response.end('data: x\n\n');
      });
      const answer = await client.invoke(
        request({
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          tracestate: 'a=b',
        }),
      );
      expect(await readAll(answer.body)).toBe('data: x\n\n');
      expect(answer).toMatchObject({ contentType: 'text/event-stream', sessionId: 'as-aws-says' });

      const [seen] = endpoint.requests;
      expect(endpoint.requests).toHaveLength(1);
      expect(seen).toMatchObject({
        method: 'POST',
        url: `/runtimes/${encodeURIComponent(ARN)}/invocations?qualifier=DEFAULT`,
        body: '{"prompt":"hi"}',
      });
      expect(seen?.headers).toMatchObject({
        'x-amzn-bedrock-agentcore-runtime-session-id': SESSION,
        'content-type': 'application/json',
        accept: 'text/event-stream, application/json',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: 'a=b',
      });
      expect(seen?.headers.authorization).toMatch(authorization);
    });

    it('hands text over while the agent is still speaking', async () => {
      const answering = Promise.withResolvers<ServerResponse>();
      const { client } = await connect((response) => {
        startStream(response);
        answering.resolve(response);
      });
      const { body, contentType } = await client.invoke(request());
      const response = await answering.promise;
      const events = decodeAgentStream(body, contentType, {
        protocol: 'threadcore',
        onUnknown: () => undefined,
      });
      for (const seq of [1, 2, 3]) {
        response.write(`data: {"type":"text","seq":${seq},"text":"word"}\n\n`);
        // The server has not ended its answer, so this resolves only if nothing waits for the whole of it.
        expect((await events.next()).value).toMatchObject({ seq });
      }
      response.end();
      expect((await events.next()).done).toBe(true);
    });

    it.each([
      [429, 'ThrottlingException', 'agent_throttled', false],
      [402, 'ServiceQuotaExceededException', 'agent_quota', false],
      [404, 'ResourceNotFoundException', 'agent_not_found', false],
      [409, 'RetryableConflictException', 'agent_conflict', false],
      [400, 'ValidationException', 'agent_invalid', false],
      [424, 'RuntimeClientError', 'agent_failed', true],
      [500, 'InternalServerException', 'agent_internal', true],
    ])('reports %i %s and asks only once', async (status, name, code, mayHaveStarted) => {
      const { endpoint, client } = await connect((response) => awsError(response, status, name));
      expect(await failureOf(client.invoke(request()))).toMatchObject({
        code,
        mayHaveStarted,
        status,
        cause: name,
      });
      expect(endpoint.requests).toHaveLength(1);
    });

    it.each([
      ['{"__type":"com.amazonaws.bedrockagentcore#ThrottlingException"}', 'ThrottlingException'],
      ['{"code":"ThrottlingException:http://internal.amazon.com/"}', 'ThrottlingException'],
      ['{"__type":"not a name at all"}', 'UnknownError'],
    ])('reads the name of an error that stands in its body only: %s', async (body, cause) => {
      const { client } = await connect((response) => response.writeHead(400).end(body));
      const failure = await failureOf(client.invoke(request()));
      expect(failure).toMatchObject({
        code: cause === 'UnknownError' ? 'agent_invalid' : 'agent_throttled',
        cause,
      });
    });

    it('reports an error page that did not come from AgentCore by its status', async () => {
      const { endpoint, client } = await connect((response) => {
        response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
      });
      expect(await failureOf(client.invoke(request()))).toMatchObject({
        code: 'agent_internal',
        mayHaveStarted: true,
        status: 502,
      });
      expect(endpoint.requests).toHaveLength(1);
    });

    it('says that the agent may have started when the connection is dropped after the request', async () => {
      const { endpoint, client } = await connect((response) => response.socket?.destroy());
      expect(await failureOf(client.invoke(request()))).toMatchObject({
        code: 'agent_unreachable',
        mayHaveStarted: true,
        retryable: false,
      });
      expect(endpoint.requests).toHaveLength(1);
    });

    it('says that the agent did not start when nobody listens', async () => {
      const { endpoint, client } = await connect(() => undefined);
      await endpoint.close();
      expect(await failureOf(client.invoke(request()))).toMatchObject({
        code: 'agent_unreachable',
        mayHaveStarted: false,
        retryable: true,
        cause: 'ECONNREFUSED',
      });
    });

    it('breaks off with what was read when the connection is dropped in mid-stream', async () => {
      const { client } = await connect((response) => {
        startStream(response);
        response.write('data: {"type":"text","seq":1,"text":"half"}\n\n', () => response.socket?.destroy());
      });
      const { body, contentType } = await client.invoke(request());
      const events = decodeAgentStream(body, contentType, {
        protocol: 'threadcore',
        onUnknown: () => undefined,
      });
      expect((await events.next()).value).toMatchObject({ text: 'half' });
      expect(await failureOf(events.next())).toMatchObject({
        code: 'agent_unreachable',
        mayHaveStarted: true,
      });
    });
  });

  describe('ending an invocation', () => {
    it('reports the time-out of a slow agent, which may have started', async () => {
      const { endpoint, client } = await connect(() => undefined);
      const failure = await failureOf(client.invoke(request({ signal: AbortSignal.timeout(50) })));
      expect(failure).toMatchObject({ code: 'agent_timeout', mayHaveStarted: true });
      expect(endpoint.requests.length).toBeLessThanOrEqual(1);
    });

    it('stops the stream and closes the socket when the signal is aborted', async () => {
      const { endpoint, client } = await connect((response) => {
        startStream(response);
        response.write('data: 1\n\n');
      });
      const stop = new AbortController();
      const { body } = await client.invoke(request({ signal: stop.signal }));
      const reader = body[Symbol.asyncIterator]();
      await reader.next();
      const [socket] = endpoint.sockets;
      const closed = once(socket as NonNullable<typeof socket>, 'close');
      stop.abort();
      expect(await failureOf(reader.next())).toMatchObject({ code: 'agent_cancelled' });
      await closed;
    });

    it('closes the socket when the reader leaves the loop', async () => {
      const { endpoint, client } = await connect((response) => {
        startStream(response);
        response.write('data: 1\n\n');
      });
      const { body } = await client.invoke(request());
      const [socket] = endpoint.sockets;
      const closed = once(socket as NonNullable<typeof socket>, 'close');
      for await (const _ of body) break;
      await closed;
      expect(endpoint.sockets.size).toBe(0);
    });

    it('may end when all of the answer has come already, before it was read', async () => {
      const { endpoint, client } = await connect((response) => {
        startStream(response);
        response.end('data: 1\n\n');
      });
      // A connection that is ended with an error to nobody ends the process, and this test with it.
      for (const leave of [(stop: AbortController) => stop.abort(), () => undefined]) {
        const stop = new AbortController();
        const { body } = await client.invoke(request({ signal: stop.signal }));
        for await (const _ of body) {
          leave(stop);
          break;
        }
        stop.abort();
      }
      expect(await readAll((await client.invoke(request())).body)).toBe('data: 1\n\n');
      expect(endpoint.requests).toHaveLength(3);
    });

    it('sends nothing when the signal is aborted beforehand', async () => {
      const { endpoint, client } = await connect((response) => response.end());
      expect(await failureOf(client.invoke(request({ signal: AbortSignal.abort() })))).toMatchObject({
        code: 'agent_cancelled',
      });
      expect(endpoint.requests).toHaveLength(0);
    });

    it('gives up on an agent that stays silent, before its answer and in the middle of it', async () => {
      const silent = await connect(() => undefined);
      expect(await failureOf(silent.client.invoke(request({ silenceMs: 40 })))).toMatchObject({
        code: 'agent_timeout',
        cause: 'Silence',
        mayHaveStarted: true,
      });

      const stalls = await connect((response) => {
        startStream(response);
        response.write('data: 1\n\n');
      });
      const { body } = await stalls.client.invoke(request({ silenceMs: 1000 }));
      const reader = body[Symbol.asyncIterator]();
      await reader.next();
      expect(await failureOf(reader.next())).toMatchObject({ code: 'agent_timeout', cause: 'Silence' });
    });
  });

  describe('using its connections', () => {
    it('asks again over the connection of an answer that was read, also of an error', async () => {
      let answers = 0;
      const { endpoint, client } = await connect((response) => {
        answers += 1;
        if (answers === 2) awsError(response, 429, 'ThrottlingException');
        else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
      await readAll((await client.invoke(request())).body);
      expect(await failureOf(client.invoke(request()))).toMatchObject({ code: 'agent_throttled' });
      await client.stop(stopRequest());
      await readAll((await client.invoke(request())).body);
      expect(endpoint.requests).toHaveLength(4);
      expect(endpoint.connections).toBe(1);
    });

    it('runs more turns at a time than the fifty connections the SDK has by default', async () => {
      const waiting: ServerResponse[] = [];
      const allHere = Promise.withResolvers<void>();
      const turns = 80;
      const { client } = await connect((response) => {
        waiting.push(response);
        if (waiting.length === turns) allHere.resolve();
      });
      const answers = Array.from({ length: turns }, () => client.invoke(request()));
      // Nobody is answered until everybody has asked.
      await allHere.promise;
      for (const response of waiting) response.end();
      const texts = await Promise.all((await Promise.all(answers)).map((answer) => readAll(answer.body)));
      expect(texts).toHaveLength(turns);
    });

    it('sends a question of many megabytes as it is, and takes an answer as large', async () => {
      const { client } = await connect((response, { body }) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      });
      const prompt = 'grüße '.repeat(2_000_000);
      const { body } = await client.invoke(request({ payload: { prompt } }));
      // Compared here, because a failing `expect` would print megabytes.
      expect((await readAll(body)) === JSON.stringify({ prompt })).toBe(true);
    });

    it('follows no redirect', async () => {
      const elsewhere = await openEndpoint((response) => response.writeHead(200).end());
      open.push(elsewhere);
      const { endpoint, client } = await connect((response) => {
        response.writeHead(307, { location: `${elsewhere.url}/` }).end();
      });
      const failure = await failureOf(client.invoke(request()));
      expect(failure).toMatchObject({ code: 'agent_unreachable', mayHaveStarted: true, status: 307 });
      expect(await failureOf(client.stop(stopRequest()))).toMatchObject({ code: 'agent_unreachable' });
      expect(endpoint.requests).toHaveLength(2);
      expect(elsewhere.requests).toEqual([]);
    });
  });

  describe('stopping a session', () => {
    it('sends StopRuntimeSession with the session and the token', async () => {
      const { endpoint, client } = await connect((response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
      await client.stop(stopRequest());
      const [seen] = endpoint.requests;
      expect(seen?.method).toBe('POST');
      expect(seen?.url).toBe(`/runtimes/${encodeURIComponent(ARN)}/stopruntimesession?qualifier=DEFAULT`);
      expect(seen?.headers['x-amzn-bedrock-agentcore-runtime-session-id']).toBe(SESSION);
      expect(seen?.headers.authorization).toMatch(authorization);
      expect(JSON.parse(seen?.body ?? '')).toEqual({ clientToken: stopRequest().clientToken });
    });

    it('reports a session that is not there', async () => {
      const { client } = await connect((response) => awsError(response, 404, 'ResourceNotFoundException'));
      expect(await failureOf(client.stop(stopRequest()))).toMatchObject({ code: 'agent_not_found' });
    });

    it('asks once, also when the connection breaks or nothing comes back in time', async () => {
      const breaks = await connect((response) => response.socket?.destroy());
      expect(await failureOf(breaks.client.stop(stopRequest()))).toMatchObject({ code: 'agent_unreachable' });
      expect(breaks.endpoint.requests).toHaveLength(1);

      const silent = await connect(() => undefined);
      const late = silent.client.stop(stopRequest({ signal: AbortSignal.timeout(50) }));
      expect(await failureOf(late)).toMatchObject({ code: 'agent_timeout' });
      expect(silent.endpoint.requests.length).toBeLessThanOrEqual(1);
    });
  });
});
