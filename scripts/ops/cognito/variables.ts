import type { UserPoolClientType, UserPoolType } from '@aws-sdk/client-cognito-identity-provider';
import type { EnvFile } from '../env-file.ts';
import { secretOf } from './client-secrets.ts';
import type { Hands } from './hands.ts';

/** What the backend has to know of a pool; a value that only the real run will tell is undefined. */
export async function cognitoVariables(
  hands: Hands,
  envFile: EnvFile,
  found: {
    readonly pool: UserPoolType | undefined;
    readonly client: UserPoolClientType | undefined;
    readonly domain: string | undefined;
    /** Where a new one was made just now. */
    readonly secret?: string | undefined;
  },
): Promise<Record<string, string | undefined>> {
  const { pool, client, domain } = found;
  const { COGNITO_CLIENT_ID: knownClient, COGNITO_CLIENT_SECRET: knownSecret } = envFile.values;
  const configured = knownClient === client?.ClientId ? knownSecret || undefined : undefined;
  const secret = found.secret ?? (client && (await secretOf(hands, client, configured)));
  // The secret of a former client is none for one that has no secret.
  const noSecret = client && secret === undefined;
  return {
    COGNITO_USER_POOL_ID: pool?.Id,
    COGNITO_CLIENT_ID: client?.ClientId,
    ...(noSecret ? (knownSecret ? { COGNITO_CLIENT_SECRET: '' } : {}) : { COGNITO_CLIENT_SECRET: secret }),
    COGNITO_REGION: hands.region,
    COGNITO_DOMAIN: domain,
  };
}
