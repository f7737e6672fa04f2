import { beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { composeMemory, toldWriter } from '../../../src/main/memory.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';

let url: string;
beforeAll(async () => {
  url = await testRedis();
});

const WORKER = {
  ROLE: 'worker',
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-2:123456789012:runtime/agent-AbCdEf1234',
  BEDROCK_GUARDRAIL_ID: 'abc123',
};

/** What a process with these settings says at its start, whether it writes what was said, and what it tells its agent. */
async function starting(env: Record<string, string>) {
  const config = loadConfig({
    ROLE: 'web',
    REDIS_URL: url,
    SLACK_BOT_TOKEN: 'xoxb-1111-2222-abcdef',
    SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
    IDENTITY_MODE: 'off',
    MEMORY_RESOURCE_ID: 'threadcore-AbCdEf1234',
    ...env,
  });
  const lines: string[] = [];
  const redis = connect({ url, name: 'who-writes' });
  const memory = composeMemory({
    config,
    redis,
    keyPrefix: '{tc}',
    dataKeys: undefined,
    confirmDurable: () => Promise.resolve(),
    observe: () => undefined,
    log: createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } }),
  });
  await memory?.close();
  await disconnect(redis);
  return { writes: memory?.remember !== undefined, told: toldWriter(config), said: lines.join() };
}

it('where a guardrail is enforced the backend writes to Memory, and nothing has to be set for it', async () => {
  expect(await starting({})).toEqual({ writes: true, told: 'backend', said: '' });
});

it('whoever leaves it to the agent all the same is told that the backend writes', async () => {
  const { said, ...does } = await starting({ MEMORY_WRITER: 'agent' });
  expect(does).toEqual({ writes: true, told: 'backend' });
  expect(said).toContain('set MEMORY_WRITER=backend');
});

it('a backend without a memory keeps an agent that has one from writing what is withheld, and says what that costs', async () => {
  const { said, ...does } = await starting({ ...WORKER, MEMORY_RESOURCE_ID: '' });
  expect(does).toEqual({ writes: false, told: 'backend' });
  expect(said).toContain('MEMORY_RESOURCE_ID');
});

it.each(['shadow', 'off'])('with a guardrail set to %s the agent may write', async (mode) => {
  const free = { writes: false, told: undefined, said: '' };
  expect(await starting({ GUARDRAIL_MODE: mode })).toEqual(free);
  expect(await starting({ ...WORKER, GUARDRAIL_MODE: mode, MEMORY_RESOURCE_ID: '' })).toEqual(free);
});
