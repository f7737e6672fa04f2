import { describe, expect, it } from 'vitest';
import { createHttpReader } from '../../faults/http-reader.ts';
import { createRedisReader } from '../../faults/redis-reader.ts';

describe('the reader of Redis connections', () => {
  it('names scripts by their digest and tells which reply belongs to which command', () => {
    const reader = createRedisReader(new Map([['abc', 'claim']]));
    const commands = '*2\r\n$7\r\nEVALSHA\r\n$3\r\nabc\r\n*1\r\n$4\r\nPING\r\n';
    expect(reader.request(Buffer.from(commands))).toMatchObject([{ name: 'claim' }, { name: 'ping' }]);
    expect(reader.answer(Buffer.from('*1\r\n$2\r\nhi\r\n+PO'))).toMatchObject([
      { name: 'claim', request: expect.stringContaining('abc') },
    ]);
    expect(reader.answer(Buffer.from('NG\r\n'))).toMatchObject([{ name: 'ping', text: '+PONG\r\n' }]);
  });

  it('holds back half a command, and reads the values of RESP3', () => {
    const reader = createRedisReader(new Map());
    expect(reader.request(Buffer.from('*1\r\n$5\r\nHEL'))).toBe('incomplete');
    expect(reader.request(Buffer.from('LO\r\n'))).toMatchObject([{ name: 'hello' }]);
    const answer = '>2\r\n+message\r\n+x\r\n%1\r\n+proto\r\n:3\r\n';
    expect(reader.answer(Buffer.from(answer))).toMatchObject([{ name: 'hello' }]);
  });
});

describe('the reader of HTTP connections', () => {
  it('waits for the whole request, and gives answers as they grow', () => {
    const reader = createHttpReader('slack');
    const head = 'POST /api/chat.update HTTP/1.1\r\ncontent-length: 4\r\n\r\n';
    expect(reader.request(Buffer.from(`${head}ab`))).toBe('incomplete');
    expect(reader.request(Buffer.from('cd'))).toMatchObject([{ name: 'chat.update', text: 'abcd' }]);
    expect(reader.answer(Buffer.from('HTTP/1.1 200'))).toMatchObject([
      { phase: 'answer', text: 'HTTP/1.1 200' },
    ]);
    expect(reader.answer(Buffer.from(' OK'))).toMatchObject([{ text: 'HTTP/1.1 200 OK' }]);
    expect(reader.request(Buffer.from(`${head}efgh`))).toMatchObject([{ text: 'efgh' }]);
    expect(reader.answer(Buffer.from('HTTP/1.1 500'))).toMatchObject([{ text: 'HTTP/1.1 500' }]);
  });
});
