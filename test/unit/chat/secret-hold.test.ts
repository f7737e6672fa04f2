import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretHold } from '../../../src/chat/secret-hold.ts';
import { makeSecret, SECRET_MAKERS } from './known-secrets.ts';

function passed(pieces: readonly string[]) {
  const hold = createSecretHold();
  const out = pieces.map((piece) => hold.write(piece));
  out.push(hold.end());
  return { out: out.join(''), broken: hold.broken() };
}

/** The text cut at these places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const borders = [...new Set([0, ...places.map((place) => place % (text.length + 1)), text.length])];
  borders.sort((a, b) => a - b);
  return borders.map((border, i) => text.slice(border, borders[i + 1])).slice(0, -1);
}

const kind = fc.constantFrom(...Object.keys(SECRET_MAKERS));
const words = fc.array(
  fc.constantFrom('The', 'bucket', 'is', 'open.', '\n', '- one', '`ls -la`', 'Größe', 'すべて'),
  {
    maxLength: 90,
  },
);
const places = fc.array(fc.nat(2_000), { maxLength: 60 });

describe('a secret', () => {
  it('never comes out, wherever it stands and however its words come in: nothing of the word that makes it one', () => {
    fc.assert(
      fc.property(kind, fc.nat(1_000), words, words, places, (kind, seed, before, after, cuts) => {
        const secret = makeSecret(kind, seed);
        const begun = `${before.join(' ')} `;
        const { out, broken } = passed(cutAt(`${begun}${secret} ${after.join(' ')}`, cuts));
        // What stands before its last word says what it is (`password: `); the rest of a private key follows its head.
        const seen = secret.startsWith('---') ? secret.slice(0, secret.indexOf('\n')) : secret;
        const mayShow = begun + seen.slice(0, seen.search(/\S+\s*$/));
        expect(broken).toBeDefined();
        expect(mayShow.startsWith(out)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['after a long word', `${'ab/'.repeat(3_000)} `],
    ['inside a long word', `${'a,b;'.repeat(3_000)}`],
    ['after much else', 'word '.repeat(2_000)],
  ])('is found %s', (_where, before) => {
    const key = makeSecret('github', 1);
    const { out, broken } = passed([...`${before}${key} and on`]);
    expect(broken).toBe('github_token');
    expect(before.startsWith(out)).toBe(true);
    expect(out.length).toBeGreaterThan(before.length - 4_000);
  });

  it('that comes in one piece with much before it leaves that to be read', () => {
    const before = 'All is well. '.repeat(500);
    const key = makeSecret('github', 1);
    expect(passed([`${before}${key} and ${key}. And on.`]).out).toBe(before);
    expect(passed([`${before}password: abc123! and on`]).out).toBe(`${before}password: `);
  });

  it('is found with a space that nobody sees in it, and as a named value in any script', () => {
    const key = makeSecret('github', 1);
    expect(passed([...`it is ${key.slice(0, 9)}\ufeff${key.slice(9)} .`]).out).toBe('it is ');
    expect(passed([...'password: 漢字の鍵abc123! です']).out).toBe('password: ');
  });
});

describe('words without a secret', () => {
  it('come out whole, however they come in', () => {
    const some = fc.oneof(
      words.map((all) => all.join(' ')),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
    );
    fc.assert(
      fc.property(some, places, (text, cuts) => {
        expect(passed(cutAt(text, cuts))).toEqual({ out: text, broken: undefined });
      }),
      { numRuns: 300 },
    );
  });

  it('wait for nothing but the end of the last one, and in scripts without spaces for nothing', () => {
    const hold = createSecretHold();
    expect(hold.write('All is we')).toBe('All is ');
    expect(hold.write('ll. Nex')).toBe('well. ');
    expect(hold.write('t\n')).toBe('Next\n');
    expect(hold.write('すべて順調')).toBe('すべて順調');
  });

  it('may be long ones: they come out in parts, and are not taken for what they end with', () => {
    const key = makeSecret('aws_secret_key', 1);
    const long = `${'QUJD'.repeat(1_100)}${key}${'QUJD'.repeat(2_000)}`;
    expect(passed([...long])).toEqual({ out: long, broken: undefined });
    expect(passed(cutAt(`${long} and on`, [5_000, 9_000]))).toEqual({
      out: `${long} and on`,
      broken: undefined,
    });
  });

  it('are none because of a word that only its end is looked at of', () => {
    const text = `${'x'.repeat(20)}${makeSecret('aws_secret_key', 1)}  ${'a '.repeat(400)}`;
    expect(passed([...text])).toEqual({ out: text, broken: undefined });
  });
});
