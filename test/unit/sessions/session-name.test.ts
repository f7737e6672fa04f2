import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/sessions/session-entry.ts';
import {
  cleanLine,
  cleanTag,
  cut,
  distanceTo,
  fold,
  joinName,
  matcher,
  nameFrom,
  sameBase,
  splitName,
} from '../../../src/sessions/session-name.ts';

const FAMILY = '👨‍👩‍👧‍👦';

describe('a name made from a question', () => {
  it.each([
    ['How many EC2 instances are running?', 'How many EC2 instances are running?'],
    ['\n\n  ## Costs   of *May*\nin detail', 'Costs of *May*'],
    ['> quoted first', 'quoted first'],
    ['', 'Conversation'],
    [' \n ', 'Conversation'],
    ['a\u0000b\u200b\u202ec\u2066d', 'abcd'],
    [`who is ${FAMILY}?`, `who is ${FAMILY}?`],
    ['word '.repeat(30), `${'word '.repeat(15).trim()}…`],
    ['x'.repeat(200), `${'x'.repeat(79)}…`],
  ])('of %j is %j', (question, name) => {
    expect(nameFrom(question)).toBe(name);
  });

  it('of anything is one line of at most 80, with nothing unseen, and there is always one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (question) => {
        const name = nameFrom(question);
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThanOrEqual(LIMITS.name);
        expect(name).not.toMatch(/[\p{Cc}\u2028\u2029\u200b\u202a-\u202e\u2066-\u2069]/u);
        expect(name.isWellFormed()).toBe(true);
        // It is a name that a person could have given.
        expect(joinName(splitName(name))).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what is cut', () => {
  it.each([
    ['short', 80, 'short'],
    ['abcdef', 3, 'abc'],
    [`ab${FAMILY}`, 5, 'ab'],
    [`a ${FAMILY}`, 5, 'a'],
    ['e\u0301e\u0301', 3, 'e\u0301'],
  ])('of %j at %i is %j', (text, most, beginning) => {
    expect(cut(text, most)).toBe(beginning);
  });

  it('is a beginning, and cut again the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(80), fc.nat(80), (text, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(text.startsWith(cut(text, more))).toBe(true);
        expect(cut(text, more).length).toBeLessThanOrEqual(Math.max(more, 0));
        expect(cut(cut(text, more), less)).toBe(cut(text, less));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a number behind a name', () => {
  it.each([
    ['Costs', 'Costs', 1],
    ['Costs (2)', 'Costs', 2],
    ['Costs (2) (3)', 'Costs (2)', 3],
    ['Costs (1)', 'Costs (1)', 1],
    ['Costs (02)', 'Costs (02)', 1],
    ['Costs (123456)', 'Costs (123456)', 1],
    ['(2)', '(2)', 1],
  ])('%j is %j and %i', (name, base, suffix) => {
    expect(splitName(name)).toEqual({ base, suffix });
    expect(joinName({ base, suffix })).toBe(name);
  });

  it('is seen even behind the longest name', () => {
    const { base } = splitName('x'.repeat(200));
    expect(joinName({ base, suffix: 1 })).toBe('x'.repeat(80));
    expect(joinName({ base, suffix: 12 })).toBe(`${'x'.repeat(75)} (12)`);
  });

  it('tells apart whatever is not told apart by what is compared', () => {
    // Texts that often share long beginnings.
    const word = fc.constantFrom(
      'a',
      'A',
      'á',
      'b',
      ' ',
      '(2)',
      ' (2)',
      ' (3)',
      '!',
      FAMILY,
      'x'.repeat(40),
      'y'.repeat(20),
    );
    const name = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => splitName(words.join('')));
    fc.assert(
      fc.property(name, name, fc.nat(3), fc.nat(3), (a, b, more, evenMore) => {
        const one = { base: a.base, suffix: a.suffix + more };
        const other = { base: b.base, suffix: b.suffix + evenMore };
        const same = sameBase(one.base) === sameBase(other.base) && one.suffix === other.suffix;
        // `A (2)` may only be made of what was wanted as such, never of a base that looks like it.
        if (!same) expect(joinName(one)).not.toBe(joinName(other));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('what is searched', () => {
  const labels = { name: 'Staging costs in May', tags: ['finance', 'Q2'], project: 'Café' };

  it.each([
    ['', true],
    ['staging', true],
    ['STAGING may', true],
    ['cost', true],
    ['#q2', true],
    ['cafe costs', true],
    ['staging june', false],
    // No word reaches over two labels.
    ['mayq2', false],
  ])('for %j is found: %s', (words, found) => {
    expect(matcher(words)(labels)).toBe(found);
  });

  it.each([
    ['staging', 0],
    ['Staging Costs in May!', 0],
    ['finance', 1],
    ['staging csts in mai', 2],
    ['costs stagign', 3],
    ['production', undefined],
    ['', undefined],
  ])('by %j is as far as %s', (typed, far) => {
    expect(distanceTo(typed)(labels)).toBe(far);
  });
});

it('texts are compared without case, accents, and marks at the end', () => {
  expect(fold(' Caf\u00e9  DU\u200b Monde?! ')).toBe('cafe du monde');
  expect(fold('???')).toBe('???');
  expect(cleanLine(' a \n b ', 80)).toBe('a b');
  expect(cleanTag(' ##Cost center ')).toBe('Cost center');
  expect(cleanTag('#')).toBe('');
});
