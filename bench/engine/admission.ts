import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { TEAM } from '../../local/slack/seed.ts';
import { type Contestant, costOf } from '../contestants/contestant.ts';
import { startBoltAdd } from '../contestants/other-bots.ts';
import { startThreadcore } from '../contestants/threadcore.ts';
import { canariesIn, canaryOf } from '../exactness.ts';
import { resultOf } from '../report.ts';
import { pooled } from './arrivals.ts';
import type { PartOptions, PartOutcome } from './part.ts';
import { createClock, createEventSender, mentionEvent } from './signed-events.ts';
import { type Entrant, playStarts, spreadOf } from './starts.ts';

/** Deliveries under way at a time. */
const AT_ONCE = 50;
const STORED_WITHIN_MS = 10_000;

/** How to find in a bot's Redis what it took. */
interface Stored {
  /** How many events it has stored. */
  readonly count: (redis: Redis) => Promise<number>;
  /** The records of stored events, as they stand in Redis. */
  readonly records: { readonly keys: string; readonly field: string };
  /** Takes a delivery once, however often it arrives. */
  readonly once: boolean;
}

/**
 * What taking an event costs: verified, told from a repetition, stored durably. The web role alone, beside a Bolt app
 * that adds each event to a BullMQ queue on the same kind of Redis. Nobody works on what was taken.
 */
export async function measureAdmission(options: PartOptions): Promise<PartOutcome> {
  const { rounds, sizes, say } = options;
  const problems: string[] = [];
  const entrant =
    (name: string, start: () => Promise<Contestant>, stored: Stored): Entrant<Taken> =>
    async (started) => {
      const bot = await start();
      const taker = createTaker({ bot, ...stored });
      started({
        ...bot,
        stop: async () => {
          taker.close();
          await bot.stop();
        },
      });
      return {
        play: () => taker.take(sizes.events),
        end: async () => {
          problems.push(...(await taker.judge(name)));
        },
      };
    };
  const plan = { ...sizes.admission, rounds, say: (line: string) => say(`admission, ${line}`) };
  const played = await playStarts(plan, {
    Threadcore: entrant(
      'admission, Threadcore',
      () => startThreadcore({ ...options, agent: 'instant', roles: ['web'] }),
      {
        count: async (redis) => Number(await redis.hget('{tc}:counts', 'queued')),
        records: { keys: '{tc}:turn:*', field: 'message' },
        once: true,
      },
    ),
    'Bolt and add': entrant('admission, Bolt and add', () => startBoltAdd(options), {
      count: (redis) => redis.llen('bull:events:wait'),
      records: { keys: 'bull:events:[0-9]*', field: 'data' },
      once: false,
    }),
  });
  const own = played.Threadcore.flat();
  const baseline = played['Bolt and add'].flat();
  const both = (metric: string, unit: string, read: (taken: Taken) => number | undefined) =>
    resultOf(metric, unit, own.map(read), baseline.map(read));
  return {
    results: [
      ...both('admission_per_core', '1/s', perCore),
      ...both('admission_cpu', 'ms', (t) => t.cpuMs && t.cpuMs / t.events),
      ...both('admission_per_second', '1/s', (t) => t.events / t.seconds),
      ...both('admission_driver_cpu', 'ms', (t) => t.driverCpuMs / t.events),
      ...spreadOf('admission_per_core', '1/s', played, ['Threadcore', 'Bolt and add'], perCore, say),
    ],
    problems,
  };
}

const perCore = ({ cpuMs, events }: Taken) => cpuMs && (events * 1000) / cpuMs;

interface Taken {
  readonly events: number;
  readonly seconds: number;
  readonly cpuMs: number | undefined;
  readonly driverCpuMs: number;
}

function createTaker({ bot, count, records, once }: Stored & { readonly bot: Contestant }) {
  const sender = createEventSender(bot);
  const redis = new Redis(bot.redis?.url ?? '', { lazyConnect: true });
  const clock = createClock(Date.now());
  const sent = new Map<string, string>();
  const problems: string[] = [];

  async function deliver(body: string, retry = false): Promise<void> {
    const status = await sender.send(body, retry);
    if (status !== 200) problems.push(`a delivery was answered ${status}`);
  }

  return {
    /** Delivers so many new events and waits until all are stored. */
    async take(events: number): Promise<Taken> {
      const run = randomBytes(3).toString('hex');
      const bodies = Array.from({ length: events }, (_, i) => {
        const canary = canaryOf(run, i, 1);
        const ts = clock();
        const user = `U0USER${String(i % 1000).padStart(5, '0')}`;
        const names = { team: TEAM.id, channel: 'C0CLOUD0000', user, ts, eventId: `Ev${run}${i}` };
        const body = mentionEvent({ ...names, words: `echo ${canary}` });
        sent.set(canary, body);
        return body;
      });
      const driverBefore = process.cpuUsage();
      const before = await costOf(bot);
      const startedAt = performance.now();
      await pooled(events, AT_ONCE, (i) => deliver(bodies[i] ?? ''));
      const deadline = performance.now() + STORED_WITHIN_MS;
      while ((await count(redis)) < sent.size && performance.now() < deadline) await wait(2);
      const seconds = (performance.now() - startedAt) / 1000;
      const after = await costOf(bot);
      const driver = process.cpuUsage(driverBefore);
      return {
        events,
        seconds,
        cpuMs: before && after && after.cpuMs - before.cpuMs,
        driverCpuMs: (driver.user + driver.system) / 1000,
      };
    },
    /** Every event is stored once, also after a part of them has been delivered again. */
    async judge(who: string): Promise<string[]> {
      const again = once ? [...sent.values()].filter((_, i) => i % 10 === 0) : [];
      await pooled(again.length, AT_ONCE, (i) => deliver(again[i] ?? '', true));
      const stored = new Map<string, number>();
      for await (const keys of redis.scanStream({ match: records.keys, count: 1000 })) {
        for (const value of await Promise.all(
          (keys as string[]).map((key) => redis.hget(key, records.field)),
        )) {
          for (const canary of new Set(canariesIn(value ?? '')))
            stored.set(canary, (stored.get(canary) ?? 0) + 1);
        }
      }
      for (const canary of sent.keys()) {
        const times = stored.get(canary) ?? 0;
        if (times !== 1) problems.push(`${canary} is stored ${times} times`);
      }
      if (stored.size !== sent.size) problems.push(`${stored.size} events are stored of ${sent.size}`);
      return problems.map((problem) => `${who}: ${problem}`);
    },
    close() {
      sender.close();
      redis.disconnect();
    },
  };
}
