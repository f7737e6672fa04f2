import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { DataKeys, KeyContext } from './data-keys.ts';
import { SealedError } from './sealed-error.ts';

/** Whose secret it is. An envelope opens for exactly this owner. */
export interface SealOwner {
  readonly tenant: string;
  readonly user: string;
  /** The service that the secret is for: `cognito`. */
  readonly provider: string;
  /** The version of what is inside. */
  readonly version: number;
}

export interface Opened {
  readonly plaintext: Buffer;
  /** Sealed with an older key: seal it anew, and replace the envelope only where it is still this one. */
  readonly stale: boolean;
}

export interface Sealer {
  /** An envelope: printable ASCII, another one each time. Throws SealedError `key_unavailable`. */
  seal(owner: SealOwner, plaintext: string | Uint8Array): Promise<string>;
  /** Throws SealedError of any code; `not_authentic` for another owner's envelope as for an altered one. */
  open(owner: SealOwner, envelope: string): Promise<Opened>;
}

export interface SealerDeps {
  readonly keys: DataKeys;
  readonly randomBytes: (size: number) => Uint8Array;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Version, kind of key (l: from the environment, k: wrapped by KMS), its name, and nonce + ciphertext + tag. */
const ENVELOPE = /^v1\.([lk]\.[\w-]+)\.([\w-]+)$/;

/**
 * Secrets at rest as envelopes: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The associated data binds
 * an envelope to its owner and to its own head, so nothing of it can be exchanged.
 */
export function createSealer({ keys, randomBytes }: SealerDeps): Sealer {
  return {
    async seal(owner, plaintext) {
      const { ref, key } = await keys.current(contextOf(owner));
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(owner, ref));
      const body = [nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
      const envelope = `v1.${ref}.${Buffer.concat(body).toString('base64url')}`;
      if (!ENVELOPE.test(envelope))
        throw new SealedError('key_unavailable', 'This key may not seal secrets.');
      return envelope;
    },

    async open(owner, envelope) {
      const [, ref, text] = ENVELOPE.exec(envelope) ?? [];
      if (ref === undefined || text === undefined) throw malformed();
      const body = Buffer.from(text, 'base64url');
      // The last character may have bits that decoding ignores: only the one right way of writing is an envelope.
      if (body.toString('base64url') !== text || body.length < NONCE_BYTES + TAG_BYTES) throw malformed();
      const { key, stale } = await keys.find(ref, contextOf(owner));
      return { plaintext: decrypt(key, body, associatedData(owner, ref)), stale };
    },
  };
}

function decrypt(key: KeyObject, body: Buffer, data: Buffer): Buffer {
  const nonce = body.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(data);
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const plaintext = decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    // OpenSSL says no more than this, and what was deciphered so far must not get out.
    plaintext.fill(0);
    throw new SealedError('not_authentic', 'It was altered, or sealed for somebody else.');
  }
  return plaintext;
}

/** The part of the owner that many envelopes share: each tenant has keys of its own. */
const contextOf = ({ tenant, provider }: SealOwner): KeyContext => ({
  purpose: 'threadcore/sealed',
  tenant,
  provider,
});

/** JSON keeps the borders between the parts. */
const associatedData = ({ tenant, user, provider, version }: SealOwner, ref: string): Buffer =>
  Buffer.from(JSON.stringify(['threadcore/sealed/v1', ref, tenant, user, provider, version]));

const malformed = () => new SealedError('malformed', 'It is not an envelope, or was cut off.');
