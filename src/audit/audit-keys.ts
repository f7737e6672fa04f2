import { createHmac, timingSafeEqual } from 'node:crypto';
import { base32, nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { type DataKey, type DataKeys, deriveKey, type KeyContext } from '../store/data-keys.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Subject } from './events.ts';

const PSEUDONYM_LENGTH = 26;
const ID_LENGTH = 12;

/** What one key of the log does. Each use has a key of its own, derived from it. */
export interface AuditKey {
  readonly id: string;
  /** HMAC-SHA256 in base64url. */
  sign(what: 'entry' | 'head', text: string): string;
  /** Takes as long for a wrong signature as for the right one. */
  verifies(what: 'entry' | 'head', text: string, signature: string): boolean;
  /** The same name for the same subject, under this key; nobody without the key can tell or try who it is. */
  pseudonym(subject: Subject): string;
}

export interface AuditKeys {
  /** The key to sign with. Throws SealedError `key_unavailable`. */
  current(): Promise<AuditKey>;
  /** Undefined for a key that is not ours, or not any more. Throws SealedError `key_unavailable`. */
  find(id: string): Promise<AuditKey | undefined>;
}

/** The keys of the log that is kept under `keyPrefix`: another log has others, though the secret may be the same. */
export function createAuditKeys(redis: Connection, keyPrefix: string, dataKeys: DataKeys): AuditKeys {
  const names = `${keyPrefix}:audit:keys`;
  const lookUp = async (id: string) => (await redis.hget(names, id)) ?? undefined;
  const { find, open } = createKeyFinder(dataKeys, keyPrefix, lookUp);
  let mine: string | undefined;

  /** The one that other processes use, if we know it and have no newer one. */
  async function shared(): Promise<AuditKey | undefined> {
    const id = await redis.hget(names, 'current');
    const ref = id ? await redis.hget(names, id) : undefined;
    const found = ref ? await open(ref) : undefined;
    return found && !found.stale ? found.key : undefined;
  }

  async function introduce(): Promise<AuditKey> {
    const { ref, key } = await dataKeys.current(contextOf(keyPrefix));
    const id = idOf(ref);
    await redis.hset(names, id, ref, 'current', id);
    return auditKey(id, key);
  }

  return {
    find,
    async current() {
      const known = mine === undefined ? await shared() : await find(mine);
      const key = known ?? (await introduce());
      mine = key.id;
      return key;
    },
  };
}

/**
 * Finds keys of the log `log`. `lookUp` tells what an id stands for in the words of `DataKeys`: Redis knows it, and so
 * does an exported file.
 */
export function createKeyFinder(
  dataKeys: DataKeys,
  log: string,
  lookUp: (id: string) => Promise<string | undefined>,
) {
  /** A name means the same for ever, so it is looked up once. The keys themselves are not kept here. */
  const refs = new Map<string, string>();

  async function open(ref: string): Promise<{ key: AuditKey; stale: boolean } | undefined> {
    try {
      const { key, stale } = await dataKeys.find(ref, contextOf(log));
      return { key: auditKey(idOf(ref), key), stale };
    } catch (error) {
      if (error instanceof SealedError && error.code !== 'key_unavailable') return undefined;
      throw error;
    }
  }

  async function find(id: string): Promise<AuditKey | undefined> {
    const ref = refs.get(id) ?? (await lookUp(id));
    // The names are not protected; what they lead to has to be what they say.
    if (ref === undefined || idOf(ref) !== id) return undefined;
    refs.set(id, ref);
    return (await open(ref))?.key;
  }

  return { find, open };
}

function auditKey(id: string, key: DataKey['key']): AuditKey {
  const keyFor = { entry: deriveKey(key, 'audit/entry'), head: deriveKey(key, 'audit/head') };
  const pseudonyms = deriveKey(key, 'audit/pseudonym');
  const digest = (what: 'entry' | 'head', text: string) =>
    createHmac('sha256', keyFor[what]).update(text).digest();
  return {
    id,
    sign: (what, text) => digest(what, text).toString('base64url'),
    verifies(what, text, signature) {
      const given = Buffer.from(signature, 'base64url');
      const right = digest(what, text);
      // Written in the one right way, or a changed character could mean the same bytes.
      return (
        given.length === right.length &&
        timingSafeEqual(given, right) &&
        right.toString('base64url') === signature
      );
    },
    pseudonym(subject) {
      if (subject.kind === 'system' || subject.kind === 'unknown') return subject.kind;
      const parts = JSON.stringify([subject.kind, ...namesIn(subject)]);
      const hash = createHmac('sha256', pseudonyms).update(parts).digest();
      return `${subject.kind}:${base32(hash).slice(0, PSEUDONYM_LENGTH)}`;
    },
  };
}

function namesIn(subject: Exclude<Subject, { kind: 'system' | 'unknown' }>): string[] {
  switch (subject.kind) {
    case 'person':
      return [subject.platform, subject.tenant, subject.user];
    case 'operator':
      return [subject.name];
    case 'account':
      return [subject.provider, subject.sub];
    case 'address':
      return [subject.ip];
  }
}

const contextOf = (log: string): KeyContext => ({ purpose: 'threadcore/audit', log });

/** Short, and bound to what it names. */
const idOf = (ref: string): string => nameOf(['audit key', ref]).slice(0, ID_LENGTH);
