import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment, loadConfig } from '../../../src/config.ts';

const APP = '11111111-2222-3333-4444-555555555555';
const TENANT = '99999999-8888-7777-6666-555555555555';

const BASE = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef',
  IDENTITY_MODE: 'off',
  GUARDRAIL_MODE: 'off',
};
const TEAMS = { ...BASE, MICROSOFT_APP_ID: APP, MICROSOFT_APP_PASSWORD: 'a~secret' };
const SLACK = { ...BASE, SLACK_BOT_TOKEN: 'xoxb-1-2-a', SLACK_SIGNING_SECRET: 'sixteen-chars-ok' };

function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('a bot in Teams', () => {
  it('needs an app id and its secret, and no Slack', () => {
    const { slack, teams, access } = loadConfig({ ...TEAMS, ALLOWED_TEAMS_TENANTS: TENANT });
    expect(slack).toBeUndefined();
    expect(teams).toEqual({
      appId: APP,
      appPassword: 'a~secret',
      tenantId: undefined,
      serviceUrlHosts: new Set(['smba.trafficmanager.net']),
      fileHosts: new Set(['*.sharepoint.com']),
      tokenUrl: 'https://login.microsoftonline.com/botframework.com/oauth2/v2.0/token',
      openIdMetadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
      allowUnauthenticatedLoopback: false,
    });
    expect(access.teamsTenants).toEqual({ any: false, ids: new Set([TENANT]) });
  });

  it('is not there where nothing is said of it, and may be in Slack, too', () => {
    expect(loadConfig(SLACK).teams).toBeUndefined();
    const both = loadConfig({ ...SLACK, ...TEAMS });
    expect(both.slack?.botToken).toBe(SLACK.SLACK_BOT_TOKEN);
    expect(both.teams?.appId).toBe(APP);
  });

  it('has to be in one of the two', () => {
    expect(problemsOf(BASE).join('\n')).toContain('SLACK_BOT_TOKEN is missing');
    expect(problemsOf({ ...TEAMS, SLACK_BOT_TOKEN: SLACK.SLACK_BOT_TOKEN })).toEqual([
      expect.stringContaining('SLACK_SIGNING_SECRET is missing'),
    ]);
  });

  it('takes tokens of its own tenant when it is single-tenant', () => {
    const { teams } = loadConfig({
      ...TEAMS,
      MICROSOFT_APP_TYPE: 'SingleTenant',
      MICROSOFT_APP_TENANT_ID: TENANT,
    });
    expect(teams?.tenantId).toBe(TENANT);
    expect(teams?.tokenUrl).toBe(`https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`);
  });

  it.each([
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/botframework.com/oauth2/v2.0/token'],
    ['http://127.0.0.1:4000/a-tenant/', 'http://127.0.0.1:4000/a-tenant/oauth2/v2.0/token'],
    ['http://127.0.0.1:4000/oauth2/v2.0/token', 'http://127.0.0.1:4000/oauth2/v2.0/token'],
  ])('gets tokens at %s from %s', (url, tokenUrl) => {
    expect(loadConfig({ ...TEAMS, TEAMS_LOGIN_URL: url }).teams?.tokenUrl).toBe(tokenUrl);
  });

  it('does not start without an app id, except on a laptop', () => {
    const { MICROSOFT_APP_ID: _id, ...rest } = TEAMS;
    expect(problemsOf(rest)).toEqual([expect.stringContaining('MICROSOFT_APP_ID is missing')]);
    const laptop = { ...BASE, TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: 'yes' };
    expect(problemsOf(laptop)).toEqual([expect.stringContaining('HOST must be 127.0.0.1')]);
    expect(loadConfig({ ...laptop, HOST: '127.0.0.1' }).teams).toMatchObject({
      appId: undefined,
      allowUnauthenticatedLoopback: true,
    });
  });

  it('says everything that is wrong at once', () => {
    const problems = problemsOf({
      ...BASE,
      MICROSOFT_APP_ID: 'hunter2',
      MICROSOFT_APP_TYPE: 'SingleTenant',
      TEAMS_SERVICE_URL_HOSTS: '*',
      TEAMS_LOGIN_URL: 'http://login.example.com',
      TEAMS_OPENID_METADATA_URL: 'http://keys.example.com',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'MICROSOFT_APP_ID',
      'TEAMS_SERVICE_URL_HOSTS',
      'TEAMS_LOGIN_URL',
      'TEAMS_OPENID_METADATA_URL',
      'MICROSOFT_APP_PASSWORD',
      'MICROSOFT_APP_TENANT_ID',
    ]);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it.each([
    ['MICROSOFT_APP_TYPE', 'UserAssignedMSI'],
    ['TEAMS_SERVICE_URL_HOSTS', 'https://smba.trafficmanager.net'],
    ['TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK', 'maybe'],
    ['MICROSOFT_APP_TENANT_ID', 'contoso.com'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ ...TEAMS, [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });
});
