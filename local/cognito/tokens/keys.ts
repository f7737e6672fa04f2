import { generateKeyPair, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const newKeyPair = promisify(generateKeyPair);

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Id tokens and access tokens are signed with different keys, as at Cognito. */
export interface PoolKeys {
  readonly id: SigningKey;
  readonly access: SigningKey;
  /** Keys from before a rotation that are still published. */
  readonly former: readonly SigningKey[];
}

export type Keys = ReturnType<typeof createKeys>;

/** The signing keys of all pools. A pool gets its keys when they are first asked for: making RSA keys takes a while. */
export function createKeys() {
  const pools = new Map<string, Promise<PoolKeys>>();

  async function make(former: readonly SigningKey[]): Promise<PoolKeys> {
    const [id, access] = await Promise.all([newKey(), newKey()]);
    return { id, access, former };
  }

  function of(poolId: string): Promise<PoolKeys> {
    const found = pools.get(poolId);
    if (found) return found;
    const made = make([]);
    pools.set(poolId, made);
    return made;
  }

  return {
    of,
    /** New keys from now on. Tokens signed before stay good for verifiers while the former keys are published. */
    async rotate(poolId: string, keepFormer: boolean): Promise<void> {
      const { id, access } = await of(poolId);
      const made = make(keepFormer ? [id, access] : []);
      pools.set(poolId, made);
      await made;
    },
    /** The JSON Web Key Set. */
    async jwks(poolId: string): Promise<{ keys: JsonWebKey[] }> {
      const { id, access, former } = await of(poolId);
      return { keys: [id, access, ...former].map(toJwk) };
    },
  };
}

async function newKey(): Promise<SigningKey> {
  const pair = await newKeyPair('rsa', { modulusLength: 2048 });
  return { kid: randomBytes(32).toString('base64'), ...pair };
}

function toJwk({ kid, publicKey }: SigningKey): JsonWebKey {
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  return { alg: 'RS256', e, kid, kty: 'RSA', n, use: 'sig' };
}
