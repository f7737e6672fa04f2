import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms';
import {
  contextName,
  type DataKeys,
  type FoundKey,
  KEY_BYTES,
  type KeyContext,
  unknownKey,
} from './data-keys.ts';
import { SealedError } from './sealed-error.ts';

export interface KmsDataKeysOptions {
  /** Key ids, key ARNs, aliases or alias ARNs, newest first: the first wraps new data keys, all unwrap. */
  readonly keyIds: readonly [string, ...string[]];
  readonly region: string;
  /** Another address of KMS. Without it the SDK follows `AWS_ENDPOINT_URL…` and the region. */
  readonly endpoint?: string | undefined;
  /** Default: the AWS SDK's own chain. */
  readonly credentials?: KMSClientConfig['credentials'];
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** How long a data key stays in memory, in ms. Default 10 minutes. */
  readonly maxAgeMs?: number | undefined;
  /** How many times a data key is handed out for sealing. Default 10,000. */
  readonly maxUses?: number | undefined;
  /** Data keys in memory at most, those longest unused go first. Default 1,000. */
  readonly maxKeys?: number | undefined;
  /** How long one call of KMS may take, repetitions included, in ms. Default 5,000. */
  readonly timeoutMs?: number | undefined;
}

export interface KmsDataKeys extends DataKeys {
  close(): void;
}

interface Remembered {
  readonly wrapped: string;
  readonly found: FoundKey;
}

interface Slot<T> {
  readonly value: Promise<T>;
  readonly until: number;
  uses: number;
}

/**
 * Data keys from AWS KMS (`GenerateDataKey`, `Decrypt`; symmetric key, `kms:GenerateDataKey` and `kms:Decrypt` on it).
 * The name of a data key is the key itself as KMS wrapped it, so nothing has to be kept beside what it protects. The
 * context goes along as encryption context: KMS unwraps for the same context only, and CloudTrail shows it.
 */
export function kmsDataKeys(options: KmsDataKeysOptions): KmsDataKeys {
  const { keyIds, now, maxAgeMs = 600_000, maxUses = 10_000, maxKeys = 1_000, timeoutMs = 5_000 } = options;
  const client = new KMSClient({
    // The ARN of a key knows better than the region of everything else.
    region: /^arn:[^:]+:kms:([^:]+):/.exec(keyIds[0])?.[1] ?? options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  const limits = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  const sealing = createCache<Remembered>(now, maxAgeMs, maxKeys);
  const opening = createCache<FoundKey>(now, maxAgeMs, maxKeys);

  async function generate(context: KeyContext): Promise<Remembered> {
    const answer = await calling(() =>
      client.send(
        new GenerateDataKeyCommand({
          KeyId: keyIds[0],
          KeySpec: 'AES_256',
          EncryptionContext: { ...context },
        }),
        limits(),
      ),
    );
    if (!answer.CiphertextBlob) throw unavailable(new Error('KMS answered without a wrapped key'));
    const wrapped = Buffer.from(answer.CiphertextBlob).toString('base64url');
    return { wrapped, found: { key: secretFrom(answer.Plaintext), stale: false } };
  }

  /** Asks for our own keys by name: a data key that somebody wrapped with a key of theirs is not ours. */
  async function unwrap(wrapped: string, context: KeyContext): Promise<FoundKey> {
    for (const [index, KeyId] of keyIds.entries()) {
      const answer = await calling(() =>
        client
          .send(
            new DecryptCommand({
              KeyId,
              CiphertextBlob: Buffer.from(wrapped, 'base64url'),
              EncryptionContext: { ...context },
            }),
            limits(),
          )
          .catch((error: unknown) => {
            if (error instanceof IncorrectKeyException) return undefined;
            throw error;
          }),
      );
      if (answer) return { key: secretFrom(answer.Plaintext), stale: index > 0 };
    }
    throw unknownKey();
  }

  return {
    async current(context) {
      const name = contextName(context);
      const { wrapped, found } = await sealing.get(name, () => generate(context), maxUses);
      await opening.get(`${wrapped} ${name}`, async () => found);
      return { ref: `k.${wrapped}`, key: found.key };
    },
    async find(ref, context) {
      const wrapped = /^k\.([\w-]+)$/.exec(ref)?.[1];
      if (wrapped === undefined) throw unknownKey();
      return opening.get(`${wrapped} ${contextName(context)}`, () => unwrap(wrapped, context));
    },
    close: () => client.destroy(),
  };
}

/** Remembers for a bounded time and number of uses; callers at the same time share one call; failures are forgotten. */
function createCache<T>(now: () => number, maxAgeMs: number, maxEntries: number) {
  const slots = new Map<string, Slot<T>>();
  return {
    async get(name: string, make: () => Promise<T>, maxUses = Number.POSITIVE_INFINITY): Promise<T> {
      let slot = slots.get(name);
      if (!slot || slot.until <= now() || slot.uses >= maxUses) {
        slot = { value: make(), until: now() + maxAgeMs, uses: 0 };
      }
      slot.uses += 1;
      // The order of a Map is that of insertion: what was used last stands last.
      slots.delete(name);
      slots.set(name, slot);
      const oldest = slots.keys().next().value;
      if (slots.size > maxEntries && oldest !== undefined) slots.delete(oldest);
      try {
        return await slot.value;
      } catch (error) {
        if (slots.get(name) === slot) slots.delete(name);
        throw error;
      }
    },
  };
}

async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof InvalidCiphertextException) {
      throw new SealedError('not_authentic', 'KMS does not know this wrapped key, or not for this purpose.');
    }
    throw unavailable(error);
  }
}

const unavailable = (cause: unknown) =>
  new SealedError('key_unavailable', 'KMS gave no key. Check KMS_KEY_ID, its policy and the network path.', {
    cause,
  });

function secretFrom(plaintext: Uint8Array | undefined): KeyObject {
  if (plaintext?.length !== KEY_BYTES) throw unavailable(new Error('KMS answered without a key of 32 bytes'));
  const key = createSecretKey(plaintext);
  plaintext.fill(0);
  return key;
}
