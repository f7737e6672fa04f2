import { expect, test } from 'vitest';
import { agentEnvironment, backendEnvironment } from '../../../../local/laptop/environment.ts';

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
  }) as unknown as Parts;

test('real AWS keys and stray settings of the shell never reach the backend or the agent', () => {
  const shell = {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIAREAL',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_PROFILE: 'production',
    SLACK_BOT_TOKEN: 'xoxb-real',
    IDENTITY_MODE: 'required',
  };
  const backend = backendEnvironment(parts(shell));
  const agent = agentEnvironment(shell, 'http://127.0.0.1:8', 'us-east-2', secrets);
  expect(JSON.stringify([backend, agent])).not.toMatch(/AKIAREAL|"real"|production|xoxb-real|required/);
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
