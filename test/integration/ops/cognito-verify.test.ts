import { writeFile } from 'node:fs/promises';
import {
  AddUserPoolClientSecretCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  DescribeUserPoolClientCommand,
  GetUserPoolMfaConfigCommand,
  SetUserPoolMfaConfigCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
  type UpdateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import { createAccountDesk, json } from './accounts.ts';

interface Told {
  readonly ok: boolean;
  readonly deviations: readonly { setting: string; mend: string; fixable: boolean }[];
}

const FIX = 'npm run ops -- cognito verify --fix';

/** A pool and client from `create`, as in the file of variables. */
async function createdDesk() {
  const desk = await createAccountDesk();
  await desk.run('cognito create');
  desk.changesAsked();
  const { COGNITO_USER_POOL_ID: poolId = '', COGNITO_CLIENT_ID: clientId = '' } = await desk.variables();
  return { ...desk, poolId, clientId };
}

const settingsOf = ({ deviations }: Told) => deviations.map(({ setting }) => setting).sort();

describe('cognito verify', { timeout: 90_000 }, () => {
  test('finds what deviates, says how to mend it, and mends what can be mended', async () => {
    const desk = await createdDesk();
    const { poolId: UserPoolId, clientId: ClientId } = desk;
    // What the owner of the pool set besides, and must not lose.
    const own: Omit<UpdateUserPoolCommandInput, 'UserPoolId'> = {
      PoolName: 'ours',
      UserPoolTags: { team: 'cloud' },
      LambdaConfig: { PreTokenGeneration: 'arn:aws:lambda:us-east-2:123456789012:function:claims' },
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: true },
      UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
      EmailConfiguration: { ReplyToEmailAddress: 'it@example.com', EmailSendingAccount: 'COGNITO_DEFAULT' },
      VerificationMessageTemplate: { EmailMessage: 'Your code is {####}', EmailSubject: 'Code' },
    };
    const weak = {
      Policies: {
        PasswordPolicy: {
          MinimumLength: 6,
          RequireUppercase: true,
          PasswordHistorySize: 3,
          TemporaryPasswordValidityDays: 30,
        },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] },
      },
      AdminCreateUserConfig: {
        AllowAdminCreateUserOnly: false,
        InviteMessageTemplate: { EmailSubject: 'Welcome' },
      },
      AutoVerifiedAttributes: [],
    };
    await desk.admin.send(new SetUserPoolMfaConfigCommand({ UserPoolId, MfaConfiguration: 'OFF' }));
    await desk.admin.send(new UpdateUserPoolCommand({ UserPoolId, ...own, ...weak }));
    const ownClient = { ClientName: 'ours', ReadAttributes: ['email', 'name'], AuthSessionValidity: 5 };
    await desk.admin.send(
      new UpdateUserPoolClientCommand({
        UserPoolId,
        ClientId,
        ...ownClient,
        AllowedOAuthFlowsUserPoolClient: true,
        AllowedOAuthFlows: ['code', 'implicit'],
        AllowedOAuthScopes: ['openid', 'email'],
        SupportedIdentityProviders: ['COGNITO'],
        CallbackURLs: ['https://elsewhere.example/back'],
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        AccessTokenValidity: 24,
        EnableTokenRevocation: false,
      }),
    );
    desk.changesAsked();

    const found = await desk.run('cognito verify --json');
    expect(found.code).toBe(1);
    const told = json(found) as unknown as Told;
    expect(settingsOf(told)).toEqual([
      'AccessTokenValidity',
      'AccountRecoverySetting.RecoveryMechanisms',
      'AdminCreateUserConfig.AllowAdminCreateUserOnly',
      'AllowedOAuthFlows',
      'AllowedOAuthScopes',
      'AutoVerifiedAttributes',
      'CallbackURLs',
      'DeletionProtection',
      'EnableTokenRevocation',
      'ExplicitAuthFlows',
      'IdTokenValidity',
      'LogoutURLs',
      'MfaConfiguration',
      'Policies.PasswordPolicy.MinimumLength',
      'Policies.PasswordPolicy.RequireLowercase',
      'Policies.PasswordPolicy.RequireNumbers',
      'Policies.PasswordPolicy.RequireSymbols',
      'Policies.PasswordPolicy.TemporaryPasswordValidityDays',
      'PreventUserExistenceErrors',
      'SoftwareTokenMfaConfiguration.Enabled',
      'TokenValidityUnits.AccessToken',
      'TokenValidityUnits.IdToken',
      'TokenValidityUnits.RefreshToken',
      'UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate',
    ]);
    for (const { mend, fixable } of told.deviations) {
      expect(mend).toContain(fixable ? FIX : 'npm run ops -- cognito client');
    }
    expect((await desk.run('cognito verify --fix --dry-run')).out).toContain(
      'Would update the user pool: Policies',
    );
    expect(desk.changesAsked()).toEqual([]);

    const fixed = await desk.run('cognito verify --fix --json');
    expect(fixed.code).toBe(1);
    expect(desk.changesAsked()).toEqual(['UpdateUserPool', 'SetUserPoolMfaConfig', 'UpdateUserPoolClient']);
    // What another application may need is told, and nothing else is left.
    expect(settingsOf(json(fixed) as unknown as Told)).toEqual([
      'AllowedOAuthFlows',
      'CallbackURLs',
      'ExplicitAuthFlows',
    ]);
    const { PoolName: Name, ...kept } = own;
    expect(await desk.pool(UserPoolId)).toMatchObject({ Name, ...kept });
    expect(await desk.pool(UserPoolId)).toMatchObject({
      AdminCreateUserConfig: {
        AllowAdminCreateUserOnly: true,
        InviteMessageTemplate: { EmailSubject: 'Welcome' },
      },
      Policies: {
        PasswordPolicy: {
          MinimumLength: 8,
          RequireSymbols: true,
          PasswordHistorySize: 3,
          TemporaryPasswordValidityDays: 7,
        },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
      },
      MfaConfiguration: 'OPTIONAL',
    });
    expect(await desk.client(UserPoolId, ClientId)).toMatchObject({
      ...ownClient,
      AllowedOAuthFlows: ['code', 'implicit'],
      CallbackURLs: ['https://elsewhere.example/back', 'http://127.0.0.1:1/link/callback'],
      AccessTokenValidity: 1,
    });

    // And what is left goes with `client`, which the operator has to say.
    expect((await desk.run('cognito client')).code).toBe(0);
    expect(await desk.run('cognito verify')).toMatchObject({
      code: 0,
      out: expect.stringContaining('as they should be'),
    });
    expect(await desk.client(UserPoolId, ClientId)).toMatchObject({
      ...ownClient,
      AllowedOAuthFlows: ['code'],
      CallbackURLs: ['http://127.0.0.1:1/link/callback'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    });
  });

  test('says what a foreign pool lacks, also what nobody can give it any more', async () => {
    const desk = await createAccountDesk();
    const made = await desk.admin.send(
      new CreateUserPoolCommand({ PoolName: 'theirs', UsernameConfiguration: { CaseSensitive: true } }),
    );
    const UserPoolId = made.UserPool?.Id ?? '';
    const bare = new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'theirs' });
    await desk.admin.send(bare);
    desk.changesAsked();
    const words = '--pool-name theirs --client-name theirs';
    const told = json(await desk.run(`cognito verify ${words} --json`)) as unknown as Told;
    expect(settingsOf(told)).toEqual(
      expect.arrayContaining([
        'ClientSecret',
        'Domain',
        'UsernameConfiguration.CaseSensitive',
        'admins',
        'custom:groups',
      ]),
    );
    const fixed = await desk.run(`cognito verify ${words} --fix --domain their-people`);
    expect(fixed.out).toContain('Added the attribute custom:groups.');
    expect(fixed.out).toContain('3 things differ');
    expect(fixed.out).toContain('a client cannot get one later');
    expect((await desk.pool(UserPoolId)).Domain).toBe('their-people');
    desk.changesAsked();
    await desk.run(`cognito verify ${words} --fix`);
    expect(desk.changesAsked()).toEqual([]);
  });

  test('leaves stricter settings alone', async () => {
    const desk = await createdDesk();
    const { poolId: UserPoolId, clientId: ClientId } = desk;
    const described = await desk.pool(UserPoolId);
    const {
      Policies,
      AdminCreateUserConfig,
      AutoVerifiedAttributes,
      UserAttributeUpdateSettings,
      AccountRecoverySetting,
      DeletionProtection,
    } = described;
    const PasswordPolicy = {
      ...Policies?.PasswordPolicy,
      MinimumLength: 14,
      TemporaryPasswordValidityDays: 1,
    };
    await desk.admin.send(
      new UpdateUserPoolCommand({
        UserPoolId,
        Policies: { PasswordPolicy },
        AdminCreateUserConfig,
        AutoVerifiedAttributes,
        UserAttributeUpdateSettings,
        AccountRecoverySetting,
        DeletionProtection,
      }),
    );
    const SoftwareTokenMfaConfiguration = { Enabled: true };
    await desk.admin.send(
      new SetUserPoolMfaConfigCommand({ UserPoolId, MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration }),
    );
    const { UserPoolClient = {} } = await desk.admin.send(
      new DescribeUserPoolClientCommand({ UserPoolId, ClientId }),
    );
    const { ClientSecret: _secret, LastModifiedDate: _at, CreationDate: _then, ...client } = UserPoolClient;
    await desk.admin.send(
      new UpdateUserPoolClientCommand({
        ...client,
        UserPoolId,
        ClientId,
        // The same life in other words, and refresh tokens that work once.
        AccessTokenValidity: 60,
        TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'hours', RefreshToken: 'days' },
        ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
      }),
    );
    const told = json(await desk.run('cognito verify --json')) as unknown as Told;
    expect(settingsOf(told)).toEqual(['ExplicitAuthFlows']);
    await desk.run('cognito client');
    expect((await desk.run('cognito verify')).code).toBe(0);
    const mfa = await desk.admin.send(new GetUserPoolMfaConfigCommand({ UserPoolId }));
    expect(mfa.MfaConfiguration).toBe('ON');
  });

  test('tells of values in the file that belong to something else, never the secret itself', async () => {
    const desk = await createdDesk();
    const { COGNITO_CLIENT_SECRET: secret = '' } = await desk.variables();
    const env = (await desk.text())
      .replace(secret, 'somethingelse0123456789abc')
      .replace('threadcore-', 'other-');
    await writeFile(desk.file, env);
    const { code, out } = await desk.run('cognito verify');
    expect(code).toBe(1);
    expect(out).toContain('.env: COGNITO_CLIENT_SECRET is "another"');
    expect(out).toContain('.env: COGNITO_DOMAIN is "https://other-');
    expect(out).not.toContain(secret);
    expect(out).not.toContain('somethingelse');
    await desk.run('cognito client');
    expect((await desk.variables()).COGNITO_CLIENT_SECRET).toBe(secret);
    expect((await desk.run('cognito verify')).code).toBe(0);
  });

  test('needs a pool', async () => {
    const desk = await createAccountDesk();
    const { code, err } = await desk.run('cognito verify');
    expect([code, err]).toEqual([1, expect.stringContaining('npm run ops -- cognito create')]);
  });
});

describe('cognito client', { timeout: 90_000 }, () => {
  test('makes another client by another name, with its own addresses', async () => {
    const desk = await createdDesk();
    const words = 'cognito client --client-name second --callback-url https://bot.example/link/callback';
    const made = json(await desk.run(`${words} --json --no-env --show`)) as Record<string, string>;
    const client = await desk.client(desk.poolId, made.clientId ?? '');
    expect(client).toMatchObject({
      ClientName: 'second',
      ClientSecret: made.clientSecret,
      CallbackURLs: ['http://127.0.0.1:1/link/callback', 'https://bot.example/link/callback'],
    });
    expect((await desk.variables()).COGNITO_CLIENT_ID).toBe(desk.clientId);
  });

  test('gives a second secret, which takes the place of the first without a stop', async () => {
    const desk = await createdDesk();
    const { clientId } = desk;
    const first = (await desk.variables()).COGNITO_CLIENT_SECRET ?? '';
    const planned = await desk.run('cognito client --rotate-secret --dry-run');
    expect(planned.out).toContain('Would write COGNITO_CLIENT_SECRET to .env.');
    expect(desk.changesAsked()).toEqual([]);

    const rotated = await desk.run('cognito client --rotate-secret');
    const second = (await desk.variables()).COGNITO_CLIENT_SECRET ?? '';
    expect(second).not.toBe(first);
    expect(rotated.out).not.toContain(second);
    expect([await desk.knocks(clientId, first), await desk.knocks(clientId, second)]).toEqual([
      'invalid_grant',
      'invalid_grant',
    ]);
    // Meanwhile a description shows one of the two; the one that was noted stays.
    for (const words of ['cognito create', 'cognito client', 'cognito verify'])
      expect((await desk.run(words)).code).toBe(0);
    expect((await desk.variables()).COGNITO_CLIENT_SECRET).toBe(second);
    expect((await desk.run('cognito client --rotate-secret')).err).toContain('--retire-secret');

    expect((await desk.run('cognito client --retire-secret')).code).toBe(0);
    expect((await desk.variables()).COGNITO_CLIENT_SECRET).toBe(second);
    expect([await desk.knocks(clientId, first), await desk.knocks(clientId, second)]).toEqual([
      'invalid_client',
      'invalid_grant',
    ]);
    desk.changesAsked();
    await desk.run('cognito client --retire-secret');
    expect(desk.changesAsked()).toEqual([]);
  });

  test('takes a secret away whose answer was lost, because nobody knows it', async () => {
    const desk = await createdDesk();
    const before = await desk.text();
    desk.cognito.faults.push({ operation: 'AddUserPoolClientSecret', kind: 'drop_answer', times: 1 });
    expect((await desk.run('cognito client --rotate-secret')).code).toBe(1);
    expect(desk.changesAsked()).toEqual(['AddUserPoolClientSecret', 'DeleteUserPoolClientSecret']);
    // And where even that went wrong, the operator can.
    await desk.admin.send(
      new AddUserPoolClientSecretCommand({ UserPoolId: desk.poolId, ClientId: desk.clientId }),
    );
    const told = await desk.run('cognito client --rotate-secret');
    expect(told.err).toContain('--retire-secret newer');
    expect((await desk.run('cognito client --retire-secret newer')).code).toBe(0);
    expect(await desk.text()).toBe(before);
    const { COGNITO_CLIENT_SECRET: secret = '' } = await desk.variables();
    expect(await desk.knocks(desk.clientId, secret)).toBe('invalid_grant');
  });

  test('takes a secret back that it cannot note anywhere', async () => {
    const desk = await createdDesk();
    // A value over several lines, one of which looks like another variable.
    const odd = `${await desk.text()}NOTE="\nCOGNITO_CLIENT_SECRET=x\n"\n`;
    await writeFile(desk.file, odd);
    const { code, err } = await desk.run('cognito client --rotate-secret');
    expect([code, err]).toEqual([1, expect.stringContaining('cannot be changed safely')]);
    expect(desk.changesAsked()).toEqual(['AddUserPoolClientSecret', 'DeleteUserPoolClientSecret']);
    expect(await desk.text()).toBe(odd);
    const { COGNITO_CLIENT_SECRET: secret = '' } = await desk.variables();
    expect(await desk.knocks(desk.clientId, secret)).toBe('invalid_grant');
    const nowhere = await desk.run('cognito client --rotate-secret --no-env');
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('--show') });
    expect(desk.changesAsked()).toEqual([]);
  });
});
