import { expect, test } from 'vitest';
import { matchTotp, toBase32, totpCode } from '../../../../local/cognito/directory/totp.ts';

const SECRET = toBase32(Buffer.from('12345678901234567890'));

// RFC 6238, appendix B, cut to six digits.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('the code at second %i is that of the standard', (seconds, code) => {
  expect(totpCode(SECRET, seconds * 1000)).toBe(code);
});

test('a secret reads as in an authenticator app', () => {
  expect(SECRET).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(toBase32(Buffer.from('fo'))).toBe('MZXQ');
});

test('a code is taken half a minute early or late, and no further off', () => {
  const now = 1_700_000_010_000;
  const code = totpCode(SECRET, now);
  const step = Math.floor(now / 30_000);
  expect(matchTotp(SECRET, code, now)).toBe(step);
  expect(matchTotp(SECRET, code, now + 30_000)).toBe(step);
  expect(matchTotp(SECRET, code, now - 30_000)).toBe(step);
  expect(matchTotp(SECRET, code, now + 60_000)).toBeUndefined();
  expect(matchTotp(SECRET, '12345', now)).toBeUndefined();
});
