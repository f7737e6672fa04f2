import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  type CognitoIdentityProviderClient,
  CreateGroupCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  ListUsersCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import {
  addClient,
  addEve,
  adminClient,
  EVE,
  errorName,
  KEYS,
  secretHash,
  startPool,
  TEMPORARY,
} from './admin-client.ts';
import {
  authorizeUrl,
  broughtBack,
  claimsOf,
  exchangeCode,
  passwordOf,
  post,
  refresh,
  startCognito,
  tokensOf,
  userInfo,
  verifierFor,
} from './application.ts';
import { createVisitor, titleOf } from './visitor.ts';

const OWN = 'Own-24680';

/** A pool with Eve in it and a client, and Eve's password set for good. */
async function startWithEve() {
  const { cognito, admin, UserPoolId } = await startPool();
  const client = await addClient(admin, UserPoolId);
  await addEve(admin, UserPoolId);
  await admin.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username: EVE, Password: OWN, Permanent: true }),
  );
  return { cognito, admin, UserPoolId, ...client };
}

function initiate(
  admin: CognitoIdentityProviderClient,
  pool: { UserPoolId: string; ClientId: string; ClientSecret: string },
  PASSWORD: string,
  USERNAME = EVE,
) {
  const { UserPoolId, ClientId, ClientSecret } = pool;
  const SECRET_HASH = secretHash(USERNAME, ClientId, ClientSecret);
  return admin.send(
    new AdminInitiateAuthCommand({
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD, SECRET_HASH },
    }),
  );
}

describe('a user made by the API', () => {
  test('is named by the sub where people sign in with their address, and found by the address', async () => {
    const { admin, UserPoolId } = await startPool();
    const { User } = await addEve(admin, UserPoolId);
    expect(User).toMatchObject({ Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' });
    const found = await admin.send(new AdminGetUserCommand({ UserPoolId, Username: EVE }));
    expect(found.Username).toBe(User?.Username);
    expect(found.UserAttributes).toEqual(
      expect.arrayContaining([
        { Name: 'sub', Value: found.Username },
        { Name: 'email', Value: EVE },
      ]),
    );
    expect(await errorName(addEve(admin, UserPoolId))).toBe('UsernameExistsException');
  });

  test.each([
    ['a name that is no address', { Username: 'eve' }, 'InvalidParameterException'],
    ['a weak password', { TemporaryPassword: 'short' }, 'InvalidPasswordException'],
    [
      'an attribute that is not in the schema',
      { UserAttributes: [{ Name: 'custom:x', Value: '1' }] },
      'InvalidParameterException',
    ],
    ['an invitation to send again to nobody', { MessageAction: 'RESEND' }, 'UserNotFoundException'],
  ] as const)('is refused with %s', async (_what, changes, error) => {
    const { admin, UserPoolId } = await startPool();
    const input = { UserPoolId, Username: EVE, ...(changes as object) };
    expect(await errorName(admin.send(new AdminCreateUserCommand(input)))).toBe(error);
  });

  test('signs in on the pages of its own pool, and changes the temporary password there', async () => {
    const { cognito, admin, UserPoolId } = await startPool();
    const { ClientId, ClientSecret } = await addClient(admin, UserPoolId);
    await addEve(admin, UserPoolId);
    const own = { ...cognito, clientId: ClientId, clientSecret: ClientSecret, userPoolId: UserPoolId };
    const pool = {
      ...own,
      issuer: `https://cognito-idp.us-east-2.amazonaws.com/${UserPoolId}`,
      jwksUri: `${cognito.url}/${UserPoolId}/.well-known/jwks.json`,
    };
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(pool));
    expect(page.text).not.toContain(passwordOf(cognito, 'alice'));
    const change = await visitor.submit(page, { username: EVE, password: TEMPORARY });
    expect(titleOf(change)).toBe('Choose a new password');
    const back = broughtBack(await visitor.submit(change, { new_password: OWN, confirm_password: OWN }));
    const { body } = await exchangeCode(pool, back.code ?? '');
    const claims = await verifierFor(pool, 'access').verify(body.access_token ?? '');
    expect(claims.sub).toBe(claims.username);
    // A session of one pool is none of another, and a client cannot use another's tokens.
    expect(titleOf(await visitor.open(authorizeUrl(cognito)))).toBe('Sign in');
    expect((await refresh(cognito, body.refresh_token ?? '')).body.error).toBe('invalid_grant');
  });

  test('has nothing that another client of the same pool could use', async () => {
    const { cognito, admin, UserPoolId, ClientId, ClientSecret } = await startWithEve();
    const own = { ...cognito, clientId: ClientId, clientSecret: ClientSecret };
    const added = await addClient(admin, UserPoolId);
    const other = { ...cognito, clientId: added.ClientId, clientSecret: added.ClientSecret };
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(own));
    const { code = '' } = broughtBack(await visitor.submit(page, { username: EVE, password: OWN }));
    expect((await exchangeCode(other, code)).body).toEqual({ error: 'invalid_grant' });
    const { body } = await exchangeCode(own, code);
    const token = body.refresh_token ?? '';
    expect((await refresh(other, token)).body).toEqual({ error: 'invalid_grant' });
    expect((await post(other, '/oauth2/revoke', { token })).body).toEqual({ error: 'invalid_request' });
    expect((await refresh(own, token)).status).toBe(200);
  });

  test('joins and leaves groups that exist', async () => {
    const { admin, UserPoolId } = await startPool();
    await addEve(admin, UserPoolId);
    const membership = { UserPoolId, Username: EVE, GroupName: 'viewers' };
    expect(await errorName(admin.send(new AdminAddUserToGroupCommand(membership)))).toBe(
      'ResourceNotFoundException',
    );
    await admin.send(new CreateGroupCommand({ UserPoolId, GroupName: 'viewers' }));
    await admin.send(new AdminAddUserToGroupCommand(membership));
    const groups = async () =>
      (await admin.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: EVE }))).Groups?.map(
        ({ GroupName }) => GroupName,
      );
    expect(await groups()).toEqual(['viewers']);
    await admin.send(new AdminRemoveUserFromGroupCommand(membership));
    expect(await groups()).toEqual([]);
    const nobody = { ...membership, Username: 'nobody@example.com' };
    expect(await errorName(admin.send(new AdminAddUserToGroupCommand(nobody)))).toBe('UserNotFoundException');
  });

  test('is found by a filter, page by page', async () => {
    const cognito = await startCognito();
    const admin = adminClient(cognito);
    const find = async (Filter: string) => {
      const { Users } = await admin.send(new ListUsersCommand({ UserPoolId: cognito.userPoolId, Filter }));
      return Users?.map(({ Username }) => Username);
    };
    expect(await find('email = "bob@example.com"')).toEqual(['bob']);
    expect(await find('name ^= "A"')).toEqual(['alice', 'admin']);
    expect(await find('cognito:user_status = "force_change_password"')).toEqual(['newbie']);
    expect(await errorName(find('color = "red"'))).toBe('InvalidParameterException');
    const page = await admin.send(
      new ListUsersCommand({ UserPoolId: cognito.userPoolId, Limit: 4, AttributesToGet: ['email'] }),
    );
    expect(page.Users).toHaveLength(4);
    expect(page.Users?.[0]?.Attributes).toEqual([{ Name: 'email', Value: 'alice@example.com' }]);
    const rest = await admin.send(
      new ListUsersCommand({ UserPoolId: cognito.userPoolId, PaginationToken: page.PaginationToken }),
    );
    expect(rest.Users).toHaveLength(2);
  });
});

describe('signing in by the API', () => {
  test('gives tokens that the verifier accepts, and that refresh here and on the pages', async () => {
    const pool = await startWithEve();
    const { admin, cognito, UserPoolId, ClientId, ClientSecret } = pool;
    const { AuthenticationResult } = await initiate(admin, pool, OWN);
    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' });
    expect(claimsOf(AuthenticationResult?.AccessToken ?? '')).toMatchObject({
      scope: 'aws.cognito.signin.user.admin',
      client_id: ClientId,
    });
    expect(claimsOf(AuthenticationResult?.IdToken ?? '')).toMatchObject({
      aud: ClientId,
      email: EVE,
      name: 'Eve',
    });
    const sub = String(claimsOf(AuthenticationResult?.IdToken ?? '').sub);
    const refreshed = await admin.send(
      new AdminInitiateAuthCommand({
        UserPoolId,
        ClientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: {
          REFRESH_TOKEN: AuthenticationResult?.RefreshToken ?? '',
          SECRET_HASH: secretHash(sub, ClientId, ClientSecret),
        },
      }),
    );
    expect(refreshed.AuthenticationResult?.RefreshToken).toBeUndefined();
    const hosted = { ...cognito, clientId: ClientId, clientSecret: ClientSecret };
    expect((await refresh(hosted, AuthenticationResult?.RefreshToken ?? '')).status).toBe(200);
  });

  test('goes by way of a new password and a code where those are asked for', async () => {
    const { cognito, admin, UserPoolId } = await startPool();
    const pool = { UserPoolId, ...(await addClient(admin, UserPoolId)) };
    await addEve(admin, UserPoolId);
    const asked = await initiate(admin, pool, TEMPORARY);
    expect(asked).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: expect.any(String) });
    const respond = (NEW_PASSWORD: string, Session = asked.Session) =>
      admin.send(
        new AdminRespondToAuthChallengeCommand({
          UserPoolId,
          ClientId: pool.ClientId,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session,
          ChallengeResponses: {
            USERNAME: EVE,
            NEW_PASSWORD,
            SECRET_HASH: secretHash(EVE, pool.ClientId, pool.ClientSecret),
          },
        }),
      );
    expect(await errorName(respond('weak'))).toBe('InvalidPasswordException');
    expect((await respond(OWN)).AuthenticationResult?.AccessToken).toBeDefined();
    expect(await errorName(respond(OWN))).toBe('NotAuthorizedException');

    const { userPoolId, clientId, clientSecret = '' } = cognito;
    const withMfa = { UserPoolId: userPoolId, ClientId: clientId, ClientSecret: clientSecret };
    const code = await initiate(admin, withMfa, passwordOf(cognito, 'admin'), 'admin');
    expect(code.ChallengeName).toBe('SOFTWARE_TOKEN_MFA');
    const answer = (SOFTWARE_TOKEN_MFA_CODE: string) =>
      admin.send(
        new AdminRespondToAuthChallengeCommand({
          UserPoolId: userPoolId,
          ClientId: clientId,
          ChallengeName: 'SOFTWARE_TOKEN_MFA',
          Session: code.Session,
          ChallengeResponses: {
            USERNAME: 'admin',
            SOFTWARE_TOKEN_MFA_CODE,
            SECRET_HASH: secretHash('admin', clientId, clientSecret),
          },
        }),
      );
    expect(await errorName(answer('000000'))).toBe('CodeMismatchException');
    expect((await answer(cognito.totp('admin'))).AuthenticationResult?.IdToken).toBeDefined();
  });

  test('is refused in Cognito’s words', async () => {
    const pool = await startWithEve();
    const { admin, UserPoolId, ClientId } = pool;
    await expect(initiate(admin, pool, 'Wrong-0000')).rejects.toThrow('Incorrect username or password.');
    expect(await errorName(initiate(admin, pool, OWN, 'nobody@example.com'))).toBe('UserNotFoundException');
    await expect(initiate(admin, { ...pool, ClientSecret: 'other' }, OWN)).rejects.toThrow(/secret hash/);
    const auth = (
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' | 'USER_SRP_AUTH',
      parameters: Record<string, string>,
    ) =>
      admin.send(
        new AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow, AuthParameters: parameters }),
      );
    await expect(auth('ADMIN_USER_PASSWORD_AUTH', {})).rejects.toThrow('Missing required parameter USERNAME');
    await expect(auth('USER_SRP_AUTH', {})).rejects.toThrow('Initiate Auth method not supported.');
    const other = await addClient(admin, UserPoolId, { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] });
    await expect(initiate(admin, { UserPoolId, ...other }, OWN)).rejects.toThrow('Auth flow not enabled');
    await admin.send(new AdminDisableUserCommand({ UserPoolId, Username: EVE }));
    await expect(initiate(admin, pool, OWN)).rejects.toThrow('User is disabled.');
    await admin.send(new AdminEnableUserCommand({ UserPoolId, Username: EVE }));
    for (let attempt = 0; attempt < 4; attempt++) await errorName(initiate(admin, pool, 'Wrong-0000'));
    await expect(initiate(admin, pool, OWN)).rejects.toThrow('Password attempts exceeded');
  });
});

describe('signing out by the API', () => {
  async function signedIn() {
    const pool = await startWithEve();
    const { AuthenticationResult } = await initiate(pool.admin, pool, OWN);
    const { AccessToken = '', RefreshToken = '' } = AuthenticationResult ?? {};
    return { ...pool, AccessToken, RefreshToken };
  }

  test('with the own token ends everything of the user', async () => {
    const { admin, AccessToken } = await signedIn();
    expect((await admin.send(new GetUserCommand({ AccessToken }))).Username).toBeDefined();
    await admin.send(new GlobalSignOutCommand({ AccessToken }));
    await expect(admin.send(new GetUserCommand({ AccessToken }))).rejects.toThrow(
      'Access Token has been revoked',
    );
    await expect(admin.send(new GlobalSignOutCommand({ AccessToken: 'a.b.c' }))).rejects.toThrow(
      'Invalid Access Token',
    );
  });

  test('with a token of the pages is refused: its scopes are others', async () => {
    const cognito = await startCognito({ credentials: KEYS });
    const { access } = await tokensOf(cognito, 'alice');
    await expect(
      adminClient(cognito).send(new GlobalSignOutCommand({ AccessToken: access })),
    ).rejects.toThrow('Access Token does not have required scopes');
  });

  test('by an administrator, or by deleting the user, ends tokens of the pages too', async () => {
    const cognito = await startCognito();
    const admin = adminClient(cognito);
    const UserPoolId = cognito.userPoolId;
    const alice = await tokensOf(cognito, 'alice');
    await admin.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: 'alice' }));
    expect((await userInfo(cognito, alice.access)).status).toBe(401);
    const bob = await tokensOf(cognito, 'bob');
    await admin.send(new AdminDeleteUserCommand({ UserPoolId, Username: 'bob' }));
    expect((await userInfo(cognito, bob.access)).status).toBe(401);
    expect((await refresh(cognito, bob.refresh)).body.error).toBe('invalid_grant');
    expect(await errorName(admin.send(new AdminGetUserCommand({ UserPoolId, Username: 'bob' })))).toBe(
      'UserNotFoundException',
    );
  });

  test('of one refresh token needs the client and its secret', async () => {
    const { admin, AccessToken, RefreshToken: Token, ClientId, ClientSecret } = await signedIn();
    const revoke = (changes: object) =>
      errorName(admin.send(new RevokeTokenCommand({ Token, ClientId, ClientSecret, ...changes })));
    expect(await revoke({ ClientSecret: 'x'.repeat(30) })).toBe('UnauthorizedException');
    expect(await revoke({ Token: AccessToken })).toBe('UnsupportedTokenTypeException');
    expect(await revoke({})).toBe('none');
    await expect(admin.send(new GetUserCommand({ AccessToken }))).rejects.toThrow('revoked');
  });
});
