import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { redisCommands } from '../../local/redis/resp.ts';
import * as pacing from '../../src/store/call-pacing-lua.ts';
import * as lanes from '../../src/turns/lua.ts';
import { startCountingProxy } from '../integration/turns/counting-proxy.ts';
import { eventually } from '../setup/eventually.ts';
import { testRedis } from '../setup/redis.ts';
import { type Stack, startStack } from './stack.ts';

const OURS = new Map(
  Object.entries({ ...lanes, ...pacing }).map(([name, source]) => [
    createHash('sha1').update(source).digest('hex'),
    name,
  ]),
);
/** Waiting for work, and what a process does by the clock however many turns there are. */
const BESIDES = new Set(['BZPOPMIN', 'SWEEP', 'RENEW', 'INFO']);

let url: string;
let proxy: Awaited<ReturnType<typeof startCountingProxy>>;
let stack: Stack;

beforeAll(async () => {
  url = await testRedis();
  proxy = await startCountingProxy(url);
  stack = await startStack({
    agentEnv: { OFFLINE_WORD_DELAY_MS: '0' },
    env: { REDIS_URL: proxy.url },
  });
});

afterAll(async () => {
  await stack?.close();
  await proxy?.close();
});

async function oneTurn(n: number, channel: string): Promise<void> {
  const { ts } = await stack.slack.postAs('alice', channel, `@Cloud Engineer echo ${n}`);
  await eventually('the answer', () => stack.slack.thread(channel, ts).length === 2);
  await eventually('its wake is put away', async () => {
    const [active, flat] = await redisCommands(url, [
      ['LLEN', '{tc}:wakes:active'],
      ['HGET', '{tc}:counts', 'running'],
    ]);
    return active === 0 && Number(flat) === 0;
  });
}

/** Names a command; the pacing of what is passing, such as the status line, apart. */
function nameOf(words: readonly string[]): string {
  const [command = '', digest = ''] = words;
  const name = command.toUpperCase();
  if (name !== 'EVALSHA') return name;
  const ours = OURS.get(digest) ?? 'a script of BullMQ';
  return ours === 'PACE' && words.at(-1) === '0' ? 'PACE for progress' : ours;
}

it('an unstreamed turn with all its Slack calls takes at most ten Redis commands, and few Slack calls', async () => {
  // The first turns also send the scripts. Another channel: Slack takes few posts at once in one.
  await oneTurn(0, '#general');
  await oneTurn(1, '#general');
  proxy.reset();
  const callsBefore = stack.slack.calls.length;
  const turns = 3;
  for (let n = 0; n < turns; n += 1) await oneTurn(n, '#cloud');
  const commands = proxy
    .commands()
    .map(nameOf)
    .filter((name) => !BESIDES.has(name));
  const calls = stack.slack.calls.slice(callsBefore).map((call) => call.method);
  expect(commands.filter((name) => name === 'PACE')).toHaveLength(turns);
  const counted = commands.filter((name) => name !== 'PACE for progress');
  expect(counted.length / turns, `${counted.join(', ')}`).toBeLessThanOrEqual(10);
  expect(calls.length / turns, `${calls.join(', ')}`).toBeLessThanOrEqual(3);
});
