import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startRedis } from '../../../local/redis/start-redis.ts';
import { type Connection, connect, connectForQueue, disconnect } from '../../../src/store/connection.ts';
import { checkDurability, createConfirmation } from '../../../src/store/durability.ts';
import { eventually } from '../../setup/eventually.ts';
import { createForgetfulLink } from '../../setup/forgetful-link.ts';
import { testRedis } from '../../setup/redis.ts';

const open: Connection[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((redis) => disconnect(redis, 50)));
});

function connected(url: string, how = connect): { redis: Connection; errors: Error[] } {
  const errors: Error[] = [];
  const redis = how({ url, name: 'test-of-the-store', onError: (error) => errors.push(error) });
  open.push(redis);
  return { redis, errors };
}

test('a connection tells its name and answers', async () => {
  const { redis } = connected(await testRedis());
  await redis.set('key', 'value');
  expect(await redis.get('key')).toBe('value');
  expect(await redis.client('GETNAME')).toBe('test-of-the-store');
});

test('commands of one round of the event loop leave in one piece, and are answered in their order', async () => {
  const { redis } = connected(await testRedis());
  await redis.ping();
  const pieces: string[] = [];
  const { stream } = redis;
  const handle = Reflect.get(stream, '_writev') as (chunks: { chunk: Buffer }[], done: () => void) => void;
  Reflect.set(stream, '_writev', (chunks: { chunk: Buffer }[], done: () => void) => {
    pieces.push(chunks.map(({ chunk }) => String(chunk)).join(''));
    handle.call(stream, chunks, done);
  });
  const numbers = Array.from({ length: 20 }, (_, i) => String(i));
  const answers = numbers.map((number) => redis.echo(number));
  expect(await Promise.all(answers)).toEqual(numbers);
  expect(pieces).toHaveLength(1);
  await disconnect(redis);
});

test('what was written when the connection is closed politely is carried out before', async () => {
  const url = await testRedis();
  const { redis } = connected(url);
  await redis.ping();
  const written = redis.set('last words', 'said');
  await Promise.all([written, disconnect(redis)]);
  expect(await connected(url).redis.get('last words')).toBe('said');
});

test('disconnect ends it, and may be called again', async () => {
  const { redis } = connected(await testRedis());
  await redis.ping();
  await disconnect(redis);
  await eventually('the end', () => redis.status === 'end');
  await disconnect(redis);
  expect(redis.status).toBe('end');
});

test.each([
  ['commands', connect],
  ['the queue', connectForQueue],
])('a connection for %s to a Redis that is not there can be ended, twice', async (_name, how) => {
  const { redis, errors } = connected('redis://127.0.0.1:1/0', how);
  await eventually('the first failure', () => errors.length > 0);
  await expect(disconnect(redis, 20)).resolves.toBeUndefined();
  await expect(disconnect(redis, 20)).resolves.toBeUndefined();
});

test('a command on a Redis that is not there fails instead of waiting', async () => {
  const { redis, errors } = connected('redis://127.0.0.1:1/0');
  await expect(redis.get('key')).rejects.toThrow(/max retries/i);
  expect(errors[0]?.message).toMatch(/ECONNREFUSED/);
});

test('a command that Redis does not answer fails after the time-out, and disconnect does not hang on it', async () => {
  // A server of its own: a stalled Redis would stall every other test.
  const server = await startRedis({ log: () => undefined });
  try {
    const { redis } = connected(server.url);
    const { redis: other } = connected(server.url);
    const { redis: queue } = connected(server.url, connectForQueue);
    await Promise.all([redis.ping(), other.ping(), queue.ping()]);
    await other.call('CLIENT', 'PAUSE', '60000', 'ALL');
    await expect(redis.set('key', 'value')).rejects.toThrow(/timed out/i);
    // On this one nothing times out: only the grace ends the polite good-bye.
    for (const each of [redis, queue]) {
      await disconnect(each, 20);
      await eventually('the end', () => each.status === 'end');
    }
  } finally {
    await server.stop();
  }
});

test('after Redis was away the same connection serves again', async () => {
  const url = new URL(await testRedis());
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = dial(Number(url.port), url.hostname);
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => {
        sockets.delete(end);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const proxied = new URL(url);
  proxied.port = String((proxy.address() as AddressInfo).port);
  const { redis } = connected(proxied.href);
  try {
    await redis.set('key', 'value');
    for (const socket of sockets) socket.destroy();
    await eventually('Redis answers again', async () => (await redis.get('key')) === 'value');
  } finally {
    await disconnect(redis, 50);
    const closed = once(proxy, 'close');
    proxy.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  expect(await eventually('the end', () => redis.status === 'end')).toBe(true);
});

test('connections that were forgotten on their way are replaced', async () => {
  const url = new URL(await testRedis());
  const link = await createForgetfulLink(Number(url.port));
  url.port = String(link.port);
  const both = [connected(url.href), connected(url.href, connectForQueue)];
  try {
    for (const { redis } of both) await redis.set('key', 'value');
    link.forget();
    const answers = both.map(({ redis }) =>
      eventually('Redis answers again', async () => (await redis.get('key')) === 'value', 20_000),
    );
    expect(await Promise.all(answers)).toEqual([true, true]);
    for (const { errors } of both)
      expect(errors.map(String)).toEqual([expect.stringMatching(/socket timeout/i)]);
  } finally {
    await Promise.all(both.map(({ redis }) => disconnect(redis, 50)));
    await link.close();
  }
});

test('the durability of a real Redis is read from INFO', async () => {
  const { redis } = connected(await testRedis());
  expect(await checkDurability(redis, 'none')).toEqual([]);
  expect(await checkDurability(redis, 'replicated')).toEqual([expect.stringContaining('no online replica')]);
});

test('without a replica a write that must be replicated is not confirmed; other modes do not wait', async () => {
  const { redis } = connected(await testRedis());
  await redis.set('key', 'value');
  await expect(createConfirmation(redis, 'replicated')()).rejects.toThrow(/no Redis replica confirmed/);
  await expect(createConfirmation(redis, 'aof')()).resolves.toBeUndefined();
  await expect(createConfirmation(redis, 'none')()).resolves.toBeUndefined();
});
