import { hash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32, lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(buffer >>> bits) & 31];
      buffer &= (1 << bits) - 1;
    }
  }
  if (bits > 0) out += ALPHABET[(buffer << (5 - bits)) & 31];
  return out;
}

/**
 * A name for a tuple: sha256 over its JSON, in base32. JSON keeps the borders between the parts, so
 * `['a', 'bc']` and `['ab', 'c']` get different names.
 */
export function nameOf(parts: readonly (string | number)[]): string {
  return base32(hash('sha256', JSON.stringify(parts), 'buffer'));
}
