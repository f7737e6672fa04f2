import type { Credentials } from '../aws/sigv4.ts';
import { type Admin, createAdmin } from './admin.ts';
import { createPoolApi, targetOf } from './api/pool-api.ts';
import { CONTROL_PATH, createControl } from './control.ts';
import { createDefaultPool, type DefaultPoolOptions } from './default-pool.ts';
import { clientSecret, createDirectory, type TokenLifeOverride } from './directory/directory.ts';
import type { Pool } from './directory/model.ts';
import { groupsOf } from './directory/users.ts';
import { ACME, addAcme, createAcme } from './federation/acme.ts';
import { createHostedUi } from './hosted/hosted-ui.ts';
import type { Hint } from './hosted/pages.ts';
import { PEOPLE, type Person } from './seed.ts';
import { startServer } from './server.ts';
import { createTokens } from './tokens/issue.ts';
import { createKeys } from './tokens/keys.ts';
import { createTraffic, type Fault, type RecordedCall } from './traffic.ts';

export type { TokenLifeOverride } from './directory/directory.ts';
export type { Person } from './seed.ts';
export type { Fault, RecordedCall } from './traffic.ts';

export interface CognitoStandInOptions extends DefaultPoolOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Default us-east-2. */
  readonly region?: string;
  /** 12 digits, default 123456789012. */
  readonly accountId?: string;
  /** Refuses sign-ins without PKCE, which Cognito allows. Default false. */
  readonly requirePkce?: boolean;
  /** Also shorter lives than Cognito allows. Default 1 hour, 1 hour, 30 days. */
  readonly tokenLife?: TokenLifeOverride;
  /** Offers "Acme SSO", an identity provider of its own with people of its own. Default true. */
  readonly federation?: boolean;
  /** Default: the laptop's people, see `seed.ts`. */
  readonly people?: readonly Person[];
  /** Shows passwords and one-time codes on the sign-in pages. Default true. */
  readonly hints?: boolean;
  /** The key pair that calls of the user-pool API must be signed with. Without it only the form is checked. */
  readonly credentials?: Credentials;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly log?: (line: string) => void;
}

export interface CognitoStandIn extends Admin {
  /** The base of the hosted UI, and the endpoint of the user-pool API. */
  readonly url: string;
  /** What tokens name as their issuer: the real address of the pool. */
  readonly issuer: string;
  readonly jwksUri: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** undefined for a public client. */
  readonly clientSecret: string | undefined;
  readonly region: string;
  /** The people of the pool as they were at the start, with their passwords. */
  readonly users: readonly Person[];
  /** The latest calls, oldest first. */
  readonly calls: RecordedCall[];
  /** Push faults here. */
  readonly faults: Fault[];
  /** Changes the life of tokens from now on; `{}` goes back to the client's settings. */
  setTokenLife(life: TokenLifeOverride): void;
  /** New signing keys; `keepFormer` (default true) goes on publishing the old ones. */
  rotateKeys(options?: { readonly keepFormer?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Starts a Cognito that listens on the loopback interface, with one user pool, one app client and some people. */
export async function createCognitoStandIn(options: CognitoStandInOptions): Promise<CognitoStandIn> {
  const { region = 'us-east-2', accountId = '123456789012', people = PEOPLE, federation = true } = options;
  const now = options.now ?? Date.now;
  const log = options.log ?? (() => undefined);
  const directory = createDirectory({ region, accountId, now });
  directory.setTokenLife(options.tokenLife ?? {});
  const { pool, client } = createDefaultPool(directory, options, people, federation, now());

  const keys = createKeys();
  const tokens = createTokens({ directory, keys, now });
  const traffic = createTraffic(now);
  const admin = createAdmin({ pool, tokens, now });
  const { setTokenLife } = directory;
  const rotateKeys: CognitoStandIn['rotateKeys'] = ({ keepFormer = true } = {}) =>
    keys.rotate(pool.id, keepFormer);

  const acmeSecret = clientSecret();
  const acme = createAcme({ origin: () => server.url, clientSecret: acmeSecret });
  const api = createPoolApi({ directory, tokens, traffic, credentials: options.credentials, now, log });
  const control = createControl({ traffic, admin, setTokenLife, rotateKeys });
  const hosted = createHostedUi({
    directory,
    tokens,
    keys,
    traffic,
    defaultPoolId: pool.id,
    requirePkce: options.requirePkce ?? false,
    hints: options.hints === false ? undefined : hintsOf,
    now,
    log,
  });
  const server = await startServer({
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    log,
    handlerFor(exchange) {
      const operation = targetOf(exchange);
      if (operation !== undefined) return (each) => api(each, operation);
      if (exchange.path.startsWith(CONTROL_PATH)) return control;
      return exchange.path.startsWith(`${ACME.path}/`) ? acme : hosted(exchange);
    },
  });
  const { url } = server;
  if (federation) addAcme(pool, acmeSecret, url, now());

  return {
    ...admin,
    url,
    issuer: directory.issuerOf(pool.id),
    jwksUri: `${url}/${pool.id}/.well-known/jwks.json`,
    userPoolId: pool.id,
    clientId: client.id,
    clientSecret: client.secrets[0]?.value,
    region,
    users: people,
    calls: traffic.calls,
    faults: traffic.faults,
    setTokenLife,
    rotateKeys,
    close: server.close,
  };
}

function hintsOf(pool: Pool): Hint[] {
  return [...pool.users.values()].flatMap((user) =>
    user.password === undefined
      ? []
      : [{ username: user.username, password: user.password, groups: groupsOf(pool, user) }],
  );
}
