import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Directory } from '../directory/directory.ts';
import type { AppClient, Pool, User } from '../directory/model.ts';
import {
  type Challenge,
  type Outcome,
  withCode,
  withNewPassword,
  withPassword,
} from '../directory/sign-in.ts';
import { shapes } from '../shapes/members.ts';
import type { TokenSet, Tokens } from '../tokens/issue.ts';
import { clientOf, fail, type Json, type Operation, operation, poolOf } from './operation.ts';
import { challengeAnswer, refusalError } from './sign-in-answers.ts';

/** Signing in by the API with an administrator's credentials: ADMIN_USER_PASSWORD_AUTH, its challenges, and refreshing. */

interface Session {
  readonly client: AppClient;
  readonly challenge: Challenge;
  /** Epoch milliseconds. */
  readonly until: number;
}

const SCOPES = ['aws.cognito.signin.user.admin'];
const oneClient = z.object({ UserPoolId: shapes.poolId, ClientId: shapes.clientId });

export function sessionOperations(deps: {
  directory: Directory;
  tokens: Tokens;
  now: () => number;
}): Record<string, Operation> {
  const { directory, tokens, now } = deps;
  const sessions = new Map<string, Session>();

  async function answer(pool: Pool, client: AppClient, outcome: Outcome): Promise<Json> {
    if (outcome.kind === 'refused') throw refusalError(outcome.refusal, client);
    if (outcome.kind === 'challenge') {
      for (const [id, { until }] of sessions) if (until <= now()) sessions.delete(id);
      const id = randomBytes(96).toString('base64url');
      const until = now() + client.settings.AuthSessionValidity * 60_000;
      sessions.set(id, { client, challenge: outcome.challenge, until });
      return { ...challengeAnswer(outcome.challenge), Session: id };
    }
    const { user } = outcome;
    const tokenSet = await tokens.issue({
      pool,
      client,
      user,
      scopes: SCOPES,
      authenticatedAt: now(),
      hosted: false,
    });
    return { ChallengeParameters: {}, AuthenticationResult: asResult(tokenSet) };
  }

  const initiate = operation(
    oneClient.extend({
      AuthFlow: z.enum([
        'USER_SRP_AUTH',
        'REFRESH_TOKEN_AUTH',
        'REFRESH_TOKEN',
        'CUSTOM_AUTH',
        'ADMIN_NO_SRP_AUTH',
        'USER_PASSWORD_AUTH',
        'ADMIN_USER_PASSWORD_AUTH',
        'USER_AUTH',
      ]),
      AuthParameters: shapes.textMap.default({}),
      ClientMetadata: shapes.textMap.optional(),
      Session: shapes.session.optional(),
    }),
    async (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const client = clientOf(pool, input.ClientId);
      const parameters = input.AuthParameters;
      const allowed = client.settings.ExplicitAuthFlows;
      if (input.AuthFlow === 'REFRESH_TOKEN_AUTH' || input.AuthFlow === 'REFRESH_TOKEN') {
        if (!allowed.includes('ALLOW_REFRESH_TOKEN_AUTH')) {
          throw fail('InvalidParameterException', 'Auth flow not enabled for this client');
        }
        const refreshToken = required(parameters, 'REFRESH_TOKEN');
        const owner = tokens.ownerOf(refreshToken);
        checkSecretHash(client, owner?.username ?? '', parameters.SECRET_HASH);
        const tokenSet = await tokens.refresh(client, refreshToken);
        if (!tokenSet) throw fail('NotAuthorizedException', 'Invalid Refresh Token');
        return { ChallengeParameters: {}, AuthenticationResult: asResult(tokenSet) };
      }
      if (input.AuthFlow !== 'ADMIN_USER_PASSWORD_AUTH' && input.AuthFlow !== 'ADMIN_NO_SRP_AUTH') {
        throw fail('InvalidParameterException', 'Initiate Auth method not supported.');
      }
      if (
        !allowed.some((flow) => flow === 'ALLOW_ADMIN_USER_PASSWORD_AUTH' || flow === 'ADMIN_NO_SRP_AUTH')
      ) {
        throw fail('InvalidParameterException', 'Auth flow not enabled for this client');
      }
      const username = required(parameters, 'USERNAME');
      checkSecretHash(client, username, parameters.SECRET_HASH);
      return answer(pool, client, withPassword(pool, username, required(parameters, 'PASSWORD'), now()));
    },
  );

  const respond = operation(
    oneClient.extend({
      ChallengeName: z.string().min(1),
      ChallengeResponses: shapes.textMap.default({}),
      ClientMetadata: shapes.textMap.optional(),
      Session: shapes.session.optional(),
    }),
    async (input) => {
      const pool = poolOf(directory, input.UserPoolId);
      const client = clientOf(pool, input.ClientId);
      if (input.Session === undefined) {
        throw fail('InvalidParameterException', 'Missing required parameter Session');
      }
      const session = sessions.get(input.Session);
      if (!session || session.client !== client || session.until <= now()) {
        throw fail('NotAuthorizedException', 'Invalid session for the user, session is expired.');
      }
      const { challenge } = session;
      if (challenge.name !== input.ChallengeName || challenge.name === 'MFA_SETUP') {
        throw fail('InvalidParameterException', `The stand-in waits for an answer to ${challenge.name}`);
      }
      const responses = input.ChallengeResponses;
      checkSecretHash(client, required(responses, 'USERNAME'), responses.SECRET_HASH);
      const outcome =
        challenge.name === 'NEW_PASSWORD_REQUIRED'
          ? withNewPassword(pool, challenge.user, required(responses, 'NEW_PASSWORD'), now())
          : withCode(challenge, required(responses, 'SOFTWARE_TOKEN_MFA_CODE'), now());
      if (outcome.kind !== 'refused') sessions.delete(input.Session);
      return answer(pool, client, outcome);
    },
  );

  /** The user of a token that may call the API for them. */
  async function caller(token: string): Promise<User> {
    const verified = await tokens.verifyAccess(token);
    if (verified === 'expired') throw fail('NotAuthorizedException', 'Access Token has expired');
    if (verified === 'revoked') throw fail('NotAuthorizedException', 'Access Token has been revoked');
    if (verified === 'invalid') throw fail('NotAuthorizedException', 'Invalid Access Token');
    if (!String(verified.claims.scope).split(' ').includes('aws.cognito.signin.user.admin')) {
      throw fail('NotAuthorizedException', 'Access Token does not have required scopes');
    }
    return verified.user;
  }

  const revoke = operation(
    z.object({
      Token: shapes.token,
      ClientId: shapes.clientId,
      ClientSecret: shapes.text(24, 64, /[\w+]+/).optional(),
    }),
    (input) => {
      const client = directory.client(input.ClientId);
      if (!client || !knows(client, input.ClientSecret)) {
        throw fail('UnauthorizedException', 'Invalid client or client secret.');
      }
      if (!client.settings.EnableTokenRevocation) {
        throw fail('UnsupportedOperationException', 'Token revocation is not enabled for this client.');
      }
      if (tokens.isJwt(input.Token)) {
        throw fail('UnsupportedTokenTypeException', 'Unsupported token type.');
      }
      if (tokens.revoke(client, input.Token) === 'other_client') {
        throw fail('UnauthorizedException', 'The token was issued to another client.');
      }
      return {};
    },
    { signed: false },
  );

  const ownToken = z.object({ AccessToken: shapes.token });
  return {
    AdminInitiateAuth: initiate,
    AdminRespondToAuthChallenge: respond,
    RevokeToken: revoke,
    GlobalSignOut: operation(
      ownToken,
      async ({ AccessToken }) => {
        tokens.revokeAll(await caller(AccessToken));
        return {};
      },
      { signed: false },
    ),
    GetUser: operation(
      ownToken,
      async ({ AccessToken }) => {
        const user = await caller(AccessToken);
        const attributes = [['sub', user.sub], ...user.attributes];
        return {
          Username: user.username,
          UserAttributes: attributes.map(([Name, Value]) => ({ Name, Value })),
        };
      },
      { signed: false },
    ),
  };
}

function required(parameters: Readonly<Record<string, string>>, name: string): string {
  const value = parameters[name];
  if (!value) throw fail('InvalidParameterException', `Missing required parameter ${name}`);
  return value;
}

const knows = ({ secrets }: AppClient, given: string | undefined) =>
  secrets.length === 0 ? given === undefined : secrets.some(({ value }) => value === given);

/** A client with a secret proves that it knows it, for each user name. */
function checkSecretHash(client: AppClient, username: string, given: string | undefined): void {
  if (client.secrets.length === 0) return;
  if (given === undefined) {
    const message = `Client ${client.id} is configured with secret but SECRET_HASH was not received`;
    throw fail('NotAuthorizedException', message);
  }
  const hash = (secret: string) =>
    createHmac('sha256', secret).update(`${username}${client.id}`).digest('base64');
  if (!client.secrets.some(({ value }) => hash(value) === given)) {
    throw fail('NotAuthorizedException', `Unable to verify secret hash for client ${client.id}`);
  }
}

function asResult(tokenSet: TokenSet): Json {
  return {
    AccessToken: tokenSet.accessToken,
    IdToken: tokenSet.idToken,
    RefreshToken: tokenSet.refreshToken,
    ExpiresIn: tokenSet.expiresIn,
    TokenType: 'Bearer',
  };
}
