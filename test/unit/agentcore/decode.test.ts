import { describe, expect, it } from 'vitest';
import { decodeAgentStream } from '../../../src/agentcore/decode.ts';
import { advance, NO_PROGRESS } from '../../../src/turns/progress.ts';
import { bodyOf, decodeChunks, decodeText, joinText, last, sse } from './streams.ts';

const STREAM = 'text/event-stream';
const MEGABYTE = 1024 * 1024;

function* inChunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('decoding what an agent streams', () => {
  it('passes gaps in seq through for the caller to see', async () => {
    const { events } = await decodeText(
      sse({ type: 'text', seq: 1, text: 'a' }, { type: 'text', seq: 9, text: 'b' }),
      STREAM,
    );
    expect(events.map((event) => event.seq)).toEqual([1, 9]);
  });

  it('gives each event as soon as its bytes are there', async () => {
    const { promise: second, resolve: allowSecond } = Promise.withResolvers<void>();
    async function* body() {
      yield Buffer.from(sse({ type: 'text', seq: 1, text: 'early' }));
      await second;
      yield Buffer.from(sse({ type: 'end', seq: 2, stop: 'end' }));
    }
    const events = decodeAgentStream(body(), STREAM, { protocol: 'threadcore', onUnknown: () => undefined });
    expect((await events.next()).value).toMatchObject({ text: 'early' });
    allowSecond();
    expect((await events.next()).value).toMatchObject({ type: 'end' });
  });

  it('throws on what the body throws', async () => {
    async function* broken() {
      yield Buffer.from(sse({ type: 'text', seq: 1, text: 'a' }));
      throw new Error('socket hang up');
    }
    const events = decodeAgentStream(broken(), STREAM, { protocol: 'generic', onUnknown: () => undefined });
    await events.next();
    await expect(events.next()).rejects.toThrow('socket hang up');
  });

  it('lets go of the body when the reader leaves', async () => {
    let released = false;
    async function* endless() {
      try {
        for (let seq = 1; ; seq += 1) yield Buffer.from(sse({ type: 'text', seq, text: 'x' }));
      } finally {
        released = true;
      }
    }
    for await (const _ of decodeAgentStream(endless(), STREAM, {
      protocol: 'threadcore',
      onUnknown: () => undefined,
    })) {
      break;
    }
    expect(released).toBe(true);
  });

  it('reads ten megabytes of text in one event', async () => {
    const text = 'é🧵x'.repeat((10 * MEGABYTE) / 7);
    const bytes = Buffer.from(sse({ type: 'text', seq: 1, text }, { type: 'end', seq: 2, stop: 'end' }));
    const { events } = await decodeChunks(inChunks(bytes, 1500), STREAM);
    expect(joinText(events) === text).toBe(true);
    expect(last(events)).toEqual({ type: 'end', seq: 2, stop: 'end' });
  });

  it('reads ten megabytes of text in a quarter of a million events', async () => {
    const count = 262_144;
    const piece = 'forty bytes of text, forty bytes of text';
    const body = (function* () {
      for (let from = 1; from <= count; from += 4096) {
        const frames = Array.from({ length: 4096 }, (_, i) => ({ type: 'text', seq: from + i, text: piece }));
        yield Buffer.from(sse(...frames));
      }
    })();
    const { events } = await decodeChunks(body, STREAM);
    expect(events).toHaveLength(count);
    expect(joinText(events) === piece.repeat(count)).toBe(true);
    expect(last(events)?.seq).toBe(count);
  });

  it('reads ten megabytes as one line-broken raw string of a generic agent', async () => {
    const lines = Array.from({ length: 250_000 }, (_, i) => `line ${i} of a very long answer, all raw`);
    const bytes = Buffer.from(`${lines.map((line) => `data: ${line}`).join('\r\n')}\r\n\r\n`);
    const { events } = await decodeChunks(inChunks(bytes, 16_384), STREAM, { protocol: 'generic' });
    expect(joinText(events) === lines.join('\n')).toBe(true);
    expect(last(events)?.type).toBe('end');
  });

  it.each(['threadcore', 'generic'] as const)(
    'ends a %s stream with an error at an event over 16 MB',
    async (protocol) => {
      const start = Buffer.from(sse(protocol === 'generic' ? '"a"' : { type: 'text', seq: 1, text: 'a' }));
      const block = Buffer.alloc(MEGABYTE, 'x');
      let blocks = 0;
      async function* endless() {
        yield Buffer.concat([start, Buffer.from('data: ')]);
        for (; ; blocks += 1) yield block;
      }
      const { events } = await collect(endless(), STREAM, protocol);
      expect(events.map((event) => event.type)).toEqual(['text', 'error']);
      expect(last(events)).toMatchObject({ seq: 2, code: 'agent_protocol', retryable: false });
      expect(blocks).toBeLessThan(20);
    },
  );

  it('ends with an error at a JSON document over the limit', async () => {
    const { events } = await decodeText('{"response":"too long"}', 'application/json', { maxEventBytes: 10 });
    expect(events).toMatchObject([{ type: 'error', code: 'agent_protocol' }]);
  });

  it('takes an empty answer as one without words', async () => {
    for (const contentType of ['application/json', 'text/plain', 'application/octet-stream', '']) {
      expect((await decodeText('', contentType, { protocol: 'generic' })).events).toEqual([
        { type: 'end', seq: 1, stop: 'end' },
      ]);
    }
  });

  it('never synthesises an end for a threadcore stream', async () => {
    expect((await decodeText('', STREAM)).events).toEqual([]);
    expect((await decodeText(': ping\n\n', STREAM)).events).toEqual([]);
  });

  it('leaves no gap where a type is not known, and one where an event of ours cannot be read', async () => {
    const end = { type: 'end', seq: 3, stop: 'end' };
    const read = async (second: object) =>
      (await decodeText(sse({ type: 'text', seq: 1, text: 'a' }, second, end), STREAM)).events.reduce(
        advance,
        NO_PROGRESS,
      );
    expect(await read({ type: 'sparkle', seq: 2 })).toMatchObject({ gap: false, stop: 'end' });
    expect(await read({ type: 'tool', seq: 2 })).toMatchObject({ gap: true });
    expect(await read({ type: 'sparkle' })).toMatchObject({ gap: true });
    expect(await read({ seq: 2 })).toMatchObject({ gap: true });
  });

  it('cuts a very long unknown type before it reports it', async () => {
    const { unknown } = await decodeText(sse({ type: 'x'.repeat(5000), seq: 1 }), STREAM);
    expect(unknown).toEqual(['x'.repeat(64)]);
  });

  async function collect(
    body: AsyncIterable<Uint8Array>,
    contentType: string,
    protocol: 'threadcore' | 'generic',
  ) {
    const events = [];
    for await (const event of decodeAgentStream(body, contentType, {
      protocol,
      onUnknown: () => undefined,
    })) {
      events.push(event);
    }
    return { events };
  }

  it('reads an answer whose chunks are empty', async () => {
    const chunks = [Buffer.alloc(0), Buffer.from(sse({ type: 'end', seq: 1, stop: 'end' })), Buffer.alloc(0)];
    expect((await collect(bodyOf(chunks), STREAM, 'threadcore')).events).toHaveLength(1);
  });
});
