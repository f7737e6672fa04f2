import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSurroundings, type Surroundings } from '../../setup/backend-processes.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';

let surroundings: Surroundings;
let env: { REDIS_URL: string };
let redis: Redis;
beforeAll(async () => {
  surroundings = await createSurroundings();
  env = { REDIS_URL: await testRedis() };
  redis = new Redis(env.REDIS_URL);
});
afterAll(async () => {
  redis?.disconnect();
  await surroundings?.close();
});

describe('a process that cannot listen where it is told to', () => {
  it('says so in one message, and has begun no turn: an orchestrator starts it again and again', async () => {
    const web = await surroundings.start('web', env);
    await web.ready();
    const question = surroundings.ask();
    await eventually('the question is kept', async () => (await redis.exists('{tc}:ring')) === 1);

    const worker = await surroundings.start('worker', { ...env, PORT: String(web.port) });
    expect(await worker.exited).toBe(1);
    expect(worker.output()).toContain(`PORT: something else listens at 127.0.0.1:${web.port} already`);
    expect(worker.output()).not.toMatch(/^\s+at |"stack"/m);
    expect(await redis.zcard('{tc}:leases')).toBe(0);
    expect(surroundings.agent.records.get(question.canary)).toBeUndefined();

    await (await surroundings.start('worker', env)).ready();
    await surroundings.answered(question);
    expect(surroundings.wrong()).toEqual([]);
  });

  it('names the address that is not of this machine', async () => {
    const web = await surroundings.start('web', { ...env, HOST: '203.0.113.9' });
    expect(await web.exited).toBe(1);
    expect(web.output()).toMatch(/HOST: this machine has no address 203\.0\.113\.9/);
    expect(web.output()).not.toMatch(/^\s+at /m);
  });
});
