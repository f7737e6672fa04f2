import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentApp } from '../../../agent-runtime/agent-app.ts';
import { allEvents, ask, invocation, post, sessionId, startAgent, textOf } from './agent-client.ts';

let app: AgentApp;
beforeAll(async () => {
  app = await startAgent({ MAX_BODY_BYTES: '400000' });
});
afterAll(() => app.stop());

const JSON_ONLY = 'application/json';

describe('a bare prompt', () => {
  test.each([{ prompt: 'echo plain' }, { message: 'echo plain' }])(
    '%o is answered as one JSON object',
    async (body) => {
      const response = await post(app.port, body, { accept: JSON_ONLY });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ response: 'plain' });
    },
  );

  test('is answered as a stream when a stream is asked for', async () => {
    const events = await allEvents(post(app.port, { prompt: 'echo streamed' }));
    expect(textOf(events)).toBe('streamed');
    expect(events.at(-1)).toMatchObject({ type: 'end', stop: 'end' });
  });

  test('that fails answers with an error and no stack', async () => {
    const response = await post(app.port, { prompt: 'fail now' }, { accept: JSON_ONLY });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: 'The model does not answer. Please ask again in a moment.',
    });
  });
});

const bad: [string, unknown, RegExp][] = [
  ['no body', '', /no body/],
  ['white space', ' \n ', /no body/],
  ['broken JSON', '{"prompt": ', /not valid JSON/],
  ['a list', ['prompt'], /not a JSON object/],
  ['a string', '"prompt"', /not a JSON object/],
  ['null', 'null', /no body/],
  ['an empty object', {}, /"prompt" is missing/],
  ['a number as prompt', { prompt: 5 }, /must be a string/],
  ['an empty prompt', { prompt: '  ' }, /prompt is empty/],
  ['a prompt of 100,001 characters', { prompt: 'x'.repeat(100_001) }, /100001 characters; at most 100000/],
];

describe('a request that is wrong', () => {
  test.each(bad)('(%s) gets a clear 4xx with JSON', async (_name, body, message) => {
    const response = await post(app.port, body, { accept: JSON_ONLY });
    expect(response.status).toBe(400);
    const answer = (await response.json()) as { error: string };
    expect(answer.error).toMatch(message);
  });

  test.each(bad)(
    '(%s) gets an error event and an end when a stream is asked for',
    async (_name, body, message) => {
      const events = await allEvents(post(app.port, body));
      expect(events).toEqual([
        {
          type: 'error',
          seq: 1,
          code: 'invalid_request',
          message: expect.stringMatching(message),
          retryable: false,
        },
        { type: 'end', seq: 2, stop: 'end' },
      ]);
    },
  );

  test('with no body and no content type still gets an answer', async () => {
    const headers = { accept: 'text/event-stream' };
    const response = await fetch(`http://127.0.0.1:${app.port}/invocations`, { method: 'POST', headers });
    expect((await allEvents(response))[0]).toMatchObject({ code: 'invalid_request' });
  });

  test('without a session header says which header is missing', async () => {
    const response = await post(app.port, { prompt: 'hi' }, { session: '', accept: JSON_ONLY });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Runtime-Session-Id is missing');
  });

  test('that is too large gets 413 as JSON and an error event as a stream', async () => {
    const body = { prompt: 'x'.repeat(500_000) };
    const plain = await post(app.port, body, { accept: JSON_ONLY });
    expect(plain.status).toBe(413);
    expect(await plain.text()).toContain('larger than 400000 bytes');
    const [event] = await allEvents(post(app.port, body));
    expect(event).toMatchObject({ type: 'error', code: 'invalid_request' });
  });

  test.each([
    ['another version', { v: 2 }, /v: /],
    ['an unknown mode', { mode: 'restart' }, /mode: /],
    ['a session id that is too short', { session: { id: 'short' } }, /session\.id: /],
    ['no actor', { actor: undefined }, /actor: /],
    ['an empty prompt', { prompt: '\n' }, /prompt is empty/],
  ])('as an invocation (%s) names the field', async (_name, change, message) => {
    const [event] = await allEvents(post(app.port, { ...invocation({}), ...change }));
    expect(event).toMatchObject({
      type: 'error',
      code: 'invalid_request',
      message: expect.stringMatching(message),
    });
  });

  test('as an invocation that names another session than its header is refused', async () => {
    const [event] = await allEvents(
      post(app.port, invocation({ session: { id: sessionId('b') } }), { session: sessionId('a') }),
    );
    expect(event).toMatchObject({ type: 'error', code: 'session_mismatch' });
  });

  test('as an invocation that cannot take a stream gets 406', async () => {
    const response = await post(app.port, invocation({}), { accept: JSON_ONLY });
    expect(response.status).toBe(406);
    expect(await response.text()).toContain('text/event-stream');
  });

  test('as a resume is told that nothing waits', async () => {
    const resume = { approvalId: 'a', decision: 'approve' as const, by: 'bob' };
    expect((await ask(app.port, { resume }))[0]).toMatchObject({ type: 'error', code: 'approval_unknown' });
  });

  test('does not harm the next one', async () => {
    expect(textOf(await ask(app.port, { turnId: 'after-all', prompt: 'echo alive' }))).toBe('alive');
  });
});
