import { hash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Two characters at a time: names are made many times a turn. */
const PAIRS = Array.from({ length: 1024 }, (_, i) => `${ALPHABET[i >>> 5]}${ALPHABET[i & 31]}`);

/** RFC 4648 base32, lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  return encode(bytes.length, (i) => bytes[i] ?? 0);
}

function encode(length: number, byteAt: (i: number) => number): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (let i = 0; i < length; i += 1) {
    buffer = (buffer << 8) | byteAt(i);
    bits += 8;
    if (bits < 10) continue;
    bits -= 10;
    out += PAIRS[buffer >>> bits];
    buffer &= (1 << bits) - 1;
  }
  if (bits >= 5) {
    bits -= 5;
    out += ALPHABET[buffer >>> bits];
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? out + ALPHABET[buffer << (5 - bits)] : out;
}

/**
 * A name for a tuple: sha256 over its JSON, in base32. JSON keeps the borders between the parts, so
 * `['a', 'bc']` and `['ab', 'c']` get different names.
 */
export function nameOf(parts: readonly (string | number)[]): string {
  // A character a byte: a buffer for each digest would take twice the time of the digest.
  const digest = hash('sha256', JSON.stringify(parts), 'binary');
  return encode(digest.length, (i) => digest.charCodeAt(i));
}
