import { expect, test } from 'vitest';
import { findPii } from '../../../../../local/aws/guardrail/judge/pii.ts';
import { PII_TYPES } from '../../../../../local/aws/guardrail/model.ts';

const ALL = new Set(PII_TYPES);
const found = (text: string, wanted: ReadonlySet<string> = ALL) =>
  findPii(text, wanted).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`);

test.each([
  ['anna.meyer+x@mail.example.co.uk.', ['EMAIL anna.meyer+x@mail.example.co.uk']],
  ['call (555) 010-9999 or +49 151 23456789', ['PHONE (555) 010-9999', 'PHONE +49 151 23456789']],
  ['06 12 34 56 78', ['PHONE 06 12 34 56 78']],
  ['SSN 123-45-6789', ['US_SOCIAL_SECURITY_NUMBER 123-45-6789']],
  ['card 4111-1111-1111-1111!', ['CREDIT_DEBIT_CARD_NUMBER 4111-1111-1111-1111']],
  ['DE89 3704 0044 0532 0130 00', ['INTERNATIONAL_BANK_ACCOUNT_NUMBER DE89 3704 0044 0532 0130 00']],
  ['10.0.0.0/16 and fe80::1', ['IP_ADDRESS 10.0.0.0', 'IP_ADDRESS fe80::1']],
  ['AKIAIOSFODNN7EXAMPLE', ['AWS_ACCESS_KEY AKIAIOSFODNN7EXAMPLE']],
  ['password: hunter2!', ['PASSWORD hunter2!']],
  ['das Passwort ist Geheim123!', ['PASSWORD Geheim123']],
  ['My name is Anna Meyer.', ['NAME Anna Meyer']],
  ['12 rue de la Paix, 75002 Paris', ['ADDRESS 12 rue de la Paix, 75002 Paris']],
  [
    'PIN is 4821, CVV 123, exp 12/27',
    ['PIN 4821', 'CREDIT_DEBIT_CARD_CVV 123', 'CREDIT_DEBIT_CARD_EXPIRY 12/27'],
  ],
])('%s', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test.each([
  'account 123456789012, arn:aws:iam::123456789012:role/reader, arn:aws:s3:::logs',
  '4111 1111 1111 1112, 666-12-1234, DE89 3704 0044 0532 0130 02',
  'i-0abc123def4567890 da39a3ee5e6b4b0d3255bfef95601890afd80709 123e4567-e89b-12d3-a456-426614174000',
  'at 12:30:45 on 2026-01-31, 1700000000000 ms, v1.2.3.4',
  'how do I set a password for RDS? password=<your-password> password: $PASSWORD',
])('nothing personal is in: %s', (text) => {
  expect(found(text)).toEqual([]);
});

test('only what is looked for is found, and what overlaps is found once', () => {
  const text = 'https://anna:s3cret@example.com/?to=eve@example.com';
  expect(found(text, new Set(['EMAIL']))).toHaveLength(2);
  expect(found(text, new Set(['EMAIL', 'URL']))).toEqual([`URL ${text}`]);
});
