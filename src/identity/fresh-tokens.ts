import { base32 } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { accountKey, type ChatAccount, writeAccount } from './chat-account.ts';
import type { CognitoClient } from './cognito-client.ts';
import { IdentityError } from './identity-error.ts';
import { type Link, type LinkRecord, type Links, linkOf } from './links.ts';
import { UNLOCK } from './lua.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** A token is refreshed when so much of its life is left, within bounds: AgentCore refuses it in its last minute. */
const AHEAD_SHARE = 0.1;
const AHEAD_S = { least: 120, most: 300 } as const;
/** Cognito's shortest life. What lives shorter, in tests, would be refreshed for ever. */
const SHORTEST_LIFE_S = 300;
/** Longer than Cognito may take to answer: whoever holds the lock has given up before somebody else begins. */
const LOCK_MS = 15_000;
const LOOK_AGAIN_MS = 100;
const PATIENCE_MS = 12_000;

export interface FreshTokensDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly links: Links;
  readonly client: Pick<CognitoClient, 'refresh'>;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** Cognito has ended this sign-in: revoked, expired, or another account's token. */
  readonly onSignedOut: (sub: string) => void;
  readonly observe: (outcome: 'refreshed' | 'signed_out' | 'failed') => void;
  readonly log: Logger;
}

/**
 * Answers links whose access token is good. Refreshed ahead of its end, once, whoever asks: in a process all wait for
 * the same refresh, and across processes a lock lets one of them ask Cognito.
 */
export function createFreshTokens(deps: FreshTokensDeps) {
  const { redis, keyPrefix, links, now } = deps;
  const unlock = defineScript(UNLOCK, keyPrefix);
  const underWay = new Map<string, Promise<LinkRecord>>();

  const leftMs = (link: Link) => link.accessExpiresAt * 1000 - now();
  const isGood = (record: LinkRecord) => record.state !== 'linked' || leftMs(record.link) > 0;
  const isFresh = (record: LinkRecord) => {
    if (record.state !== 'linked') return true;
    return leftMs(record.link) > aheadS(record.link.accessLifeS) * 1000;
  };

  /** One refresh by the holder of the lock. */
  async function refresh(account: ChatAccount): Promise<LinkRecord> {
    const record = await links.read(account);
    // Somebody else was quicker, or the person has unlinked.
    if (record.state !== 'linked' || isFresh(record)) return record;
    const { link, rev } = record;
    try {
      const tokens = await deps.client.refresh(link.refresh);
      const verified = await deps.verifier.verify(tokens);
      const { principal } = verified;
      if (principal.sub !== link.sub)
        throw new IdentityError('signed_out', 'The refreshed token is of another account.');
      const next = linkOf(tokens, verified, link.linkedAt);
      const saved = await links.save(account, rev, next);
      deps.observe('refreshed');
      return saved === undefined ? await links.read(account) : { state: 'linked', rev: saved, link: next };
    } catch (error) {
      if (!(error instanceof IdentityError) || error.code !== 'signed_out') {
        deps.observe('failed');
        throw error;
      }
      deps.observe('signed_out');
      const gone = await links.signOut(account, rev, link.sub);
      if (gone === undefined) return await links.read(account);
      deps.onSignedOut(link.sub);
      return { state: 'signed_out', rev: gone, sub: link.sub };
    }
  }

  async function refreshOnce(account: ChatAccount): Promise<LinkRecord> {
    const name = accountKey(account);
    const lock = `${keyPrefix}:linklock:${name}`;
    const owner = base32(deps.randomBytes(10));
    const until = now() + PATIENCE_MS;
    for (;;) {
      if ((await redis.set(lock, owner, 'PX', LOCK_MS, 'NX')) === 'OK') {
        try {
          return await refresh(account);
        } finally {
          await unlock(redis, [name, owner]).catch((error: unknown) =>
            deps.log.warn({ err: error }, 'a lock was left; it ends by itself'),
          );
        }
      }
      const record = await links.read(account);
      // Another process is at it. A token that is still good does for now.
      if (isGood(record)) return record;
      if (now() > until)
        throw new IdentityError('provider_unreachable', 'Another process did not get a new token in time.');
      await deps.pause(LOOK_AGAIN_MS);
    }
  }

  return {
    /** @throws IdentityError `provider_unreachable`, `token_invalid` or `misconfigured` when there is no good token, and none to be had. */
    async of(account: ChatAccount): Promise<LinkRecord> {
      const record = await links.read(account);
      if (isFresh(record)) return record;
      const name = writeAccount(account);
      let shared = underWay.get(name);
      if (!shared) {
        shared = refreshOnce(account).finally(() => underWay.delete(name));
        underWay.set(name, shared);
      }
      try {
        return await shared;
      } catch (error) {
        if (!isGood(record)) throw error;
        deps.log.warn({ err: error }, 'a token could not be refreshed ahead of its end; it is tried again');
        return record;
      }
    },
  };
}

function aheadS(lifeS: number): number {
  const share = lifeS * AHEAD_SHARE;
  if (lifeS < SHORTEST_LIFE_S) return share;
  return Math.min(AHEAD_S.most, Math.max(AHEAD_S.least, share));
}
