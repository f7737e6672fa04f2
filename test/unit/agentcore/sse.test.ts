import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, type SseEvent } from '../../../src/agentcore/sse.ts';
import { cut, eachByte } from './streams.ts';

function parse(chunks: Iterable<Uint8Array>): SseEvent[] {
  const parser = createSseParser();
  return [...chunks].flatMap((chunk) => parser.push(chunk));
}

function dataOf(text: string): string[] {
  return parse([Buffer.from(text)]).map((event) => event.data);
}

describe('the server-sent event parser', () => {
  it('ends lines at LF, CR and CRLF alike', () => {
    expect(dataOf('data: a\n\ndata: b\r\rdata: c\r\n\r\n')).toEqual(['a', 'b', 'c']);
  });

  it('takes CRLF as one line end, also when it is cut in two', () => {
    const bytes = Buffer.from('data: one\r\ndata: two\r\n\r\ndata: three\r\n\r\n');
    expect(parse([bytes]).map((event) => event.data)).toEqual(['one\ntwo', 'three']);
    expect(parse(eachByte(bytes)).map((event) => event.data)).toEqual(['one\ntwo', 'three']);
  });

  it('joins several data lines with a line feed and keeps empty ones', () => {
    expect(dataOf('data: one\ndata:\ndata: three\n\n')).toEqual(['one\n\nthree']);
    expect(dataOf('data\n\n')).toEqual(['']);
  });

  it('removes one space after the colon and no more', () => {
    expect(dataOf('data:  two spaces\n\ndata:none\n\n')).toEqual([' two spaces', 'none']);
  });

  it('ignores comments, unknown fields, id and retry', () => {
    expect(dataOf(': keep-alive\n\nid: 7\nretry: 10\nfoo: bar\ndata: x\n\n')).toEqual(['x']);
  });

  it('names events and forgets the name after each', () => {
    expect(parse([Buffer.from('event: error\ndata: a\n\ndata: b\n\nevent: lonely\n\ndata: c\n\n')])).toEqual([
      { event: 'error', data: 'a' },
      { event: 'message', data: 'b' },
      { event: 'message', data: 'c' },
    ]);
  });

  it('drops a byte order mark at the start only, even when it is cut', () => {
    const bytes = Buffer.from('\uFEFFdata: \uFEFFx\n\n');
    expect(parse(eachByte(bytes))).toEqual([{ event: 'message', data: '\uFEFFx' }]);
  });

  it('does not dispatch an event that was not closed, and says that bytes are waiting', () => {
    const parser = createSseParser();
    expect(parser.push(Buffer.from('data: whole\n\ndata: half\n'))).toHaveLength(1);
    expect(parser.pending).toBe(true);
    expect(parser.push(Buffer.from('\n'))).toHaveLength(1);
    expect(parser.pending).toBe(false);
  });

  it('replaces bytes that are no UTF-8 and goes on', () => {
    const bytes = Buffer.concat([
      Buffer.from('data: a'),
      Buffer.from([0xff]),
      Buffer.from('b\n\ndata: c\n\n'),
    ]);
    expect(parse([bytes]).map((event) => event.data)).toEqual(['a\uFFFDb', 'c']);
  });

  it('stops at an event over the limit, keeping those before it', () => {
    const parser = createSseParser(20);
    expect(parser.push(Buffer.from('data: 12345\n\ndata: 12345678901234567890\n\n'))).toHaveLength(1);
    expect(parser.overflowed).toBe(true);
    expect(parser.push(Buffer.from('data: x\n\n'))).toEqual([]);
  });

  it('counts the limit per event: keep-alives and many small events never reach it', () => {
    const parser = createSseParser(20);
    for (let round = 0; round < 50; round += 1) parser.push(Buffer.from(': still here\ndata: 123\n\n'));
    for (let round = 0; round < 50; round += 1) parser.push(Buffer.from(': comment only\n'));
    expect(parser.overflowed).toBe(false);
  });

  it('gives the same events however the bytes are cut', () => {
    const lines = fc.constantFrom(
      'data: x',
      'data:',
      'data: 🧵é',
      ': c',
      'event: e',
      '',
      '',
      'id: 1',
      'data:  y',
    );
    const ends = fc.constantFrom('\n', '\r', '\r\n');
    const texts = fc.array(fc.tuple(lines, ends)).map((all) => all.map(([line, end]) => line + end).join(''));
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400)), (text, offsets) => {
        const bytes = Buffer.from(text);
        const whole = parse([bytes]);
        expect(parse(cut(bytes, offsets))).toEqual(whole);
        expect(parse(eachByte(bytes))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });
});
