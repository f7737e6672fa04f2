import { expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { composeGuards } from '../../../src/main/guards.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { testRedis } from '../../setup/redis.ts';
import { makeSecret } from '../../unit/chat/known-secrets.ts';

const SECRET = makeSecret('github', 1);
const signal = new AbortController().signal;

it('without a guardrail secrets go in neither direction, and each counts once, but no turn as checked', async () => {
  const url = await testRedis();
  const config = loadConfig({
    ROLE: 'web',
    REDIS_URL: url,
    SLACK_BOT_TOKEN: 'xoxb-1111-2222-abcdef',
    SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
    IDENTITY_MODE: 'off',
    GUARDRAIL_MODE: 'off',
    ALLOWED_LINK_HOSTS: '*',
  });
  const noted: object[] = [];
  const redis = connect({ url, name: 'off' });
  const metrics = createMetrics();
  const { guards, guardThread, guardFiles, close } = composeGuards({
    ...{ config, redis, keyPrefix: '{tc}', dataKeys: undefined, metrics },
    people: { languageOf: async () => undefined },
    audit: { note: (event) => void noted.push(event) },
    log: createLogger({ level: 'silent' }),
    now: Date.now,
    monotonic: () => performance.now(),
  });
  const turn = {
    id: 't1',
    message: {
      key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1' },
      kind: 'channel',
      sender: { id: 'U1', tenant: 'T1' },
      text: `my key is ${SECRET}`,
    },
  } as ClaimedTurn;

  expect(await guards.question?.(turn, signal)).toMatchObject({ kind: 'block', policy: 'secret' });
  const answer = guards.answer?.(turn, () => undefined, signal);
  const view = { text: `All well: ${SECRET} `, tasks: [] };
  answer?.take(view);
  expect(await answer?.finish(view)).toMatchObject({
    view: { text: 'All well: ' },
    block: { policy: 'secret' },
  });
  const at = '2026-01-01T00:00:00Z';
  const said = [
    { author: 'Bob', text: SECRET, at },
    { author: 'Bob', text: 'all well', at },
    { author: `I am ${SECRET}`, text: 'so it is', at },
  ];
  expect(await guardThread(async () => said)(turn.message, signal)).toEqual([
    said[1],
    { author: 'somebody 2', text: 'so it is', at },
  ]);
  expect(
    await guardFiles(turn.message, { texts: ['a,b', SECRET], names: [`${SECRET}.csv`] }, signal),
  ).toEqual({
    texts: ['a,b', undefined],
    names: [undefined],
  });
  expect(noted).toMatchObject([
    { direction: 'question', policy: 'secret', mode: 'off' },
    { direction: 'answer', policy: 'secret', mode: 'off' },
  ]);
  await close();
  const counted = await redis.hgetall(`{tc}:guardcounts:${new Date().toISOString().slice(0, 10)}`);
  expect(counted).toEqual({
    '["question","blocked","secret","off","C1"]': '1',
    '["answer","blocked","secret","off","C1"]': '1',
    '["thread","blocked","secret","off","C1"]': '4',
  });
  await metrics.shutdown();
  await disconnect(redis);
});
