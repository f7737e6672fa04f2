import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { SealedError } from './sealed-error.ts';

/** All data keys are AES-256 keys, or as long. */
export const KEY_BYTES = 32;

/** What a key is for, in clear. Another context means another key, so that a key for one thing opens nothing else. */
export type KeyContext = Readonly<Record<string, string>>;

export interface DataKey {
  /** The name under which `find` gives the key again. Not secret, except for `unprotectedKeys`. */
  readonly ref: string;
  readonly key: KeyObject;
}

export interface FoundKey {
  readonly key: KeyObject;
  /** There is a newer one: what it protects should be protected anew. */
  readonly stale: boolean;
}

/** Where keys come from: the environment, or a key service. */
export interface DataKeys {
  /** The key to use now. Throws SealedError `key_unavailable`. */
  current(context: KeyContext): Promise<DataKey>;
  /** The key of a name. Throws SealedError `unknown_key`, `not_authentic` or `key_unavailable`. */
  find(ref: string, context: KeyContext): Promise<FoundKey>;
}

export interface EncryptionKey {
  readonly id: string;
  /** 32 random bytes. */
  readonly key: KeyObject;
}

/** Derived keys that are remembered: one for each tenant and service. */
const MOST_DERIVED = 1_000;

/** The keys of `ENCRYPTION_KEYS`, newest first. None of them is used itself: each context has a key derived from it. */
export function localDataKeys(ring: readonly EncryptionKey[]): DataKeys {
  // To derive a key costs as much as to open an envelope with it, and thousands are opened for one search.
  const derived = new Map<string, KeyObject>();
  function derive({ id, key }: EncryptionKey, context: KeyContext): KeyObject {
    const purpose = contextName(context);
    const name = `${id} ${purpose}`;
    const found = derived.get(name) ?? deriveKey(key, purpose);
    if (derived.size >= MOST_DERIVED) derived.clear();
    derived.set(name, found);
    return found;
  }
  return {
    async current(context) {
      const newest = ring[0];
      if (!newest) throw new SealedError('key_unavailable', 'No encryption key is configured.');
      return { ref: `l.${newest.id}`, key: derive(newest, context) };
    },
    async find(ref, context) {
      const index = ring.findIndex(({ id }) => ref === `l.${id}`);
      const found = ring[index];
      if (!found) throw unknownKey();
      return { key: derive(found, context), stale: index > 0 };
    },
  };
}

/**
 * Keys whose names hold the key itself. They protect nothing from whoever reads the names: for what shall be uniform
 * with and without secrets, never for secrets.
 */
export function unprotectedKeys(randomBytes: (size: number) => Uint8Array): DataKeys {
  return {
    async current() {
      const bytes = Buffer.from(randomBytes(KEY_BYTES));
      return { ref: `p.${bytes.toString('base64url')}`, key: createSecretKey(bytes) };
    },
    async find(ref) {
      const bytes = Buffer.from(/^p\.([\w-]{43})$/.exec(ref)?.[1] ?? '', 'base64url');
      if (bytes.length !== KEY_BYTES) throw unknownKey();
      return { key: createSecretKey(bytes), stale: false };
    },
  };
}

/** Several sources as one: the first gives new keys, the others only find theirs, as stale ones. */
export function combineDataKeys(sources: readonly DataKeys[]): DataKeys {
  return {
    async current(context) {
      const first = sources[0];
      if (!first) throw new SealedError('key_unavailable', 'No source of encryption keys is configured.');
      return first.current(context);
    },
    async find(ref, context) {
      for (const [index, source] of sources.entries()) {
        try {
          const { key, stale } = await source.find(ref, context);
          return { key, stale: stale || index > 0 };
        } catch (error) {
          if (!(error instanceof SealedError) || error.code !== 'unknown_key') throw error;
        }
      }
      throw unknownKey();
    },
  };
}

/** A key for one purpose, made from another one (HKDF-SHA256, RFC 5869). */
export function deriveKey(key: KeyObject, purpose: string): KeyObject {
  // OpenSSL takes at most 1024 bytes of info.
  const info = createHash('sha256').update(`threadcore/${purpose}`).digest();
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', info, KEY_BYTES)));
}

/** The same name for the same context, whatever the order of its entries. */
export const contextName = (context: KeyContext): string =>
  JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));

export const unknownKey = (): SealedError =>
  new SealedError('unknown_key', 'It was sealed with a key that is not among the configured ones.');
