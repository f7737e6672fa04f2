import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { findRedis } from '../../../../local/redis/find-redis.ts';
import { redisCommands } from '../../../../local/redis/resp.ts';
import { freePort, startRedis } from '../../../../local/redis/start-redis.ts';
import { isGone } from '../../../setup/is-gone.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-redis-'));
});
afterAll(() => rm(folder, { recursive: true }));

const own = { own: true, log: () => undefined };

const setting = async (url: string, name: string) => {
  const [answer] = await redisCommands(url, [['CONFIG', 'GET', name]]);
  return Array.isArray(answer) ? answer[1] : undefined;
};

test('a started Redis is durable, never evicts, listens on loopback only, and leaves no process', async () => {
  const redis = await startRedis({ ...own, databases: 40 });
  expect(await setting(redis.url, 'appendonly')).toBe('yes');
  expect(await setting(redis.url, 'appendfsync')).toBe('everysec');
  expect(await setting(redis.url, 'maxmemory-policy')).toBe('noeviction');
  expect(await setting(redis.url, 'bind')).toBe('127.0.0.1');
  expect(await setting(redis.url, 'databases')).toBe('40');
  expect(await setting(redis.url, 'dir')).toBe(redis.dir);
  expect(isGone(redis.pid)).toBe(false);

  await redis.stop();
  await redis.stop();
  expect(isGone(redis.pid)).toBe(true);
  expect(await redis.exited).toBe(0);
  await expect(readFile(join(redis.dir, 'redis.log'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('data in a given folder is there again after a restart', async () => {
  const dataDir = join(folder, 'kept');
  const first = await startRedis({ ...own, dataDir });
  await redisCommands(first.url, [['SET', 'greeting', 'good morning ☀']]);
  await first.stop();

  const second = await startRedis({ ...own, dataDir });
  const [value] = await redisCommands(second.url, [['GET', 'greeting']]);
  await second.stop();
  expect(value).toBe('good morning ☀');
});

test('two at the same time do not meet', async () => {
  const [one, two] = await Promise.all([startRedis(own), startRedis(own)]);
  expect(one.port).not.toBe(two.port);
  expect(one.dir).not.toBe(two.dir);
  await Promise.all([one.stop(), two.stop()]);
});

test('a port that another Redis owns is refused, not borrowed', async () => {
  const other = await startRedis(own);
  await expect(startRedis({ ...own, port: other.port })).rejects.toThrow(/did not start[\s\S]*in use/);
  await other.stop();
});

test('REDIS_URL is used as it is and left running', async () => {
  const url = inject('redisBaseUrl');
  const redis = await startRedis({ env: { REDIS_URL: url }, log: () => undefined });
  expect(redis).toMatchObject({ url, source: 'REDIS_URL', pid: 0 });
  await redis.stop();
  expect(await redisCommands(url, [['PING']])).toEqual(['PONG']);
});

test('a REDIS_URL that leads nowhere says what to do', async () => {
  const env = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
  await expect(startRedis({ env, log: () => undefined })).rejects.toThrow(/REDIS_URL points at .* unset it/);
});

test('a server that accepts and says nothing is given up', async () => {
  const server = createServer((socket) => socket.resume());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await expect(redisCommands(`redis://127.0.0.1:${port}`, [['PING']], 50)).rejects.toThrow(
    'did not answer within 50 ms',
  );
  await new Promise((resolve) => server.close(resolve));
});

test('a command that Redis refuses is named, and the URL chooses the database', async () => {
  const redis = await startRedis(own);
  await redisCommands(`${redis.url}/3`, [['SET', 'key', 'text']]);
  expect(await redisCommands(`${redis.url}/3`, [['DBSIZE']])).toEqual([1]);
  expect(await redisCommands(redis.url, [['DBSIZE']])).toEqual([0]);
  await expect(redisCommands(`${redis.url}/3`, [['LPUSH', 'key', 'x']])).rejects.toThrow(
    /refused LPUSH: WRONGTYPE/,
  );
  await expect(redisCommands(redis.url.replace('//', '//:secret@'), [['PING']])).rejects.toThrow(
    /refused AUTH/,
  );
  await redis.stop();
});

test('a binary on PATH comes before the unpacked packages, valkey-server included', async () => {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'valkey-server'), '#!/bin/sh\necho "Valkey server v=8.1.0 sha=0"\n');
  await chmod(join(bin, 'valkey-server'), 0o755);
  const found = await findRedis({ PATH: bin }, () => undefined);
  expect(found).toMatchObject({ command: join(bin, 'valkey-server'), source: 'path' });
});

test('a folder that cannot be written ends with the reason, not with a wait', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  await expect(startRedis({ ...own, dataDir: join(file, 'data') })).rejects.toThrow(/ENOTDIR/);
});
