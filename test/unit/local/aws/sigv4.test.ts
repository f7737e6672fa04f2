import { expect, test } from 'vitest';
import {
  computeSignature,
  parseAuthorization,
  type Signature,
  verifySignature,
} from '../../../../local/aws/sigv4.ts';

const KEYS = { accessKeyId: 'AKIATESTTESTTEST', secretAccessKey: 'secret' };
const NOW = Date.parse('2026-01-31T12:00:00Z');
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const BASE = {
  method: 'GET',
  rawPath: '/a%20b',
  query: new URLSearchParams('b=2&a=1'),
  headers: { host: 'localhost', 'x-amz-date': '20260131T120000Z' },
  body: Buffer.alloc(0),
};
const SCOPE = {
  date: '20260131',
  region: 'us-east-2',
  service: 'ec2',
  signedHeaders: ['host', 'x-amz-date'],
};

function signed(request = BASE, scope = SCOPE): Signature {
  const signature = computeSignature(request, scope, KEYS.secretAccessKey, EMPTY_HASH);
  return { ...scope, accessKeyId: KEYS.accessKeyId, signature };
}

test('a header in the right form is taken apart', () => {
  const header = `AWS4-HMAC-SHA256 Credential=AKIA/20260131/us-east-2/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;
  expect(parseAuthorization(header)).toEqual({
    ...SCOPE,
    accessKeyId: 'AKIA',
    signature: '0'.repeat(64),
  });
});

test.each([
  [undefined, 'missing'],
  ['', 'missing'],
  ['Bearer x', 'bearer'],
  ['AWS4-HMAC-SHA256 Credential=AKIA', 'malformed'],
  [
    `AWS4-HMAC-SHA256 Credential=A/2026/r/s/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    'malformed',
  ],
  ['AWS4-HMAC-SHA256 Credential=A/20260131/r/s/aws4_request, SignedHeaders=host, Signature=00', 'malformed'],
])('the header %s is %s', (header, problem) => {
  expect(parseAuthorization(header)).toBe(problem);
});

test('a request as it was signed is accepted, in whatever order its query comes', () => {
  expect(verifySignature(BASE, signed(), KEYS, NOW)).toBeUndefined();
  const reordered = { ...BASE, query: new URLSearchParams('a=1&b=2') };
  expect(verifySignature(reordered, signed(), KEYS, NOW)).toBeUndefined();
});

test.each([
  ['method', { ...BASE, method: 'POST' }],
  ['path', { ...BASE, rawPath: '/other' }],
  ['query', { ...BASE, query: new URLSearchParams('a=1') }],
  ['signed header', { ...BASE, headers: { ...BASE.headers, host: 'elsewhere' } }],
  ['body', { ...BASE, body: Buffer.from('x') }],
  ['declared hash', { ...BASE, headers: { ...BASE.headers, 'x-amz-content-sha256': 'f'.repeat(64) } }],
])('a request whose %s was changed does not match', (_part, changed) => {
  expect(verifySignature(changed, signed(), KEYS, NOW)).toBe('mismatch');
});

test('key, clock and date have to fit', () => {
  expect(verifySignature(BASE, { ...signed(), accessKeyId: 'AKIAOTHER' }, KEYS, NOW)).toBe('unknown_key');
  expect(verifySignature(BASE, signed(), KEYS, NOW + 301_000)).toBe('skewed');
  expect(verifySignature(BASE, signed(), KEYS, NOW - 301_000)).toBe('skewed');
  expect(verifySignature(BASE, { ...signed(), date: '20260130' }, KEYS, NOW)).toBe('malformed');
  const withoutHost = { ...SCOPE, signedHeaders: ['x-amz-date'] };
  expect(verifySignature(BASE, signed(BASE, withoutHost), KEYS, NOW)).toBe('malformed');
});

test('S3 signs its path as it is, the others encode it again', () => {
  const s3 = signed(BASE, { ...SCOPE, service: 's3' });
  expect(verifySignature(BASE, s3, KEYS, NOW)).toBeUndefined();
  const again = { ...BASE, rawPath: '/a%2520b' };
  expect(verifySignature(again, s3, KEYS, NOW)).toBe('mismatch');
});
