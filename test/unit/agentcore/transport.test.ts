import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBody, watchSilence } from '../../../src/agentcore/transport.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LIMIT_MS = 1000;

/** An agent that says a word each time it is asked for one, `afterMs` later. */
async function* speak(afterMs: readonly number[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const ms of afterMs) {
    await new Promise<void>((resolve, reject) => {
      setTimeout(resolve, ms);
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
    yield Buffer.from('word');
  }
}

function listen(afterMs: readonly number[]) {
  const silence = watchSilence(LIMIT_MS, new AbortController().signal);
  return { body: readBody(speak(afterMs, silence.signal), silence), signal: silence.signal };
}

describe('the agent’s silence', () => {
  it('ends the stream when it lasts too long', async () => {
    const { body } = listen([LIMIT_MS - 1, LIMIT_MS + 1]);
    const first = body.next();
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    expect(await first).toMatchObject({ done: false });
    const second = body.next().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    expect(await second).toMatchObject({ code: 'agent_timeout', failure: { cause: 'Silence' } });
  });

  it('is not the time that its reader takes', async () => {
    const { body, signal } = listen([0, 0]);
    const first = body.next();
    await vi.advanceTimersByTimeAsync(1);
    await first;
    await vi.advanceTimersByTimeAsync(LIMIT_MS * 10);
    expect(signal.aborted).toBe(false);
    const second = body.next();
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toMatchObject({ done: false });
  });

  it('counts no more once the reader has left or all was said', async () => {
    const left = listen([0, 0]);
    const first = left.body.next();
    await vi.advanceTimersByTimeAsync(1);
    await first;
    await left.body.return();
    const heard = listen([0]);
    const all = (async () => {
      for await (const _ of heard.body);
    })();
    await vi.advanceTimersByTimeAsync(1);
    await all;
    expect(vi.getTimerCount()).toBe(0);
  });
});
