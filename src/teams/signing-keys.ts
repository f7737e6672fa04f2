import { z } from 'zod';

/** A public key of the Bot Framework, with the channels that it speaks for. */
const keySchema = z.looseObject({
  kty: z.string(),
  kid: z.string().min(1),
  endorsements: z.array(z.string()).optional(),
});
const metadataSchema = z.object({ jwks_uri: z.url({ protocol: /^https?$/ }) });
const keySetSchema = z.object({ keys: z.array(keySchema).min(1) });

export type SigningKeys = z.output<typeof keySetSchema>;

/** Nobody knows the keys, so no token can be judged. Neither the sender's fault nor a reason to let anybody in. */
export class KeysUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('the keys that sign what Teams sends cannot be had', options);
    this.name = 'KeysUnavailable';
  }
}

export interface SigningKeysDeps {
  /** OpenID Connect discovery: its `jwks_uri` has the keys. */
  readonly metadataUrl: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onRefreshFailed: (error: unknown) => void;
}

const TIMEOUT_MS = 3_000;
/** Microsoft: keys may be kept for a day; they are published long before they are used. */
const FRESH_MS = 24 * 3_600_000;
/** Not more often than this for a key that is not among them: anybody can name one. */
const AGAIN_MS = 60_000;

/** The keys of the Bot Framework, kept for a day, and longer while new ones cannot be had. */
export function createSigningKeys({ metadataUrl, now, onRefreshFailed }: SigningKeysDeps) {
  let kept: SigningKeys | undefined;
  let keptAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let fetching: Promise<void> | undefined;

  async function get(url: string): Promise<unknown> {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}`);
    return answer.json();
  }

  async function refresh(): Promise<void> {
    triedAt = now();
    try {
      const { jwks_uri: keysUrl } = metadataSchema.parse(await get(metadataUrl));
      kept = keySetSchema.parse(await get(keysUrl));
      keptAt = now();
    } catch (error) {
      if (!kept) throw new KeysUnavailable({ cause: error });
      onRefreshFailed(error);
    }
  }

  const refreshOnce = () => {
    fetching ??= refresh().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  return {
    /** Throws KeysUnavailable. `missing`: a token names a key that is not among them. */
    async get(missing = false): Promise<SigningKeys> {
      const stale = now() - keptAt > FRESH_MS;
      if (!kept || ((stale || missing) && now() - triedAt > AGAIN_MS)) await refreshOnce();
      if (!kept) throw new KeysUnavailable();
      return kept;
    },
  };
}
