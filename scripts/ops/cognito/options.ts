import type { UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import type { Command } from 'commander';
import { type CommonOptions, collect, withCommonOptions } from '../at-hand.ts';
import { type CognitoSettings, regionOf } from './settings.ts';
import { DEFAULT_NAME, wantedClient, wantedUrls } from './wanted.ts';

/** Which pool and which app client a command is about. */

export interface PoolOptions extends CommonOptions {
  readonly pool?: string;
  readonly poolName: string;
}

export interface ClientOptions extends PoolOptions {
  readonly client?: string;
  readonly clientName: string;
  readonly callbackUrl: readonly string[];
  readonly logoutUrl: readonly string[];
}

export function withPoolOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--pool <id>', 'the user pool; default: COGNITO_USER_POOL_ID, else the one of that name')
    .option('--pool-name <name>', 'its name', DEFAULT_NAME);
}

export function withClientOptions(command: Command): Command {
  return withPoolOptions(command)
    .option('--client <id>', 'the app client; default: COGNITO_CLIENT_ID, else the one of that name')
    .option('--client-name <name>', 'its name', DEFAULT_NAME)
    .option('--callback-url <url>', 'beside that of PUBLIC_URL; may be repeated', collect, [])
    .option('--logout-url <url>', 'beside that of PUBLIC_URL; may be repeated', collect, []);
}

export const regionFor = (settings: CognitoSettings, options: PoolOptions) =>
  options.region ?? regionOf(options.pool) ?? settings.region;

/** A name that is given goes before an id that is configured. */
export const poolWanted = (settings: CognitoSettings, options: PoolOptions) => ({
  id: options.pool ?? (options.poolName === DEFAULT_NAME ? settings.userPoolId : undefined),
  name: options.poolName,
});

/** The configured client belongs to the configured pool; for another pool, and for another name, it says nothing. */
export const clientWanted = (settings: CognitoSettings, options: ClientOptions, pool: UserPoolType) => ({
  id:
    options.client ??
    (settings.userPoolId === pool.Id && options.clientName === DEFAULT_NAME ? settings.clientId : undefined),
  name: options.clientName,
});

export const clientSettings = (settings: CognitoSettings, options: ClientOptions) =>
  wantedClient(wantedUrls(settings.publicUrl, options));
