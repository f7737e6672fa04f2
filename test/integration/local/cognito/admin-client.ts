import { createHmac } from 'node:crypto';
import {
  AdminCreateUserCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { onTestFinished } from 'vitest';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { CALLBACK, startCognito } from './application.ts';

/** The real client of AWS against the stand-in. */

export const KEYS = { accessKeyId: 'AKIALOCALLOCALLOCAL1', secretAccessKey: 'local-secret-for-tests' };

export function adminClient(cognito: CognitoStandIn, credentials = KEYS): CognitoIdentityProviderClient {
  const client = new CognitoIdentityProviderClient({
    endpoint: cognito.url,
    region: cognito.region,
    credentials,
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** A stand-in that verifies signatures, its client, and a pool made by that client. */
export async function startPool() {
  const cognito = await startCognito({ credentials: KEYS });
  const admin = adminClient(cognito);
  const { UserPool } = await admin.send(
    new CreateUserPoolCommand({
      PoolName: 'people',
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    }),
  );
  return { cognito, admin, UserPoolId: UserPool?.Id ?? '' };
}

export const CLIENT: Omit<CreateUserPoolClientCommandInput, 'UserPoolId'> = {
  ClientName: 'web',
  GenerateSecret: true,
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthScopes: ['openid', 'email', 'profile'],
  SupportedIdentityProviders: ['COGNITO'],
  CallbackURLs: [CALLBACK],
  ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
};

export async function addClient(
  admin: CognitoIdentityProviderClient,
  UserPoolId: string,
  changes: Partial<CreateUserPoolClientCommandInput> = {},
) {
  const made = await admin.send(new CreateUserPoolClientCommand({ ...CLIENT, ...changes, UserPoolId }));
  const { ClientId = '', ClientSecret = '' } = made.UserPoolClient ?? {};
  return { ClientId, ClientSecret };
}

export const EVE = 'eve@example.com';
export const TEMPORARY = 'Temp-13579';

export function addEve(admin: CognitoIdentityProviderClient, UserPoolId: string) {
  return admin.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username: EVE,
      TemporaryPassword: TEMPORARY,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email_verified', Value: 'true' },
        { Name: 'name', Value: 'Eve' },
      ],
    }),
  );
}

export function secretHash(username: string, clientId: string, secret: string): string {
  return createHmac('sha256', secret).update(`${username}${clientId}`).digest('base64');
}

/** The name of the error that a call ends with; 'none' when it succeeds. */
export async function errorName(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}
