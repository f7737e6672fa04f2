import { expect, it } from 'vitest';
import { maskPersonalData } from '../../../src/chat/personal-data.ts';

it.each([
  ['write to alice.smith+x@mail.example.co.uk.', 'write to [email].'],
  ['Jürgen: jürgen@bücher.de', 'Jürgen: [email]'],
  ['call +1 (555) 010-9999 now', 'call [phone] now'],
  ['call +49 171 1234567', 'call [phone]'],
  ['call 555-010-9999, or (555) 010-9999', 'call [phone], or [phone]'],
  ['card 4111 1111 1111 1111', 'card [card]'],
  ['card 5500-0000-0000-0004!', 'card [card]!'],
  ['card 378282246310005.', 'card [card].'],
  ['ssn 123-45-6789', 'ssn [ssn]'],
  ['from 203.0.113.7:443', 'from [ip]:443'],
  ['from 2001:db8::8a2e:370:7334', 'from [ip]'],
  ['from fe80:0:0:0:1:2:3:4', 'from [ip]'],
  ['https://x.io/?mail=alice.smith%40example.com&y', 'https://x.io/?mail=[email]&y'],
  ['by alice＠example.com', 'by [email]'],
  ['?tel=%2B15550109999', '?tel=[phone]'],
  ['call 0049 171 2345678, 00491712345678 or (030) 1234567', 'call [phone], [phone] or [phone]'],
  ['call 020 7946 0958 or 01 23 45 67 89', 'call [phone] or [phone]'],
  ['id-4111111111111111, 4111.1111.1111.1111, 4111%201111%201111%201111', 'id-[card], [card], [card]'],
  ['key AKIAIOSFODNN7EXAMPLE', 'key [hidden]'],
])('masks: %s', (text, masked) => {
  expect(maskPersonalData(text)).toBe(masked);
});

it.each([
  'arn:aws:iam::123456789012:role/Admin',
  'account 123456789012',
  'turn-k3j9x0 took 1764189000123 ms, ts 1764189000.123456',
  '2026-11-26T20:51:48.000Z',
  '2026-11-26 20:51:48',
  'connect ECONNREFUSED 127.0.0.1:6379',
  'node_modules/@slack/web-api/dist/index.js:12:34',
  'ioredis@6.0.0',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'i-0abcd1234ef567890',
  '12:30:45',
  'std::string',
  '{tc}:turn:abc',
  'account 001234567890, port 0080, 2026-11-27 03:04:05',
  'node 24.21.0 took 0.123 s, 100 % of 1024/2048',
  '550e8400-4111-4111-8111-111111111111',
  'order 4111 1111 1111 1112',
  'U0123456789 in C0123456789',
])('leaves as it is: %s', (text) => {
  expect(maskPersonalData(text)).toBe(text);
});

it.each([
  'a',
  '1',
  '1 ',
  '1.',
  ':',
  '@',
  'a@',
  'a.',
  '::1',
  '+1 ',
  'key=',
  '-',
  'eyJ',
  '://a:',
  'password=',
  '1%20',
  'a%40',
  '00',
  '01 ',
])('a long run of “%s” keeps nobody waiting', (part) => {
  // The time-out of the test is the judge.
  expect(maskPersonalData(part.repeat(20_000))).not.toBe('');
});
