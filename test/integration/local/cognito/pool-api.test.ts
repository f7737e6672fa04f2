import {
  CreateGroupCommand,
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DescribeIdentityProviderCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  GetUserPoolMfaConfigCommand,
  ListGroupsCommand,
  ListIdentityProvidersCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import { addClient, adminClient, CLIENT, errorName, KEYS, startPool } from './admin-client.ts';
import { startCognito } from './application.ts';

describe('a user pool', () => {
  test('has Cognito’s defaults, is listed page by page, and tells what it was made with', async () => {
    const { admin, UserPoolId, cognito } = await startPool();
    expect(UserPoolId).toMatch(/^us-east-2_[0-9A-Za-z]{9}$/);
    const { UserPool } = await admin.send(new DescribeUserPoolCommand({ UserPoolId }));
    expect(UserPool).toMatchObject({
      Id: UserPoolId,
      Name: 'people',
      Arn: `arn:aws:cognito-idp:us-east-2:123456789012:userpool/${UserPoolId}`,
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      MfaConfiguration: 'OFF',
      EstimatedNumberOfUsers: 0,
      Policies: {
        PasswordPolicy: { MinimumLength: 8, RequireSymbols: true, TemporaryPasswordValidityDays: 7 },
      },
    });
    expect(UserPool?.CreationDate?.getTime()).toBeLessThanOrEqual(Date.now());
    const first = await admin.send(new ListUserPoolsCommand({ MaxResults: 1 }));
    expect(first.UserPools?.map(({ Id }) => Id)).toEqual([cognito.userPoolId]);
    const rest = await admin.send(new ListUserPoolsCommand({ MaxResults: 60, NextToken: first.NextToken }));
    expect(rest.UserPools?.map(({ Id }) => Id)).toEqual([UserPoolId]);
    expect(rest.NextToken).toBeUndefined();
  });

  test('goes back to the defaults in everything that an update leaves out', async () => {
    const { admin, UserPoolId } = await startPool();
    await admin.send(
      new UpdateUserPoolCommand({
        UserPoolId,
        AutoVerifiedAttributes: ['email'],
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        UserPoolTags: { team: 'cloud' },
      }),
    );
    await admin.send(new UpdateUserPoolCommand({ UserPoolId, UserPoolTags: { team: 'data' } }));
    const { UserPool } = await admin.send(new DescribeUserPoolCommand({ UserPoolId }));
    expect(UserPool?.UserPoolTags).toEqual({ team: 'data' });
    expect(UserPool?.AdminCreateUserConfig).toEqual({ AllowAdminCreateUserOnly: false });
    expect(UserPool?.AutoVerifiedAttributes).toBeUndefined();
  });

  test('cannot have a second factor before it has a means for one', async () => {
    const { admin, UserPoolId } = await startPool();
    const create = new CreateUserPoolCommand({ PoolName: 'x', MfaConfiguration: 'OPTIONAL' });
    await expect(admin.send(create)).rejects.toThrow(/SMS configuration and Auto verification/);
    const none = new SetUserPoolMfaConfigCommand({ UserPoolId, MfaConfiguration: 'ON' });
    await expect(admin.send(none)).rejects.toThrow(/can't disable all MFAs/);
    const SoftwareTokenMfaConfiguration = { Enabled: true };
    const mfa = { UserPoolId, MfaConfiguration: 'OPTIONAL' as const, SoftwareTokenMfaConfiguration };
    const set = await admin.send(new SetUserPoolMfaConfigCommand(mfa));
    const got = await admin.send(new GetUserPoolMfaConfigCommand({ UserPoolId }));
    for (const answer of [set, got]) {
      expect(answer).toMatchObject({ MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration });
    }
    await admin.send(new UpdateUserPoolCommand({ UserPoolId, MfaConfiguration: 'ON' }));
  });

  test('has one domain, which nobody else can have', async () => {
    const { admin, UserPoolId, cognito } = await startPool();
    await admin.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: 'my-people' }));
    const found = await admin.send(new DescribeUserPoolDomainCommand({ Domain: 'my-people' }));
    expect(found.DomainDescription).toMatchObject({ UserPoolId, Status: 'ACTIVE' });
    const unknown = await admin.send(new DescribeUserPoolDomainCommand({ Domain: 'other' }));
    expect(unknown.DomainDescription).toEqual({});
    const attempts = [
      { UserPoolId, Domain: 'second' },
      { UserPoolId: cognito.userPoolId, Domain: 'my-people' },
      { UserPoolId: cognito.userPoolId, Domain: 'my-cognito' },
    ];
    for (const attempt of attempts) {
      expect(await errorName(admin.send(new CreateUserPoolDomainCommand(attempt)))).toBe(
        'InvalidParameterException',
      );
    }
  });

  test('has groups and identity providers by names of their own', async () => {
    const { admin, UserPoolId } = await startPool();
    const group = { UserPoolId, GroupName: 'operators', Precedence: 5, Description: 'May change things' };
    expect((await admin.send(new CreateGroupCommand(group))).Group).toMatchObject(group);
    expect(await errorName(admin.send(new CreateGroupCommand(group)))).toBe('GroupExistsException');
    expect((await admin.send(new ListGroupsCommand({ UserPoolId }))).Groups).toHaveLength(1);
    const provider = {
      UserPoolId,
      ProviderName: 'Okta',
      ProviderType: 'OIDC' as const,
      ProviderDetails: {
        client_id: 'x',
        client_secret: 'y',
        attributes_request_method: 'GET',
        oidc_issuer: 'https://okta.example',
        authorize_scopes: 'openid email',
      },
      AttributeMapping: { email: 'email' },
      IdpIdentifiers: ['okta.example'],
    };
    await admin.send(new CreateIdentityProviderCommand(provider));
    const described = await admin.send(
      new DescribeIdentityProviderCommand({ UserPoolId, ProviderName: 'Okta' }),
    );
    expect(described.IdentityProvider).toMatchObject({
      AttributeMapping: { email: 'email', username: 'sub' },
    });
    const listed = await admin.send(new ListIdentityProvidersCommand({ UserPoolId }));
    expect(listed.Providers?.map(({ ProviderName }) => ProviderName)).toEqual(['Okta']);
    expect(await errorName(admin.send(new CreateIdentityProviderCommand(provider)))).toBe(
      'DuplicateProviderException',
    );
    const incomplete = { ...provider, ProviderName: 'Other', ProviderDetails: {}, IdpIdentifiers: [] };
    await expect(admin.send(new CreateIdentityProviderCommand(incomplete))).rejects.toThrow(
      /client_id is required/,
    );
  });
});

describe('an app client', () => {
  test('has Cognito’s defaults, and goes back to them in what an update leaves out', async () => {
    const { admin, UserPoolId } = await startPool();
    const { ClientId, ClientSecret } = await addClient(admin, UserPoolId, {
      AccessTokenValidity: 15,
      TokenValidityUnits: { AccessToken: 'minutes' },
    });
    expect(ClientId).toMatch(/^[a-z0-9]{26}$/);
    expect(ClientSecret).toMatch(/^[a-z0-9]{51}$/);
    const describe = new DescribeUserPoolClientCommand({ UserPoolId, ClientId });
    expect((await admin.send(describe)).UserPoolClient).toMatchObject({
      ...CLIENT_WITHOUT_INPUT_ONLY,
      RefreshTokenValidity: 30,
      EnableTokenRevocation: true,
      AccessTokenValidity: 15,
      ClientSecret,
    });
    await admin.send(new UpdateUserPoolClientCommand({ UserPoolId, ClientId, ClientName: 'renamed' }));
    const after = (await admin.send(describe)).UserPoolClient;
    expect(after).toMatchObject({
      ClientName: 'renamed',
      ClientSecret,
      AllowedOAuthFlowsUserPoolClient: false,
    });
    expect(after?.CallbackURLs).toBeUndefined();
    expect(after?.AccessTokenValidity).toBeUndefined();
    const { UserPoolClients } = await admin.send(
      new ListUserPoolClientsCommand({ UserPoolId, MaxResults: 10 }),
    );
    expect(UserPoolClients).toEqual([{ ClientId, UserPoolId, ClientName: 'renamed' }]);
  });

  test.each([
    ['a flow without scopes', { AllowedOAuthScopes: [] }, 'InvalidOAuthFlowException'],
    [
      'client credentials beside the code flow',
      { AllowedOAuthFlows: ['code', 'client_credentials'] },
      'InvalidOAuthFlowException',
    ],
    ['the code flow without callback URLs', { CallbackURLs: [] }, 'InvalidOAuthFlowException'],
    [
      'a scope that does not exist',
      { AllowedOAuthScopes: ['openid', 'api/read'] },
      'ScopeDoesNotExistException',
    ],
    ['a provider that does not exist', { SupportedIdentityProviders: ['Okta'] }, 'InvalidParameterException'],
    ['http to another machine', { CallbackURLs: ['http://app.example/cb'] }, 'InvalidParameterException'],
    [
      'a callback URL with a fragment',
      { CallbackURLs: ['https://app.example/cb#x'] },
      'InvalidParameterException',
    ],
    ['a callback URL that is a path', { CallbackURLs: ['/cb'] }, 'InvalidParameterException'],
    [
      'access tokens of one minute',
      { AccessTokenValidity: 1, TokenValidityUnits: { AccessToken: 'minutes' } },
      'InvalidParameterException',
    ],
    [
      'access tokens of two days',
      { AccessTokenValidity: 2, TokenValidityUnits: { AccessToken: 'days' } },
      'InvalidParameterException',
    ],
    [
      'rotation beside ALLOW_REFRESH_TOKEN_AUTH',
      { RefreshTokenRotation: { Feature: 'ENABLED' } },
      'InvalidParameterException',
    ],
    [
      'old and new names of flows',
      { ExplicitAuthFlows: ['ADMIN_NO_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
      'InvalidParameterException',
    ],
  ] as const)('with %s is refused', async (_what, changes, error) => {
    const { admin, UserPoolId } = await startPool();
    const input = { ...CLIENT, ...(changes as object), UserPoolId };
    expect(await errorName(admin.send(new CreateUserPoolClientCommand(input)))).toBe(error);
  });
});

const { GenerateSecret: _secret, ...CLIENT_WITHOUT_INPUT_ONLY } = CLIENT;

describe('a call of the API', () => {
  test('is checked member by member against the model, in AWS’s words', async () => {
    const { admin } = await startPool();
    await expect(admin.send(new CreateUserPoolCommand({ PoolName: undefined }))).rejects.toThrow(
      "1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null",
    );
    await expect(admin.send(new DescribeUserPoolCommand({ UserPoolId: 'no pool' }))).rejects.toThrow(
      "1 validation error detected: Value 'no pool' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+_[0-9a-zA-Z]+",
    );
    const weak = { PoolName: 'x', Policies: { PasswordPolicy: { MinimumLength: 5 } } };
    await expect(admin.send(new CreateUserPoolCommand(weak))).rejects.toThrow(
      "Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6",
    );
    const thrice = new ListUserPoolsCommand({ MaxResults: 61, NextToken: '' });
    await expect(admin.send(thrice)).rejects.toThrow(/^3 validation errors detected: /);
    expect(await errorName(admin.send(new DescribeUserPoolCommand({ UserPoolId: 'us-east-2_Nobody' })))).toBe(
      'ResourceNotFoundException',
    );
  });

  test('must be signed with the right key, for this service and region', async () => {
    const cognito = await startCognito({ credentials: KEYS });
    const list = (credentials: typeof KEYS) =>
      errorName(adminClient(cognito, credentials).send(new ListUserPoolsCommand({ MaxResults: 1 })));
    expect(await list(KEYS)).toBe('none');
    expect(await list({ ...KEYS, secretAccessKey: 'wrong' })).toBe('InvalidSignatureException');
    expect(await list({ ...KEYS, accessKeyId: 'AKIAUNKNOWN' })).toBe('UnrecognizedClientException');
    const elsewhere = adminClient({ ...cognito, region: 'eu-west-1' });
    expect(await errorName(elsewhere.send(new ListUserPoolsCommand({ MaxResults: 1 })))).toBe(
      'InvalidSignatureException',
    );
  });

  test('that is unsigned, unknown or no JSON is refused by name', async () => {
    const cognito = await startCognito();
    const call = async (operation: string, body: string) => {
      const answer = await fetch(cognito.url, {
        method: 'POST',
        headers: { 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` },
        body,
      });
      const { __type } = (await answer.json()) as { __type: string };
      expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, `${__type}:`]);
      return __type;
    };
    expect(await call('ListUserPools', '{}')).toBe('MissingAuthenticationTokenException');
    expect(await call('Dance', '{}')).toBe('UnknownOperationException');
    expect(await call('RevokeToken', '{')).toBe('SerializationException');
    expect(await call('RevokeToken', '{"Token": 1, "ClientId": "x"}')).toBe('SerializationException');
  });
});
