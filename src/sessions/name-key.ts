import { createHmac } from 'node:crypto';
import { base32, nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer, SealOwner } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { PUT_NAME_KEY } from './lua-changes.ts';

/** Makes tokens of texts: the same for the same text of the same person, and telling nothing without the key. */
export interface NameKey {
  /** Stands beside the key in Redis; empty where nothing is sealed. */
  readonly id: string;
  readonly token: (person: string, text: string) => string;
}

export interface NameKeyDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Logger;
}

const OWNER: SealOwner = { tenant: 'people', user: '', provider: 'sessions', version: 1 };
/** 60 bits tell the names of one person apart. */
const TOKEN_LENGTH = 12;
/** Another process may have put another key there, again and again, but not for ever. */
const TRIES = 5;

export type NameKeys = ReturnType<typeof createNameKey>;

/**
 * The key under which all processes compare names. It is sealed in Redis, made by whoever needs it first, and read once
 * by each process; scripts refuse tokens of another key ('key'), and then it is read again.
 */
export function createNameKey({ redis, keyPrefix, sealer, randomBytes, log }: NameKeyDeps) {
  const put = defineScript(PUT_NAME_KEY, keyPrefix);
  let current: Promise<NameKey> | undefined;

  async function read(seal: Sealer): Promise<NameKey> {
    let [id, sealed] = await redis.hmget(`${keyPrefix}:namekey`, 'id', 'sealed');
    for (let tries = 0; tries < TRIES; tries += 1) {
      const opened = id && sealed ? await open(seal, sealed) : undefined;
      if (id && opened && !opened.stale) return nameKey(id, opened.plaintext);
      // None, or none that can be read: a new one. Sealed with an older key: the same again.
      const secret = opened?.plaintext ?? randomBytes(32);
      const newId = opened && id ? id : base32(randomBytes(10));
      [id, sealed] = (await put(redis, [sealed ?? '', newId, await seal.seal(OWNER, secret)])) as string[];
    }
    throw new Error(
      'The key for names changes each time that it is read: are the encryption keys the same everywhere?',
    );
  }

  async function open(seal: Sealer, sealed: string) {
    try {
      return await seal.open(OWNER, sealed);
    } catch (error) {
      if (!(error instanceof SealedError) || error.code === 'key_unavailable') throw error;
      log.error({ code: error.code }, 'the key for names cannot be opened; from now on there is another one');
      return undefined;
    }
  }

  function get(): Promise<NameKey> {
    if (!sealer) return Promise.resolve(OPEN_KEY);
    current ??= read(sealer).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  }

  return {
    /** Runs a script that takes tokens, again with the key of today where that was another one. */
    async with<T>(run: (key: NameKey) => Promise<T | 'key'>): Promise<T> {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const used = get();
        const answer = await run(await used);
        if (answer !== 'key') return answer;
        if (current === used) current = undefined;
      }
      throw new Error(
        'The key for names is another one each time: are the encryption keys the same everywhere?',
      );
    },
  };
}

function nameKey(id: string, secret: Buffer): NameKey {
  return {
    id,
    token: (person, text) =>
      base32(
        createHmac('sha256', secret)
          .update(JSON.stringify([person, text]))
          .digest(),
      ).slice(0, TOKEN_LENGTH),
  };
}

const OPEN_KEY: NameKey = {
  id: '',
  token: (person, text) => nameOf(['name', person, text]).slice(0, TOKEN_LENGTH),
};
