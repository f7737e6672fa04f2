import { z } from 'zod';
import { base32 } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { accountKey, type ChatAccount, readAccount, sealOwner, writeAccount } from './chat-account.ts';
import type { Tokens } from './cognito-client.ts';
import { ERASE_LINK, SAVE_LINK } from './lua.ts';
import type { VerifiedTokens } from './token-verifier.ts';

/** The version of what is sealed in a link. */
const VERSION = 1;
/** A link that nobody has used for so long is forgotten. Refreshing its tokens counts as use. */
export const LINK_TTL_S = 180 * 86_400;

const linkSchema = z.object({
  sub: z.string(),
  username: z.string(),
  email: z.string().optional(),
  groups: z.array(z.string()),
  access: z.string(),
  /** Epoch seconds. */
  accessExpiresAt: z.number(),
  accessLifeS: z.number(),
  refresh: z.string(),
  /** Epoch milliseconds. */
  linkedAt: z.number(),
});

/** A Cognito identity with its tokens, linked to a chat account. */
export type Link = z.infer<typeof linkSchema>;

/** `linkedAt`: epoch milliseconds. */
export function linkOf(
  { access, refresh }: Pick<Tokens, 'access' | 'refresh'>,
  { principal, accessExpiresAt, accessLifeS }: VerifiedTokens,
  linkedAt: number,
): Link {
  const groups = [...principal.groups];
  return { ...principal, groups, access, refresh, accessExpiresAt, accessLifeS, linkedAt };
}

export type LinkRecord =
  | { readonly state: 'none'; readonly rev: '' }
  /** Its tokens are no longer good, and gone: the person must sign in again. */
  | { readonly state: 'signed_out'; readonly rev: string; readonly sub: string }
  | { readonly state: 'linked'; readonly rev: string; readonly link: Link };

export interface LinksDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly sealer: Sealer;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Logger;
}

export type Links = ReturnType<typeof createLinks>;

/** The links, sealed in Redis. Each write gives a link a new version; who writes over a version that is gone does nothing. */
export function createLinks(deps: LinksDeps) {
  const { redis, keyPrefix, sealer } = deps;
  const save = defineScript(SAVE_LINK, keyPrefix);
  const erase = defineScript(ERASE_LINK, keyPrefix);
  const nameOf = (account: ChatAccount) => `link:${accountKey(account)}`;
  const keyOf = (account: ChatAccount) => `${keyPrefix}:${nameOf(account)}`;
  const newRev = () => base32(deps.randomBytes(10));

  async function write(
    account: ChatAccount,
    expected: string,
    state: 'linked' | 'signed_out',
    sub: string,
    sealed: string,
    rev = newRev(),
  ): Promise<string | undefined> {
    const fields = [rev, state, sub, sealed, LINK_TTL_S, writeAccount(account)];
    const saved = await save(redis, [accountKey(account), expected, ...fields]);
    return saved === 1 ? rev : undefined;
  }

  const seal = (account: ChatAccount, link: Link) =>
    sealer.seal(sealOwner(account, VERSION), JSON.stringify(link));

  /** Undefined: altered, of another person, or sealed with a key that is gone. Signing in again mends it. */
  async function open(
    account: ChatAccount,
    sealed: string,
  ): Promise<{ link: Link; stale: boolean } | undefined> {
    try {
      const { plaintext, stale } = await sealer.open(sealOwner(account, VERSION), sealed);
      return { link: linkSchema.parse(JSON.parse(plaintext.toString())), stale };
    } catch (error) {
      if (error instanceof SealedError && error.code === 'key_unavailable') throw error;
      deps.log.error(
        { code: error instanceof SealedError ? error.code : 'not ours' },
        'a link cannot be opened',
      );
      return undefined;
    }
  }

  return {
    /** The record of a link, behind the key prefix; its field `rev` changes with each write. */
    nameOf,

    /** @throws SealedError `key_unavailable`, and what Redis says. */
    async read(account: ChatAccount): Promise<LinkRecord> {
      const [rev, state, sub, sealed] = await redis.hmget(keyOf(account), 'rev', 'state', 'sub', 'sealed');
      if (!rev || !sub) return { state: 'none', rev: '' };
      if (state !== 'linked' || !sealed) return { state: 'signed_out', rev, sub };
      const opened = await open(account, sealed);
      if (!opened) return { state: 'signed_out', rev, sub };
      const { link, stale } = opened;
      if (!stale) return { state: 'linked', rev, link };
      // An older key: moved to the newest on the way, unless somebody has written something newer. It stays the same
      // version: a refresh that is under way must find the one that it has read, or its tokens would be lost.
      await write(account, rev, 'linked', link.sub, await seal(account, link), rev);
      return { state: 'linked', rev, link };
    },

    /** Answers the new version; undefined: the link is another one by now, and nothing was written. '*' = over any. */
    async save(account: ChatAccount, expected: string, link: Link): Promise<string | undefined> {
      return write(account, expected, 'linked', link.sub, await seal(account, link));
    },

    /** The tokens are no longer good. Answers the new version, as `save`. */
    signOut: (account: ChatAccount, expected: string, sub: string) =>
      write(account, expected, 'signed_out', sub, ''),

    async erase(account: ChatAccount): Promise<void> {
      await erase(redis, [accountKey(account), writeAccount(account)]);
    },

    /** All chat accounts that are linked to an account of the pool. */
    async accountsOf(sub: string): Promise<readonly ChatAccount[]> {
      return (await redis.smembers(`${keyPrefix}:account:${sub}`)).map(readAccount);
    },
  };
}
