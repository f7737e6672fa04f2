import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, configNames, type Environment, loadConfig } from '../../src/config.ts';

const ARN = 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/engineer-Ab12Cd34Ef';

/** The least that starts. */
const ENOUGH = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  SLACK_BOT_TOKEN: 'xoxb-1111-2222-abcdef',
  SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
  AGENT_RUNTIME_ARN: ARN,
  IDENTITY_MODE: 'off',
  GUARDRAIL_MODE: 'off',
};

function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function problemOf(changes: Environment): string {
  const problems = problemsOf({ ...ENOUGH, ...changes });
  expect(problems).toHaveLength(1);
  return problems[0] ?? '';
}

describe('the configuration', () => {
  it('fills in everything that has a sensible default', () => {
    expect(loadConfig(ENOUGH)).toEqual({
      role: 'all',
      web: { host: '0.0.0.0', port: 3000, publicUrl: undefined, trustedProxies: 0 },
      redis: { url: 'redis://127.0.0.1:6379', durability: 'aof', keyPrefix: '{tc}' },
      worker: { concurrency: 50, turnTimeoutMs: 3_600_000 },
      lanes: { policy: 'queue', personPerHour: 0, tenantPerHour: 0, tenantAtOnce: 0 },
      identity: { mode: 'off' },
      guardrails: {
        mode: 'off',
        id: '',
        version: 'DRAFT',
        redactInput: true,
        redactOutput: true,
        trace: false,
        examples: true,
        grounding: 'off',
        callsPerSecond: 25,
        unitsPerSecond: 25,
        messages: {},
      },
      slack: {
        botToken: ENOUGH.SLACK_BOT_TOKEN,
        signingSecret: ENOUGH.SLACK_SIGNING_SECRET,
        appToken: undefined,
        followUps: 'thread',
        apiUrl: 'https://slack.com/api/',
      },
      teams: undefined,
      access: {
        slackTeams: { any: false, ids: new Set() },
        teamsTenants: { any: false, ids: new Set() },
        channels: { any: false, ids: new Set() },
        users: { any: false, ids: new Set() },
        linkHosts: { any: false, ids: new Set() },
        guests: false,
        externals: false,
      },
      agent: {
        region: 'us-east-2',
        runtimeArn: ARN,
        qualifier: 'DEFAULT',
        endpoint: undefined,
        auth: 'iam',
        jwtEndpoint: undefined,
        protocol: 'threadcore',
        silenceMs: 120_000,
      },
      memory: { region: 'us-east-2', id: undefined, endpoint: undefined, writer: 'agent' },
      sessions: { archiveDays: 90 },
      secrets: { encryptionKeys: [], kmsKeyIds: [] },
      audit: { retentionDays: 365 },
      telemetry: { logLevel: 'info', serviceName: 'threadcore' },
    } satisfies Config);
  });

  it('has the backend write to Memory what another agent may not write', () => {
    const writer = (more: object) =>
      loadConfig({ ...ENOUGH, MEMORY_RESOURCE_ID: 'threadcore-AbCdEf1234', ...more }).memory.writer;
    expect(writer({})).toBe('agent');
    expect(writer({ AGENT_PROTOCOL: 'generic' })).toBe('backend');
    expect(writer({ AGENT_PROTOCOL: 'generic', MEMORY_WRITER: 'agent' })).toBe('agent');
    // What the guardrail withholds has no place in Memory.
    const enforced = { GUARDRAIL_MODE: 'enforce', BEDROCK_GUARDRAIL_ID: 'gr1234567890' };
    expect(writer(enforced)).toBe('backend');
    expect(writer({ ...enforced, MEMORY_WRITER: 'agent' })).toBe('agent');
    expect(problemsOf({ ...ENOUGH, MEMORY_RESOURCE_ID: 'arn:aws:x' }).join()).toContain('MEMORY_RESOURCE_ID');
  });

  it('cannot be changed afterwards', () => {
    const config = loadConfig(ENOUGH) as {
      role: string;
      agent: { region: string };
      access: { users: object };
    };
    expect(() => Object.assign(config, { role: 'web' })).toThrow(TypeError);
    expect(() => Object.assign(config.agent, { region: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(config.access.users, { any: true })).toThrow(TypeError);
  });

  it('lists every problem of an empty environment in one message, each with the way to the value', () => {
    const error = new ConfigError(problemsOf({}));
    expect(error.message.split('\n')).toHaveLength(1 + 10);
    expect(error.message).toContain('The configuration has 10 problems:');
    expect(error.message).toContain(
      'SLACK_SIGNING_SECRET is missing. Slack app settings → Basic Information → App Credentials → Signing Secret',
    );
    const switches = ['IDENTITY_MODE', 'GUARDRAIL_MODE'];
    const names = [...Object.keys(ENOUGH), 'BEDROCK_GUARDRAIL_ID'].filter((one) => !switches.includes(one));
    for (const name of names) expect(error.message).toContain(`- ${name} `);
  });

  it('takes an empty or blank value as missing', () => {
    expect(problemsOf({ ...ENOUGH, REDIS_URL: '', SLACK_BOT_TOKEN: '  ' })).toHaveLength(2);
    expect(loadConfig({ ...ENOUGH, PORT: '', LOG_LEVEL: ' ' })).toEqual(loadConfig(ENOUGH));
  });

  it.each<[string, string]>([
    ['ROLE', 'both'],
    ['HOST', 'a b'],
    ['PORT', '80a'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PUBLIC_URL', 'http://bot.example.com'],
    ['PUBLIC_URL', 'bot.example.com'],
    ['REDIS_URL', 'https://hunter2.example.com'],
    ['REDIS_URL', 'not a url hunter2'],
    ['REDIS_URL', 'redis://user:hunter2%@127.0.0.1:6379'],
    ['REDIS_URL', 'redis://user:hunter2%ff@127.0.0.1:6379'],
    ['REDIS_URL', 'redis://127.0.0.1:6379/first'],
    ['PUBLIC_URL', 'https://bot.example.com/?team=1'],
    ['PUBLIC_URL', 'https://bot.example.com/#top'],
    ['ALLOWED_SLACK_TEAMS', 'My company'],
    ['ALLOWED_SLACK_TEAMS', '"T0HUNTER2"'],
    ['ALLOWED_CHANNELS', '#general'],
    ['ALLOWED_USERS', 'U1, @alice'],
    ['ALLOWED_LINK_HOSTS', 'https://docs.example.com/'],
    ['REDIS_DURABILITY', 'hope'],
    ['KEY_PREFIX', 'tc'],
    ['KEY_PREFIX', '{}'],
    ['KEY_PREFIX', '{a}{b}'],
    ['LOG_LEVEL', 'loud'],
    ['IDENTITY_MODE', 'maybe'],
    ['LANE_POLICY', 'random'],
    ['LANE_POLICY', 'Latest'],
    ['QUOTA_PERSON_PER_HOUR', '-1'],
    ['QUOTA_PERSON_PER_HOUR', '1.5'],
    ['QUOTA_TENANT_PER_HOUR', 'many'],
    ['QUOTA_TENANT_AT_ONCE', '1000001'],
    ['WORKER_CONCURRENCY', '0'],
    ['WORKER_CONCURRENCY', '1001'],
    ['WORKER_CONCURRENCY', '1.5'],
    ['SLACK_BOT_TOKEN', 'xoxp-hunter2hunter2'],
    ['SLACK_SIGNING_SECRET', 'hunter 2'],
    ['SLACK_SIGNING_SECRET', 'hunter2 hunter2 hunter2'],
    ['SLACK_API_URL', 'http://slack.example.com/api/'],
    ['SLACK_API_URL', 'https://hunter2@slack.example.com/api/'],
    ['AWS_REGION', 'Ohio'],
    ['AGENT_RUNTIME_ARN', 'arn:aws:lambda:us-east-2:123456789012:function:hunter2'],
    ['AGENT_RUNTIME_ARN', `${ARN}/runtime-endpoint/DEFAULT`],
    ['AGENT_RUNTIME_QUALIFIER', 'has space'],
    ['AGENT_RUNTIME_ENDPOINT', 'ftp://x'],
    ['AGENT_AUTH', 'none'],
    ['AGENT_PROTOCOL', 'grpc'],
    ['AGENT_SILENCE_SECONDS', '0'],
    ['TURN_TIMEOUT_SECONDS', 'long'],
    ['OTEL_SERVICE_NAME', 'näme'],
  ])('refuses %s=%s, names it and never repeats the value', (name, value) => {
    const problems = problemsOf({ ...ENOUGH, [name]: value }).filter((problem) =>
      problem.startsWith(`${name} `),
    );
    expect(problems.length).toBeGreaterThanOrEqual(1);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it.each<[string, string]>([
    ['PUBLIC_URL', 'http://localhost:3000'],
    ['SLACK_API_URL', 'http://127.0.0.1:4000/api/'],
    ['AGENT_RUNTIME_ENDPOINT', 'http://[::1]:4000'],
    ['AGENT_RUNTIME_ENDPOINT', 'https://vpce-1.bedrock-agentcore.us-east-2.vpce.amazonaws.com'],
    ['REDIS_URL', 'rediss://user:pass@cache.example.com:6380/1'],
    ['REDIS_URL', 'rediss://user:p%40ss%25@cache.example.com:6380/'],
    ['ALLOWED_CHANNELS', 'C1, 19:abc_def-1@thread.tacv2, a:1dR-s_HC0'],
    ['ALLOWED_USERS', '8e4ab7c6-0000-4000-8000-1234567890ab'],
    ['ALLOWED_LINK_HOSTS', 'docs.example.com, *.wiki.example.com, localhost'],
    ['KEY_PREFIX', 'team-a:{tc-staging}'],
    ['SLACK_SIGNING_SECRET', 'sixteen-chars-ok'],
    ['PORT', '0'],
  ])('accepts %s=%s', (name, value) => {
    expect(problemsOf({ ...ENOUGH, [name]: value })).toEqual([]);
  });

  it('ends addresses the way their readers expect', () => {
    const config = loadConfig({
      ...ENOUGH,
      PUBLIC_URL: 'https://bot.example.com/',
      SLACK_API_URL: 'http://127.0.0.1:1/api',
    });
    expect(config.web.publicUrl).toBe('https://bot.example.com');
    expect(config.slack?.apiUrl).toBe('http://127.0.0.1:1/api/');
  });

  it('needs no signing secret with Socket Mode, and takes no other kind of token for it', () => {
    const { SLACK_SIGNING_SECRET: _secret, ...rest } = ENOUGH;
    expect(loadConfig({ ...rest, SLACK_APP_TOKEN: 'xapp-1-A1-2-abc' }).slack).toMatchObject({
      appToken: 'xapp-1-A1-2-abc',
      signingSecret: undefined,
    });
    expect(() => loadConfig({ ...rest, SLACK_APP_TOKEN: 'xoxb-1' })).toThrow(
      /SLACK_APP_TOKEN is not an app-level token.*connections:write/,
    );
  });

  it('answers follow-ups in threads unless told to wait for a mention', () => {
    expect(loadConfig({ ...ENOUGH, SLACK_FOLLOW_UPS: 'mention' }).slack?.followUps).toBe('mention');
    expect(() => loadConfig({ ...ENOUGH, SLACK_FOLLOW_UPS: 'never' })).toThrow(/one of thread, mention/);
  });

  it('asks of each role only what it needs', () => {
    const { SLACK_SIGNING_SECRET: _secret, ...worker } = ENOUGH;
    const { AGENT_RUNTIME_ARN: _arn, ...web } = ENOUGH;
    expect(loadConfig({ ...worker, ROLE: 'worker' }).slack?.signingSecret).toBeUndefined();
    expect(loadConfig({ ...web, ROLE: 'web' }).agent.runtimeArn).toBeUndefined();
    expect(problemsOf({ ...worker, ROLE: 'web' })).toHaveLength(1);
    expect(problemsOf({ ...web, ROLE: 'worker' })).toHaveLength(1);
    expect(problemsOf({ ...web, ROLE: 'all' })).toHaveLength(1);
  });

  it('guards by default, and then has to know the guardrail', () => {
    expect(problemOf({ GUARDRAIL_MODE: undefined })).toContain('BEDROCK_GUARDRAIL_ID is missing');
    expect(problemOf({ GUARDRAIL_MODE: 'shadow' })).toContain('GUARDRAIL_MODE=off');
    expect(problemOf({ GUARDRAIL_MODE: 'on', BEDROCK_GUARDRAIL_ID: 'abc123' })).toContain(
      'must be one of enforce, shadow, off',
    );
    expect(problemOf({ GUARDRAIL_MESSAGES: 'no' })).toContain('GUARDRAIL_MESSAGES is no JSON');
    expect(problemOf({ GUARDRAIL_MESSAGES: '{"topics":"Nein."}' })).toContain(
      'GUARDRAIL_MESSAGES names no policy',
    );
    expect(problemOf({ GUARDRAIL_MESSAGES: '{"topic.de":"Nein."}' })).toContain(
      'GUARDRAIL_MESSAGES names no policy',
    );
    expect(problemOf({ GUARDRAIL_MESSAGES: '{"topic":1}' })).toContain('must be a JSON object of texts');
    const abroad = 'arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123';
    expect(problemOf({ GUARDRAIL_MODE: 'enforce', BEDROCK_GUARDRAIL_ID: abroad })).toContain(
      'BEDROCK_GUARDRAIL_ID is in eu-west-1, but AWS_REGION is us-east-2',
    );
    const guarded = {
      ...ENOUGH,
      GUARDRAIL_MODE: 'enforce',
      BEDROCK_GUARDRAIL_ID: 'abc123def456',
      BEDROCK_GUARDRAIL_VERSION: '7',
      GUARDRAIL_REDACT_INPUT: 'false',
      GUARDRAIL_MESSAGES: '{"de.topic":"Nein."}',
    };
    expect(loadConfig(guarded).guardrails).toMatchObject({
      mode: 'enforce',
      id: 'abc123def456',
      version: '7',
      redactInput: false,
      redactOutput: true,
      messages: { 'de.topic': 'Nein.' },
    });
    const { BEDROCK_GUARDRAIL_ID: _id, ...web } = guarded;
    expect(loadConfig({ ...web, ROLE: 'web' }).guardrails.id).toBe('');
  });

  it('knows what a new question does to earlier ones, and how many may be asked', () => {
    for (const policy of ['queue', 'latest', 'interrupt'] as const)
      expect(loadConfig({ ...ENOUGH, LANE_POLICY: policy }).lanes.policy).toBe(policy);
    const quotas = { QUOTA_PERSON_PER_HOUR: '20', QUOTA_TENANT_PER_HOUR: '500', QUOTA_TENANT_AT_ONCE: '10' };
    expect(loadConfig({ ...ENOUGH, ...quotas }).lanes).toEqual({
      policy: 'queue',
      personPerHour: 20,
      tenantPerHour: 500,
      tenantAtOnce: 10,
    });
  });

  it('notices a runtime that lives in another region', () => {
    expect(problemOf({ AWS_REGION: 'eu-west-1' })).toContain('Set AWS_REGION=us-east-2');
    const abroad = ARN.replace('us-east-2', 'us-gov-west-1').replace('arn:aws:', 'arn:aws-us-gov:');
    expect(problemsOf({ ...ENOUGH, AWS_REGION: 'us-gov-west-1', AGENT_RUNTIME_ARN: abroad })).toEqual([]);
  });

  it('waits longer for agents whose keep-alives are not known', () => {
    expect(loadConfig({ ...ENOUGH, AGENT_PROTOCOL: 'generic' }).agent.silenceMs).toBe(900_000);
    const given = { ...ENOUGH, AGENT_PROTOCOL: 'generic', AGENT_SILENCE_SECONDS: '7' };
    expect(loadConfig(given).agent.silenceMs).toBe(7000);
  });

  it('reads lists: ids, a star for any, nothing for nobody', () => {
    const { access } = loadConfig({
      ...ENOUGH,
      ALLOWED_SLACK_TEAMS: 'T1, T2,,T1',
      ALLOWED_CHANNELS: '*',
      ALLOWED_USERS: '',
      ALLOWED_LINK_HOSTS: 'example.com,*',
    });
    expect(access.slackTeams).toEqual({ any: false, ids: new Set(['T1', 'T2']) });
    expect(access.channels).toEqual({ any: true, ids: new Set() });
    expect(access.users).toEqual({ any: false, ids: new Set() });
    expect(access.linkHosts).toEqual({ any: true, ids: new Set(['example.com']) });
  });

  it('reads no name twice', () => {
    expect(new Set(configNames()).size).toBe(configNames().length);
  });
});
