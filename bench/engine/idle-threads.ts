import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { withContestants } from '../contestants/contestant.ts';
import { startThreadcore } from '../contestants/threadcore.ts';
import { resultOf } from '../report.ts';
import { createRounds } from '../round.ts';
import type { PartOptions, PartOutcome } from './part.ts';

const PREFIX = '{tc}';

/**
 * What threads cost in Redis when nobody writes in them any more: each has had one question and its answer. Everything
 * that is left is counted, also what expires later: claims of deliveries after 26 hours, ended turns after 7 days. Sealed, as
 * in production.
 */
export async function measureIdleThreads(options: PartOptions): Promise<PartOutcome> {
  const { sizes, say } = options;
  const { users } = sizes;
  const { play, problems } = createRounds(users);
  return withContestants(async (started) => {
    const ours = started(
      await startThreadcore({
        ...options,
        agent: 'instant',
        encryptionKeys: `k1:${randomBytes(32).toString('base64')}`,
      }),
    );
    const redis = new Redis(ours.redis.url);
    try {
      await play('idle threads, warm-up', ours, 1);
      const before = await read(redis);
      const groups = Math.ceil(sizes.threads / users);
      say(`idle threads: ${groups * users} threads with one question each`);
      for (let i = 0; i < groups; i += 1) await play('idle threads', ours, 1);
      const after = await read(redis);

      const perThread = (bytes: number) => [bytes / (groups * users)];
      const grown = (family: string) =>
        (after.families.get(family) ?? 0) - (before.families.get(family) ?? 0);
      const families = [...after.families.keys()].filter((family) => grown(family) !== 0);
      const sumWithout = (...gone: readonly string[]) =>
        families.reduce((total, family) => total + (gone.includes(family) ? 0 : grown(family)), 0);
      return {
        results: [
          ...resultOf('idle_thread', 'bytes', perThread(sumWithout())),
          ...resultOf('idle_thread_after_26_hours', 'bytes', perThread(sumWithout('claim'))),
          ...resultOf('idle_thread_after_7_days', 'bytes', perThread(sumWithout('claim', 'turn'))),
          ...families
            .toSorted((a, b) => grown(b) - grown(a))
            .flatMap((family) => resultOf(`idle_thread: ${family}`, 'bytes', perThread(grown(family)))),
          ...resultOf('idle_thread_used_memory', 'bytes', perThread(after.used - before.used)),
        ],
        problems,
      };
    } finally {
      redis.disconnect();
    }
  });
}

/** What Redis holds: `MEMORY USAGE` of all keys by their first word, and `used_memory`, which also grows by tables. */
async function read(redis: Redis): Promise<{ families: Map<string, number>; used: number }> {
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  const families = new Map<string, number>();
  for await (const keys of redis.scanStream({ count: 1000 })) {
    const sizes = await Promise.all(
      (keys as string[]).map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)),
    );
    for (const [i, key] of (keys as string[]).entries()) {
      const family = key.startsWith(`${PREFIX}:`) ? (key.split(':')[1] ?? '') : key;
      families.set(family, (families.get(family) ?? 0) + (sizes[i] ?? 0));
    }
  }
  return { families, used };
}
