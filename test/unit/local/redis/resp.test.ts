import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReply, type RespValue } from '../../../../local/redis/resp.ts';

const encode = (value: RespValue): string => {
  if (value === null) return '$-1\r\n';
  if (typeof value === 'number') return `:${value}\r\n`;
  if (typeof value === 'string') return `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
  if (value instanceof Error) return `-${value.message}\r\n`;
  return `*${value.length}\r\n${value.map(encode).join('')}`;
};

const reply = fc.letrec<{ value: RespValue; leaf: RespValue }>((tie) => ({
  leaf: fc.oneof(fc.constant(null), fc.integer(), fc.string({ unit: 'grapheme' })),
  value: fc.oneof({ maxDepth: 3 }, tie('leaf'), fc.array(tie('value'), { maxLength: 4 })),
})).value;

describe('reading what Redis answers', () => {
  test('every reply is read back as the value it was written from, and its end is found', () => {
    fc.assert(
      fc.property(reply, (value) => {
        const bytes = Buffer.from(encode(value));
        expect(parseReply(Buffer.concat([bytes, Buffer.from('+NEXT')]))).toEqual({
          value,
          next: bytes.length,
        });
      }),
    );
  });

  test('a reply that is cut off anywhere is unfinished, never wrong', () => {
    fc.assert(
      fc.property(reply, (value) => {
        const bytes = Buffer.from(encode(value));
        for (let length = 0; length < bytes.length; length += 1) {
          expect(parseReply(bytes.subarray(0, length))).toBeUndefined();
        }
      }),
      { numRuns: 30 },
    );
  });

  test('an error reply is an Error value with its words', () => {
    const read = parseReply(Buffer.from('-NOAUTH Authentication required.\r\n'));
    expect(read?.value).toEqual(new Error('NOAUTH Authentication required.'));
  });

  test('a simple string is read', () => {
    expect(parseReply(Buffer.from('+PONG\r\n'))).toEqual({ value: 'PONG', next: 7 });
  });

  test('something that is no Redis is called so', () => {
    expect(() => parseReply(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow('not a Redis');
  });
});
