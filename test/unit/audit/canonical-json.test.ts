import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../../src/audit/canonical-json.ts';

it('writes the example of RFC 8785 as the RFC does', () => {
  const value: unknown = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

it('orders names by their UTF-16 units, as the RFC shows', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const written = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
  expect(Object.keys(JSON.parse(written.replace('"1"', '"one"')) as object)).toEqual([
    '\r',
    'one',
    '\u0080',
    '\u00f6',
    '\u20ac',
    '\ud83d\ude00',
    '\ufb33',
  ]);
});

it('writes equal values alike, different ones differently, and both so that they read back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, other] = [canonicalJson(a), canonicalJson(b)];
      expect(canonicalJson(JSON.parse(one))).toBe(one);
      expect(canonicalJson(turnedRound(a))).toBe(one);
      expect(one === other).toBe(isDeepStrictEqual(asRead(a), asRead(b)));
    }),
  );
});

it.each([
  ['undefined', undefined],
  ['not a number', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['half a character', '\ud800'],
  ['half a character in a name', { '\udc00': 1 }],
  ['undefined in a list', [undefined]],
  ['undefined in a field', { a: undefined }],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['a function', () => 1],
  ['a bigint', 1n],
])('refuses %s', (_what, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
});

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same value, its fields in the other order. */
function turnedRound(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedRound);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, turnedRound(field)]),
  );
}

/** -0 has no JSON. */
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
