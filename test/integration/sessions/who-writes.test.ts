import { beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { composeMemory } from '../../../src/main/memory.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';

let url: string;
beforeAll(async () => {
  url = await testRedis();
});

/** What a process with these settings says at its start, and whether it writes what was said. */
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
  return { writes: memory?.remember !== undefined, said: lines.join() };
}

it('where a guardrail is enforced the backend writes to Memory, and nothing has to be set for it', async () => {
  expect(await starting({})).toEqual({ writes: true, said: '' });
});

it('whoever leaves it to the agent all the same is warned, and told what to do', async () => {
  const { writes, said } = await starting({ MEMORY_WRITER: 'agent' });
  expect(writes).toBe(false);
  expect(said).toContain('set MEMORY_WRITER=backend');
});

it.each(['shadow', 'off'])('with a guardrail set to %s the agent may write', async (mode) => {
  expect(await starting({ GUARDRAIL_MODE: mode })).toEqual({ writes: false, said: '' });
});
