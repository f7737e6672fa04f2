import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment, loadConfig } from '../../../src/config.ts';

const ENOUGH: Environment = {
  REDIS_URL: 'redis://127.0.0.1',
  SLACK_BOT_TOKEN: 'xoxb-1111-2222',
  SLACK_SIGNING_SECRET: 'sixteen-chars-ok',
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef',
  GUARDRAIL_MODE: 'off',
  PUBLIC_URL: 'https://bot.example.com/',
  COGNITO_USER_POOL_ID: 'eu-central-1_AbCdEf123',
  COGNITO_CLIENT_ID: '1h57kf5cpq17m0eml12EXAMPLE',
  COGNITO_DOMAIN: 'https://example.auth.eu-central-1.amazoncognito.com/',
  KMS_KEY_ID: 'alias/threadcore',
};

function problems(changes: Environment): readonly string[] {
  try {
    loadConfig({ ...ENOUGH, ...changes });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('identity in the configuration', () => {
  it('is required unless it is switched off, and takes the region from the pool', () => {
    const { identity, web } = loadConfig(ENOUGH);
    expect(identity).toEqual({
      mode: 'required',
      cognito: {
        userPoolId: 'eu-central-1_AbCdEf123',
        region: 'eu-central-1',
        clientId: '1h57kf5cpq17m0eml12EXAMPLE',
        clientSecret: undefined,
        domain: 'https://example.auth.eu-central-1.amazoncognito.com',
        jwksUri: undefined,
        identityProvider: undefined,
      },
      access: 'automatic',
      groups: {
        viewer: ['viewers'],
        operator: ['operators'],
        approver: ['approvers'],
        admin: ['admins'],
      },
      email: 'any',
      linkWaitMs: 86_400_000,
    });
    expect(web.publicUrl).toBe('https://bot.example.com');
  });

  it.each(['COGNITO_USER_POOL_ID', 'COGNITO_CLIENT_ID', 'COGNITO_DOMAIN', 'PUBLIC_URL', 'KMS_KEY_ID'])(
    'does not start without %s, and says how to get it',
    (name) => {
      const [problem, ...others] = problems({ [name]: undefined });
      expect(others).toEqual([]);
      expect(problem).toContain(name);
      expect(problem?.length).toBeGreaterThan(60);
    },
  );

  it('asks for nothing of it when it is off', () => {
    const off = { IDENTITY_MODE: 'off', COGNITO_USER_POOL_ID: '', COGNITO_CLIENT_ID: '', COGNITO_DOMAIN: '' };
    expect(problems({ ...off, PUBLIC_URL: '', KMS_KEY_ID: '' })).toEqual([]);
  });

  it.each<readonly [string, string]>([
    ['COGNITO_USER_POOL_ID', 'AbCdEf123'],
    ['COGNITO_REGION', 'us-east-1'],
    ['COGNITO_DOMAIN', 'http://example.com'],
    ['COGNITO_JWKS_URI', 'ftp://example.com'],
    ['COGNITO_ACCESS', 'everybody'],
    ['LINK_EMAIL', 'maybe'],
    ['LINK_WAIT_HOURS', '0'],
    ['ROLE_ADMIN_GROUPS', '*'],
    ['TRUSTED_PROXIES', '-1'],
    ['ALLOW_GUESTS', 'true'],
  ])('refuses a wrong %s without repeating it', (name, value) => {
    const found = problems({ [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
  });

  it('takes several groups for a role, and none', () => {
    const { identity } = loadConfig({ ...ENOUGH, ROLE_ADMIN_GROUPS: 'root, wheel', ROLE_VIEWER_GROUPS: ',' });
    expect(identity).toMatchObject({ groups: { admin: ['root', 'wheel'], viewer: [] } });
  });

  it('hands tokens of people to the agent only where people sign in', () => {
    expect(loadConfig({ ...ENOUGH, AGENT_AUTH: 'jwt' }).agent.auth).toBe('jwt');
    expect(problems({ IDENTITY_MODE: 'off', AGENT_AUTH: 'jwt' })[0]).toContain('IDENTITY_MODE=required');
  });
});
