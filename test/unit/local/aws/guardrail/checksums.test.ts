import { expect, test } from 'vitest';
import {
  isIban,
  isLuhn,
  isNhsNumber,
  isRoutingNumber,
  isVin,
} from '../../../../../local/aws/guardrail/judge/checksums.ts';

test.each([
  ['a card', isLuhn, '4111111111111111'],
  ['a card of 15 digits', isLuhn, '378282246310005'],
  ['a German IBAN', isIban, 'DE89370400440532013000'],
  ['a French IBAN, with a letter', isIban, 'FR1420041010050500013M02606'],
  ['a routing number', isRoutingNumber, '021000021'],
  ['an NHS number', isNhsNumber, '9434765919'],
  ['a vehicle, whose check digit is X', isVin, '1M8GDM9AXKP042788'],
])('%s has its checksum, and no neighbour of it has', (_what, check, number) => {
  expect(check(number)).toBe(true);
  const last = Number(number.at(-1));
  const others = Array.from({ length: 9 }, (_, i) => `${number.slice(0, -1)}${(last + i + 1) % 10}`);
  expect(others.filter(check)).toEqual([]);
});
