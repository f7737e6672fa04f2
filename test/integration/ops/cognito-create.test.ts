import {
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  GetUserPoolMfaConfigCommand,
  ListGroupsCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, test } from 'vitest';
import { authorizeUrl, broughtBack, CALLBACK, claimsOf, VERIFIER } from '../local/cognito/application.ts';
import { createVisitor } from '../local/cognito/visitor.ts';
import { createAccountDesk, json } from './accounts.ts';

const ALL = [
  'CreateUserPool',
  'SetUserPoolMfaConfig',
  'CreateUserPoolDomain',
  ...Array.from({ length: 4 }, () => 'CreateGroup'),
  'CreateUserPoolClient',
];

describe('cognito create', { timeout: 90_000 }, () => {
  test('makes everything once, and notes it in the file of variables', async () => {
    const desk = await createAccountDesk(
      '# ours\nOTHER="x y" # stays\n# COGNITO_CLIENT_ID=\n\nCOGNITO_REGION=old-1\n',
    );
    const made = await desk.run('cognito create', { env: { COGNITO_REGION: 'us-east-2' } });
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(desk.changesAsked()).toEqual(ALL);
    const variables = await desk.variables();
    const { COGNITO_USER_POOL_ID: pool = '', COGNITO_CLIENT_ID: client = '' } = variables;
    expect(variables).toEqual({
      OTHER: 'x y',
      COGNITO_USER_POOL_ID: (await desk.poolIds('threadcore'))[0],
      COGNITO_CLIENT_ID: client,
      COGNITO_CLIENT_SECRET: (await desk.client(pool, client)).ClientSecret,
      COGNITO_REGION: 'us-east-2',
      COGNITO_DOMAIN: `https://threadcore-${pool.split('_')[1]?.toLowerCase()}.auth.us-east-2.amazoncognito.com`,
    });
    expect(await desk.text()).toMatch(
      /^# ours\nOTHER="x y" # stays\n# COGNITO_CLIENT_ID=\nCOGNITO_CLIENT_ID=\w+\n\nCOGNITO_REGION=us-east-2\n/,
    );
    const [backup = ''] = await desk.backups();
    expect(await desk.files()).toEqual(['.env', backup]);
    expect(await desk.read(backup)).toContain('COGNITO_REGION=old-1');
    expect([await desk.mode(), await desk.mode(backup)]).toEqual(['600', '600']);
    expect(made.out).not.toContain(variables.COGNITO_CLIENT_SECRET);

    const before = await desk.text();
    const again = await desk.run('cognito create');
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Nothing to do: everything is there\.\n/),
    });
    expect(json(await desk.run('cognito create --json'))).toMatchObject({
      dryRun: false,
      changes: [],
      env: null,
      userPoolId: pool,
      clientId: client,
      deviations: [],
    });
    expect(desk.changesAsked()).toEqual([]);
    expect([await desk.text(), await desk.backups()]).toEqual([before, [backup]]);
  });

  test('gives the pool the settings of the plan', async () => {
    const desk = await createAccountDesk();
    const { userPoolId, clientId } = json(
      await desk.run('cognito create --json --pool-name people --domain our-people'),
    ) as Record<string, string>;
    const UserPoolId = userPoolId ?? '';
    expect(await desk.pool(UserPoolId)).toMatchObject({
      Name: 'people',
      Domain: 'our-people',
      AliasAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      Policies: {
        PasswordPolicy: {
          MinimumLength: 8,
          RequireUppercase: true,
          RequireLowercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
        },
      },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      AutoVerifiedAttributes: ['email'],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      DeletionProtection: 'ACTIVE',
    });
    expect(await desk.admin.send(new GetUserPoolMfaConfigCommand({ UserPoolId }))).toMatchObject({
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    });
    const { Groups = [] } = await desk.admin.send(new ListGroupsCommand({ UserPoolId }));
    expect(Groups.map(({ GroupName, Precedence }) => [GroupName, Precedence])).toEqual([
      ['admins', 0],
      ['approvers', 10],
      ['operators', 20],
      ['viewers', 30],
    ]);
    expect(await desk.client(UserPoolId, clientId ?? '')).toMatchObject({
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      AllowedOAuthFlowsUserPoolClient: true,
      CallbackURLs: ['http://127.0.0.1:1/link/callback'],
      LogoutURLs: ['http://127.0.0.1:1/link/signed-out'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
      AccessTokenValidity: 1,
      IdTokenValidity: 1,
      RefreshTokenValidity: 30,
      ClientSecret: expect.any(String),
    });
  });

  test('makes what people can sign in to, in their roles', async () => {
    const desk = await createAccountDesk();
    await desk.run('cognito create');
    const created = await desk.run('cognito user create --test --password-stdin', { input: 'Right-2468\n' });
    expect(created.code).toBe(0);
    const { COGNITO_CLIENT_ID: id = '', COGNITO_CLIENT_SECRET: secret = '' } = await desk.variables();
    const visitor = createVisitor();
    const page = await visitor.open(authorizeUrl(desk.cognito, { client_id: id }));
    const visit = await visitor.submit(page, {
      username: 'test-approver@example.com',
      password: 'Right-2468',
    });
    const { code = '' } = broughtBack(visit);
    const answer = await fetch(`${desk.cognito.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      }),
    });
    const tokens = (await answer.json()) as { access_token: string; expires_in: number };
    expect(tokens.expires_in).toBe(3600);
    expect(claimsOf(tokens.access_token)).toMatchObject({
      username: 'test-approver',
      'cognito:groups': ['approvers'],
    });
  });

  test('in a dry run says all of it and does none', async () => {
    const desk = await createAccountDesk();
    const { code, out } = await desk.run('cognito create --dry-run');
    expect(code).toBe(0);
    for (const what of [
      'the user pool threadcore',
      'the domain',
      'the group viewers',
      'the app client',
      'COGNITO_CLIENT_SECRET',
    ])
      expect(out).toContain(what);
    expect(out).not.toMatch(/^Created/m);
    const told = json(await desk.run('cognito create --dry-run --json'));
    expect(told).toMatchObject({ dryRun: true, changes: { length: 9 } });
    expect(desk.changesAsked()).toEqual([]);
    expect(await desk.files()).toEqual([]);
    await desk.run('cognito create --no-env');
    expect(desk.changesAsked()).toEqual(ALL);
    expect(await desk.files()).toEqual([]);
  });

  test('goes on where it was stopped, and says what to ask for', async () => {
    const desk = await createAccountDesk();
    desk.cognito.faults.push({
      operation: 'CreateUserPoolClient',
      kind: 'error',
      times: 1,
      name: 'AccessDeniedException',
      status: 400,
    });
    const stopped = await desk.run('cognito create');
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain('cognito-idp:CreateUserPoolClient');
    expect(stopped.err).toContain('created the user pool threadcore');
    expect(await desk.files()).toEqual([]);
    desk.changesAsked();
    expect((await desk.run('cognito create')).code).toBe(0);
    expect(desk.changesAsked()).toEqual(['CreateUserPoolClient']);
    expect(await desk.files()).toEqual(['.env']);
  });

  test('makes one pool and one client, also when the answers are lost', async () => {
    const desk = await createAccountDesk();
    for (const operation of ['CreateUserPool', 'CreateUserPoolClient']) {
      desk.cognito.faults.push({ operation, kind: 'drop_answer', times: 1 });
      const lost = await desk.run('cognito create');
      expect(lost).toMatchObject({ code: 1, err: expect.stringContaining('may have been carried out') });
    }
    expect((await desk.run('cognito create')).code).toBe(0);
    expect(await desk.poolIds('threadcore')).toHaveLength(1);
    expect(desk.changesAsked().filter((operation) => operation === 'CreateUserPoolClient')).toHaveLength(1);
  });

  test('leaves the settings of a pool that was there alone, and says that they differ', async () => {
    const desk = await createAccountDesk();
    const Policies = { PasswordPolicy: { MinimumLength: 6 } };
    const { UserPool = {} } = await desk.admin.send(new CreateUserPoolCommand({ PoolName: 'old', Policies }));
    desk.changesAsked();
    const { out } = await desk.run(`cognito create --pool ${UserPool.Id}`);
    expect(out).toContain('of its settings differ from the plan');
    expect(desk.changesAsked()).toEqual(ALL.slice(1));
    expect((await desk.pool(UserPool.Id ?? '')).Policies?.PasswordPolicy?.MinimumLength).toBe(6);
  });

  test('does not guess', async () => {
    const desk = await createAccountDesk();
    const complaint = async (words: string, env: Record<string, string> = {}) => {
      const { code, err } = await desk.run(`cognito create ${words}`, { env });
      expect(code).toBe(1);
      expect(err).not.toMatch(/^\s+at /m);
      return err;
    };
    expect(await complaint('--pool us-east-2_Nobody')).toContain('There is no user pool us-east-2_Nobody');
    expect(await complaint('', { PUBLIC_URL: '' })).toContain('PUBLIC_URL is missing');
    expect(await complaint('', { COGNITO_USER_POOL_ID: 'nonsense' })).toContain(
      'COGNITO_USER_POOL_ID is not the id',
    );
    expect(await complaint('', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })).toContain(
      'There are no AWS credentials',
    );
    expect(await complaint('', { AWS_SECRET_ACCESS_KEY: 'wrong' })).toContain(
      'AWS does not accept these credentials',
    );
    expect(
      await complaint('', { AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: 'http://127.0.0.1:1' }),
    ).toContain('AWS does not answer ListUserPools');
    expect(await complaint('--env no/such/folder')).toContain('cannot be read');
    expect(desk.changesAsked()).toEqual([]);

    for (const _twice of [1, 2]) await desk.admin.send(new CreateUserPoolCommand({ PoolName: 'threadcore' }));
    expect(await complaint('')).toContain('2 user pools in us-east-2 are called threadcore');
    const Domain = 'our-people';
    const UserPoolId = desk.cognito.userPoolId;
    await desk.admin.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain }));
    expect(await complaint('--pool-name new --domain our-people')).toContain('Give another with --domain');
  });
});
