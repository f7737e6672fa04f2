import { expect, test } from 'vitest';
import {
  agentEnvironment,
  backendEnvironment,
  opsEnvironment,
} from '../../../../local/laptop/environment.ts';

const secrets = {
  slackSigningSecret: 'signing',
  slackBotToken: 'xoxb-1',
  awsAccessKeyId: 'AKIASTANDIN',
  awsSecretAccessKey: 'secret',
};

type Parts = Parameters<typeof backendEnvironment>[0];
const parts = (env: NodeJS.ProcessEnv, source = 'path') =>
  ({
    env,
    port: 3000,
    redis: { url: 'redis://127.0.0.1:7', source },
    aws: {
      url: 'http://127.0.0.1:8',
      region: 'us-east-2',
      accountId: '123456789012',
      agentRuntimeArn: 'arn:x',
    },
    slack: { apiUrl: 'http://127.0.0.1:9/api/' },
    secrets,
    identity: {
      cognito: {
        url: 'http://127.0.0.1:10',
        region: 'us-east-2',
        clientId: 'client',
        jwksUri: 'http://127.0.0.1:10/jwks',
      },
      encryptionKeys: 'laptop:key',
    },
  }) as unknown as Parts;

test('what is worth trying reaches the backend, the words of a guardrail among it', () => {
  const tried = {
    GUARDRAIL_MODE: 'shadow',
    GUARDRAIL_MESSAGES: '{"topic":"No."}',
    GUARDRAIL_GROUNDING: 'thread',
    QUOTA_PERSON_PER_HOUR: '3',
  };
  expect(backendEnvironment(parts(tried))).toMatchObject(tried);
});

test('real AWS keys and stray settings of the shell never reach the backend or the agent', () => {
  const shell = {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_PROFILE: 'production',
    SLACK_BOT_TOKEN: 'xoxb-real',
    ENCRYPTION_KEYS: 'mine:real',
    COGNITO_CLIENT_SECRET: 'real',
  };
  const backend = backendEnvironment(parts(shell));
  const agent = agentEnvironment(shell, 'http://127.0.0.1:8', 'us-east-2', secrets);
  expect(JSON.stringify([backend, agent])).not.toMatch(/AKIAREAL|"real"|mine:real|production|xoxb-real/);
  expect(backend).toMatchObject({
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIASTANDIN',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:8',
  });
});

test('the model is the offline one unless the shell names another', () => {
  const agent = (env: NodeJS.ProcessEnv) => agentEnvironment(env, 'http://127.0.0.1:8', 'us-east-2', secrets);
  expect(agent({})).toMatchObject({ MODEL_PROVIDER: 'offline' });
  const own = { MODEL_PROVIDER: 'openai', OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', MODEL_ID: 'llama' };
  expect(agent(own)).toMatchObject(own);
});

test('our own Redis is durable by its append-only file; of a given one nothing is assumed', () => {
  expect(backendEnvironment(parts({}))).toMatchObject({ REDIS_DURABILITY: 'aof' });
  expect(backendEnvironment(parts({}, 'REDIS_URL'))).toMatchObject({ REDIS_DURABILITY: 'none' });
  const stated = { REDIS_DURABILITY: 'replicated' };
  expect(backendEnvironment(parts(stated, 'REDIS_URL'))).toMatchObject(stated);
});

test('backend and agent use the same memory, and agree on who writes to it', () => {
  const writers = (env: NodeJS.ProcessEnv) =>
    [backendEnvironment(parts(env)), agentEnvironment(env, 'http://127.0.0.1:8', 'us-east-2', secrets)].map(
      ({ MEMORY_RESOURCE_ID: id, MEMORY_WRITER: writer }) => [id, writer],
    );
  const agreed = (writer: string) => [
    ['threadcore-Laptop0001', writer],
    ['threadcore-Laptop0001', writer],
  ];
  expect(writers({})).toEqual(agreed('backend'));
  expect(writers({ GUARDRAIL_MODE: 'off' })).toEqual(agreed('agent'));
  expect(writers({ AGENT_PROTOCOL: 'generic' })).toEqual(agreed('backend'));
  expect(writers({ MEMORY_WRITER: 'backend' })).toEqual(agreed('backend'));
});

test('people sign in unless the shell switches that off', () => {
  expect(backendEnvironment(parts({}))).not.toHaveProperty('IDENTITY_MODE');
  const off = { IDENTITY_MODE: 'off' };
  expect(backendEnvironment(parts(off))).toMatchObject(off);
});

test('the guardrail is enforced unless the shell says otherwise', () => {
  expect(backendEnvironment(parts({}))).toMatchObject({
    BEDROCK_GUARDRAIL_ID: 'threadcorelaptop',
    BEDROCK_GUARDRAIL_VERSION: '1',
    GUARDRAIL_MODE: 'enforce',
  });
  expect(backendEnvironment(parts({ GUARDRAIL_MODE: 'shadow' }))).toMatchObject({ GUARDRAIL_MODE: 'shadow' });
});

test('operators’ commands get Redis, keys, Cognito and AWS, and nothing of Slack', () => {
  const ops = opsEnvironment(backendEnvironment(parts({ PATH: '/bin', LOG_LEVEL: 'debug' })));
  expect(ops).toMatchObject({
    REDIS_URL: 'redis://127.0.0.1:7',
    ENCRYPTION_KEYS: 'laptop:key',
    COGNITO_DOMAIN: 'http://127.0.0.1:10',
    AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: 'http://127.0.0.1:10',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:8',
    PUBLIC_URL: 'http://127.0.0.1:3000',
    BEDROCK_GUARDRAIL_ID: 'threadcorelaptop',
    MEMORY_RESOURCE_ID: 'threadcore-Laptop0001',
  });
  expect(Object.keys(ops).filter((name) => /^(?:SLACK|PATH|LOG)/.test(name))).toEqual([]);
});
