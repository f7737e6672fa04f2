import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startRedis } from '../../../local/redis/start-redis.ts';
import { rewriteFile } from '../../../src/store/append-only-file.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';

it('what was deleted is gone from Redis’ file as well, once that was written anew', async () => {
  const server = await startRedis({
    own: true,
    env: { ...process.env, REDIS_URL: '' },
    log: () => undefined,
  });
  onTestFinished(() => server.stop());
  const redis = connect({ url: server.url, name: 'append-only-file-test' });
  onTestFinished(() => disconnect(redis));
  const configured = async (name: string) => String(((await redis.config('GET', name)) as string[])[1]);
  const folder = join(await configured('dir'), await configured('appenddirname'));
  const holds = async (words: string) => {
    const files = await Promise.all(
      (await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1').catch(() => '')),
    );
    return files.some((text) => text.includes(words));
  };

  await redis.set('{tc}:kept', 'somebody-else');
  await redis.set('{tc}:gone', 'canary-of-alice');
  await redis.del('{tc}:gone');
  await eventually('it stands in the file', () => holds('canary-of-alice'));

  await rewriteFile(redis, createLogger({ level: 'silent' }));
  await eventually('it is gone from the file', async () => !(await holds('canary-of-alice')));
  expect(await holds('somebody-else')).toBe(true);
});
