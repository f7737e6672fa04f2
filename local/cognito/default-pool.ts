import { clientSecret, type Directory } from './directory/directory.ts';
import type { AppClient, Pool } from './directory/model.ts';
import { ACME } from './federation/acme.ts';
import { type Person, populate } from './seed.ts';
import { clientSettings } from './shapes/client.ts';
import { poolIdentity, poolSettings } from './shapes/pool.ts';

/** How the pool that a stand-in begins with differs from the usual one. */
export interface DefaultPoolOptions {
  /** `<region>_<letters and digits>`; made up by default. */
  readonly userPoolId?: string;
  readonly clientId?: string;
  /** What the sign-in page calls the application. */
  readonly clientName?: string;
  /** Default: made up. false: a public client without a secret. */
  readonly clientSecret?: string | false;
  readonly callbackUrls: readonly string[];
  readonly logoutUrls?: readonly string[];
  /** Default openid, email, profile. */
  readonly scopes?: readonly string[];
  /** A new refresh token at each refresh; the old one stays good for the grace period (0 to 60). Default off. */
  readonly refreshTokenRotation?: { readonly graceSeconds: number };
  /** Whether people with a TOTP secret are asked for a code, or everybody has to have one. Default OPTIONAL. */
  readonly mfa?: 'OFF' | 'OPTIONAL' | 'ON';
}

/** One pool with people in it, and one app client that signs them in with the code flow. */
export function createDefaultPool(
  directory: Directory,
  options: DefaultPoolOptions,
  people: readonly Person[],
  federation: boolean,
  now: number,
): { pool: Pool; client: AppClient } {
  const mfa = options.mfa ?? 'OPTIONAL';
  const pool = directory.addPool(
    poolIdentity.parse({
      PoolName: 'stand-in',
      AliasAttributes: ['email'],
      Schema: [{ Name: 'groups', AttributeDataType: 'String', Mutable: true }],
    }),
    poolSettings.parse({ MfaConfiguration: mfa, AutoVerifiedAttributes: ['email'] }),
    options.userPoolId,
  );
  pool.softwareTokenMfa = mfa !== 'OFF';
  populate(pool, people, now);
  const rotation = options.refreshTokenRotation;
  const settings = clientSettings.parse({
    ClientName: options.clientName ?? 'Your application',
    SupportedIdentityProviders: federation ? ['COGNITO', ACME.name] : ['COGNITO'],
    CallbackURLs: options.callbackUrls,
    LogoutURLs: options.logoutUrls ?? [],
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: options.scopes ?? ['openid', 'email', 'profile'],
    AllowedOAuthFlowsUserPoolClient: true,
    // Cognito does not let a client have rotation and this flow at the same time.
    ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', ...(rotation ? [] : ['ALLOW_REFRESH_TOKEN_AUTH'])],
    RefreshTokenRotation: rotation && {
      Feature: 'ENABLED',
      RetryGracePeriodSeconds: rotation.graceSeconds,
    },
    PreventUserExistenceErrors: 'ENABLED',
  });
  const secret = options.clientSecret === false ? undefined : (options.clientSecret ?? clientSecret());
  return { pool, client: directory.addClient(pool, settings, { id: options.clientId, secret }) };
}
