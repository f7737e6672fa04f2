import { randomInt } from 'node:crypto';
import { type ClientSettings, tokenLife } from '../shapes/client.ts';
import type { PoolIdentity, PoolSettings } from '../shapes/pool.ts';
import type { AppClient, ClientSecret, Pool } from './model.ts';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function randomText(length: number, alphabet = ALPHANUMERIC): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Life of tokens in seconds, instead of what a client's settings say; also shorter than Cognito allows. */
export interface TokenLifeOverride {
  readonly accessSeconds?: number;
  readonly idSeconds?: number;
  readonly refreshSeconds?: number;
}

export type Directory = ReturnType<typeof createDirectory>;

/** All pools of the account and region, and their app clients, whose ids are unique across pools. */
export function createDirectory(deps: { region: string; accountId: string; now: () => number }) {
  const { region, accountId, now } = deps;
  const pools = new Map<string, Pool>();
  const clients = new Map<string, AppClient>();
  let override: TokenLifeOverride = {};

  return {
    region,
    accountId,
    pools: pools as ReadonlyMap<string, Pool>,
    client: (id: string) => clients.get(id),
    poolOf(client: AppClient): Pool {
      const pool = pools.get(client.poolId);
      if (!pool) throw new Error(`client ${client.id} has lost its pool`);
      return pool;
    },
    arnOf: (pool: Pool) => `arn:aws:cognito-idp:${region}:${accountId}:userpool/${pool.id}`,
    issuerOf: (poolId: string) => `https://cognito-idp.${region}.amazonaws.com/${poolId}`,
    byDomain: (domain: string) => [...pools.values()].find((pool) => pool.domain === domain),

    /** `id` is made up when it is not given. */
    addPool(identity: PoolIdentity, settings: PoolSettings, id = `${region}_${randomText(9)}`): Pool {
      const pool: Pool = {
        id,
        identity,
        settings,
        softwareTokenMfa: false,
        domain: undefined,
        createdAt: now(),
        modifiedAt: now(),
        users: new Map(),
        groups: new Map(),
        clients: new Map(),
        providers: new Map(),
      };
      pools.set(id, pool);
      return pool;
    },

    addClient(
      pool: Pool,
      settings: ClientSettings,
      keys: { readonly id?: string | undefined; readonly secret: string | undefined },
    ): AppClient {
      const client: AppClient = {
        id: keys.id ?? randomText(26, LOWER),
        poolId: pool.id,
        secrets: [],
        settings,
        createdAt: now(),
        modifiedAt: now(),
      };
      if (keys.secret !== undefined) addSecret(client, keys.secret, now());
      pool.clients.set(client.id, client);
      clients.set(client.id, client);
      return client;
    },

    setTokenLife(life: TokenLifeOverride): void {
      override = life;
    },
    /** Seconds. */
    tokenLife(client: AppClient) {
      const own = tokenLife(client.settings);
      return {
        access: override.accessSeconds ?? own.access,
        id: override.idSeconds ?? own.id,
        refresh: override.refreshSeconds ?? own.refresh,
      };
    },
  };
}

/** Gives a client one more secret. */
export function addSecret(client: AppClient, value: string, now: number): ClientSecret {
  // Its id tells when it was made, and two are never made at once.
  const latest = client.secrets.at(-1)?.createdAt ?? 0;
  const createdAt = Math.max(now, latest + 1);
  const secret = { id: `${client.id}--${createdAt}`, value, createdAt };
  client.secrets = [...client.secrets, secret];
  return secret;
}

/** A secret as Cognito makes them. */
export function clientSecret(): string {
  return randomText(51, LOWER);
}
