import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Refusal, refuseUnsigned } from '../../../src/slack/verify.ts';

const SECRET = 'a-signing-secret-of-the-app';
const NOW_S = 1_700_000_000;

const signatureOf = (body: string | Buffer, timestamp: number | string = NOW_S, secret = SECRET) =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

const headers = (timestamp: number | string | undefined, signature: string | undefined) => [
  'Host',
  'localhost',
  ...(timestamp === undefined ? [] : ['X-Slack-Request-Timestamp', String(timestamp)]),
  ...(signature === undefined ? [] : ['X-Slack-Signature', signature]),
];

const check = (rawHeaders: string[], body: string | Buffer = '{}', secret = SECRET) =>
  refuseUnsigned({ rawHeaders, body: Buffer.from(body) }, secret, NOW_S * 1000);

test('a genuine request passes, whatever the case of its header names', () => {
  expect(check(headers(NOW_S, signatureOf('{}')))).toBeUndefined();
  expect(
    check(['x-slack-SIGNATURE', signatureOf('{}'), 'X-SLACK-REQUEST-TIMESTAMP', String(NOW_S)]),
  ).toBeUndefined();
});

test('any body that Slack signed passes, and no other under the same signature', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (a, b) => {
      const [one, two] = [Buffer.from(a), Buffer.from(b)];
      expect(check(headers(NOW_S, signatureOf(one)), one)).toBeUndefined();
      expect(check(headers(NOW_S, signatureOf(one)), two)).toBe(
        one.equals(two) ? undefined : 'bad_signature',
      );
    }),
  );
});

test('a body with emoji and right-to-left text passes byte for byte', () => {
  const body = '{"text":"مرحبا 😀 ünïcode"}';
  expect(check(headers(NOW_S, signatureOf(body)), body)).toBeUndefined();
  expect(check(headers(NOW_S, signatureOf(body)), Buffer.from(body, 'latin1'))).toBe('bad_signature');
});

const genuine = signatureOf('{}');
test.each<[string, string[], Refusal]>([
  ['without any header of Slack', headers(undefined, undefined), 'bad_headers'],
  ['without a timestamp', headers(undefined, genuine), 'bad_headers'],
  ['without a signature', headers(NOW_S, undefined), 'bad_headers'],
  [
    'with two signatures, both genuine',
    [...headers(NOW_S, genuine), 'x-slack-signature', genuine],
    'bad_headers',
  ],
  [
    'with a forged signature before the genuine one',
    ['x-slack-signature', `v0=${'0'.repeat(64)}`, ...headers(NOW_S, genuine)],
    'bad_headers',
  ],
  [
    'with two timestamps',
    [...headers(NOW_S, genuine), 'X-Slack-Request-Timestamp', String(NOW_S)],
    'bad_headers',
  ],
  ['with two values joined in one header', headers(NOW_S, `${genuine}, ${genuine}`), 'bad_headers'],
  ['with an empty signature', headers(NOW_S, ''), 'bad_headers'],
  ['with an empty timestamp', headers('', signatureOf('{}', '')), 'bad_headers'],
  ['with another signature version', headers(NOW_S, genuine.replace('v0', 'v1')), 'bad_headers'],
  ['with upper-case hex', headers(NOW_S, genuine.toUpperCase().replace('V0', 'v0')), 'bad_headers'],
  ['with a signature cut short', headers(NOW_S, genuine.slice(0, -2)), 'bad_headers'],
  ['with a signature made longer', headers(NOW_S, `${genuine}00`), 'bad_headers'],
  ['with a line break after the signature', headers(NOW_S, `${genuine}\n`), 'bad_headers'],
  ['with a timestamp that is no number', headers('now', signatureOf('{}', 'now')), 'bad_headers'],
  ['with a timestamp in hex', headers('0x6553f100', signatureOf('{}', '0x6553f100')), 'bad_headers'],
  ['with a negative timestamp', headers('-1', signatureOf('{}', '-1')), 'bad_headers'],
  ['with a fraction in the timestamp', headers(`${NOW_S}.5`, signatureOf('{}', `${NOW_S}.5`)), 'bad_headers'],
  [
    'with a timestamp in milliseconds',
    headers(`${NOW_S}000`, signatureOf('{}', `${NOW_S}000`)),
    'bad_headers',
  ],
  ['that is 301 s old', headers(NOW_S - 301, signatureOf('{}', NOW_S - 301)), 'stale'],
  ['that is from 1970', headers(0, signatureOf('{}', 0)), 'stale'],
  ['that is 61 s ahead', headers(NOW_S + 61, signatureOf('{}', NOW_S + 61)), 'future'],
  ['signed with another secret', headers(NOW_S, signatureOf('{}', NOW_S, 'another')), 'bad_signature'],
  ['signed for another time', headers(NOW_S, signatureOf('{}', NOW_S - 1)), 'bad_signature'],
  ['with zeros for a signature', headers(NOW_S, `v0=${'0'.repeat(64)}`), 'bad_signature'],
])('a request %s is refused', (_name, rawHeaders, refusal) => {
  expect(check(rawHeaders)).toBe(refusal);
});

test('five minutes of age and one minute ahead are the last that pass', () => {
  expect(check(headers(NOW_S - 300, signatureOf('{}', NOW_S - 300)))).toBeUndefined();
  expect(check(headers(NOW_S + 60, signatureOf('{}', NOW_S + 60)))).toBeUndefined();
});

test('an empty secret refuses everything, even what is signed with it', () => {
  expect(check(headers(NOW_S, signatureOf('{}', NOW_S, '')), '{}', '')).toBe('no_secret');
});

test('a signed body with something appended is refused', () => {
  expect(check(headers(NOW_S, signatureOf('{"a":1}')), '{"a":1}&ssl_check=1')).toBe('bad_signature');
  expect(
    check(
      headers(NOW_S, signatureOf('{"a":1}')),
      Buffer.concat([Buffer.from('{"a":1}'), Buffer.from([0x80, 0, 0])]),
    ),
  ).toBe('bad_signature');
});

test('a border between timestamp and body cannot be moved', () => {
  // Signed: v0:1700000000:5{}. Offered: timestamp 170000000, body 0:5{}.
  expect(check(headers(NOW_S, signatureOf(':{}')), '{}')).toBe('bad_signature');
  expect(check(headers(String(NOW_S).slice(0, -1), signatureOf('{}')), '0:{}')).toBe('stale');
});
