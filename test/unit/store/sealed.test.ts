import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  combineDataKeys,
  type DataKeys,
  type EncryptionKey,
  localDataKeys,
  unprotectedKeys,
} from '../../../src/store/data-keys.ts';
import { createSealer, type SealOwner } from '../../../src/store/sealed.ts';
import { SealedError } from '../../../src/store/sealed-error.ts';

const newKey = (id: string): EncryptionKey => ({ id, key: createSecretKey(randomBytes(32)) });
const [K1, K2, K3] = [newKey('k1'), newKey('k2'), newKey('k3')];
const sealerWith = (...ring: EncryptionKey[]) => createSealer({ keys: localDataKeys(ring), randomBytes });
const sealer = sealerWith(K1);

const alice: SealOwner = { tenant: 'T1', user: 'U1', provider: 'cognito', version: 1 };
const SECRET = 'refresh-token-of-alice';

async function codeOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof SealedError ? error.code : `not refused: ${String(error)}`;
}

describe('a sealed record', () => {
  it('gives back any content to its owner', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 5_000 }),
        fc.string({ minLength: 1 }),
        async (content, user) => {
          const owner = { ...alice, user };
          const opened = await sealer.open(owner, await sealer.seal(owner, content));
          expect(opened.plaintext.equals(content)).toBe(true);
          expect(opened.stale).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is another text each time and shows nothing of its content', async () => {
    const envelopes = await Promise.all(Array.from({ length: 500 }, () => sealer.seal(alice, SECRET)));
    expect(new Set(envelopes.map((envelope) => envelope.slice(0, 22))).size).toBe(500);
    expect(envelopes.join()).toMatch(/^[\w.,-]+$/);
    for (const form of [SECRET, Buffer.from(SECRET).toString('base64url').slice(0, 12)]) {
      expect(envelopes.join()).not.toContain(form);
    }
  });

  it('does not open once any single bit of it is turned over', async () => {
    const envelope = await sealerWith(K1, K2).seal(alice, SECRET);
    const opens: string[] = [];
    for (let bit = 0; bit < envelope.length * 8; bit += 1) {
      const bytes = Buffer.from(envelope, 'latin1');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const code = await codeOf(sealerWith(K1, K2, newKey('k0')).open(alice, bytes.toString('latin1')));
      if (!['malformed', 'unknown_key', 'not_authentic'].includes(code)) opens.push(`bit ${bit}: ${code}`);
    }
    expect(envelope.length * 8).toBeGreaterThan(500);
    expect(opens).toEqual([]);
  });

  it('does not open when it was cut off or made longer anywhere', async () => {
    const envelope = await sealer.seal(alice, SECRET);
    for (let length = 0; length < envelope.length; length += 1) {
      expect(['malformed', 'not_authentic']).toContain(
        await codeOf(sealer.open(alice, envelope.slice(0, length))),
      );
    }
    for (const more of ['A', 'AAAA', '=', ' ', '\n', '.', '\0'])
      expect(['malformed', 'not_authentic']).toContain(await codeOf(sealer.open(alice, envelope + more)));
  });

  it.each([
    ['another person of the tenant', { user: 'U2' }],
    ['the same id in another tenant', { tenant: 'T2' }],
    ['another provider', { provider: 'github' }],
    ['another version', { version: 2 }],
    ['parts that only read the same when joined by a bar', { tenant: 'T1|U', user: '1' }],
  ])('does not open for %s', async (_who, change) => {
    expect(await codeOf(sealer.open({ ...alice, ...change }, await sealer.seal(alice, SECRET)))).toBe(
      'not_authentic',
    );
  });

  it('keeps the borders between the parts of its owner', async () => {
    const one = { tenant: 'T1', user: 'U', provider: '1', version: 11 };
    const other = { tenant: 'T1', user: 'U1', provider: '1', version: 1 };
    expect(await codeOf(sealer.open(other, await sealer.seal(one, SECRET)))).toBe('not_authentic');
  });

  it('is bound to the name of its key even where two names lead to one key', async () => {
    const one = localDataKeys([K1]);
    const both: DataKeys = { current: one.current, find: (_ref, context) => one.find('l.k1', context) };
    const envelope = await sealer.seal(alice, SECRET);
    const renamed = createSealer({ keys: both, randomBytes }).open(alice, envelope.replace('.k1.', '.k2.'));
    expect(await codeOf(renamed)).toBe('not_authentic');
  });

  it('of one person never opens for another, whoever they are', async () => {
    const name = fc.string({ minLength: 1, maxLength: 12 });
    const owner = fc.record({ tenant: name, user: name, provider: name, version: fc.nat({ max: 5 }) });
    await fc.assert(
      fc.asyncProperty(owner, owner, async (one, other) => {
        fc.pre(JSON.stringify(Object.entries(one)) !== JSON.stringify(Object.entries(other)));
        const [a, b] = [await sealer.seal(one, SECRET), await sealer.seal(other, SECRET)];
        expect(await codeOf(sealer.open(one, b))).toBe('not_authentic');
        expect(await codeOf(sealer.open(other, a))).toBe('not_authentic');
      }),
      { numRuns: 300 },
    );
  });

  it('does not open with parts of another one of the same owner', async () => {
    const both = sealerWith(K1, K2);
    const [one, other] = [await both.seal(alice, SECRET), await sealerWith(K2).seal(alice, SECRET)];
    const [a, b] = [one.split('.'), other.split('.')];
    expect(await codeOf(both.open(alice, [a[0], a[1], b[2], a[3]].join('.')))).toBe('not_authentic');
    expect(await codeOf(both.open(alice, [a[0], a[1], a[2], b[3]].join('.')))).toBe('not_authentic');
  });

  it('says why it does not open without telling what was in it', async () => {
    const errors: unknown[] = [];
    const envelope = await sealer.seal(alice, SECRET);
    const attempts = [
      sealer.open({ ...alice, user: 'U2' }, envelope),
      sealerWith(K2).open(alice, envelope),
      sealer.open(alice, SECRET),
      sealer.open(alice, envelope.slice(0, 40)),
    ];
    for (const attempt of attempts) await attempt.catch((error: unknown) => errors.push(error));
    expect(errors.map((error) => (error as SealedError).code)).toEqual([
      'not_authentic',
      'unknown_key',
      'malformed',
      'malformed',
    ]);
    for (const error of errors as Error[]) {
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET);
      expect(error.cause).toBeUndefined();
    }
  });
});

describe('a rotation of the keys', () => {
  it('opens what an older key sealed, and says that it should be sealed anew', async () => {
    const old = await sealerWith(K1).seal(alice, SECRET);
    const now = sealerWith(K3, K2, K1);
    const opened = await now.open(alice, old);
    expect([opened.plaintext.toString(), opened.stale]).toEqual([SECRET, true]);
    const anew = await now.open(alice, await now.seal(alice, opened.plaintext));
    expect([anew.plaintext.toString(), anew.stale]).toEqual([SECRET, false]);
  });

  it('is not undone by a process that has the new key behind the old one still', async () => {
    const opened = await sealerWith(K1, K2).open(alice, await sealerWith(K2, K1).seal(alice, SECRET));
    expect([opened.plaintext.toString(), opened.stale]).toEqual([SECRET, true]);
  });

  it('ends with the removal of the old key, which then opens nothing', async () => {
    const old = await sealerWith(K1).seal(alice, SECRET);
    expect(await codeOf(sealerWith(K2).open(alice, old))).toBe('unknown_key');
  });
});

describe('the sources of keys', () => {
  it('make another key for each context, and never give out the configured one', async () => {
    const keys = localDataKeys([K1]);
    const contexts = [{ a: 'b' }, { a: 'c' }, { b: 'a' }, { a: 'b', c: 'd' }, {}];
    const made = await Promise.all(
      contexts.map(async (context) => (await keys.current(context)).key.export()),
    );
    expect(new Set([...made, K1.key.export()].map((key) => key.toString('hex'))).size).toBe(
      contexts.length + 1,
    );
    const same = (await keys.current({ c: 'd', a: 'b' })).key.export();
    expect(made[3]?.equals(same)).toBe(true);
  });

  it('can be combined: the first seals, and what the others sealed is stale', async () => {
    const combined = combineDataKeys([localDataKeys([K2]), localDataKeys([K1])]);
    const both = createSealer({ keys: combined, randomBytes });
    const old = await both.open(alice, await sealerWith(K1).seal(alice, SECRET));
    const anew = await both.open(alice, await both.seal(alice, SECRET));
    expect([old.stale, anew.stale]).toEqual([true, false]);
    expect(await codeOf(both.open(alice, await sealerWith(K3).seal(alice, SECRET)))).toBe('unknown_key');
  });

  it('refuse to seal when there is no key', async () => {
    expect(await codeOf(sealerWith().seal(alice, SECRET))).toBe('key_unavailable');
    expect(await codeOf(createSealer({ keys: combineDataKeys([]), randomBytes }).seal(alice, SECRET))).toBe(
      'key_unavailable',
    );
  });

  it('that protect nothing cannot seal a secret', async () => {
    const open = createSealer({ keys: unprotectedKeys(randomBytes), randomBytes });
    expect(await codeOf(open.seal(alice, SECRET))).toBe('key_unavailable');
  });
});
