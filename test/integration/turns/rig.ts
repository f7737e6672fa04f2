import { randomBytes } from 'node:crypto';
import { EMPTY_VIEW } from '../../../src/chat/vocabulary.ts';
import { type Connection, connect, connectForQueue, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createAccept } from '../../../src/turns/accept-turn.ts';
import { createLanes, type LaneSettings, type Lanes } from '../../../src/turns/lanes.ts';
import type { Hold } from '../../../src/turns/leases.ts';
import { createOperator } from '../../../src/turns/operator.ts';
import type { TurnEnd } from '../../../src/turns/states.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { createWakes } from '../../../src/turns/wakes.ts';
import { startTurnWorker, type TurnWorkerDeps } from '../../../src/turns/worker.ts';

export type Run = (turn: ClaimedTurn, hold: Hold) => Promise<void>;

let rigs = 0;

/** Lanes, wakes and accept on a real Redis under a prefix of their own. `close` ends everything that was opened. */
export function createRig(url: string, options: Partial<LaneSettings> & { readonly prefix?: string } = {}) {
  rigs += 1;
  const { prefix = `{tc}:rig-${rigs}`, ...settings } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const open = (connection: Connection) => {
    closers.push(() => disconnect(connection));
    return connection;
  };
  const logged: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void logged.push(line) } });
  const redis = open(connect({ url, name: 'rig' }));
  const lanes = createLanes(redis, prefix, settings);
  const operator = createOperator(redis, prefix);
  const wakes = createWakes(redis, prefix);
  closers.push(() => wakes.close());

  const accept = (deps: Partial<Parameters<typeof createAccept>[0]> = {}) =>
    createAccept({
      lanes,
      wakes,
      confirmDurable: () => Promise.resolve(),
      randomBytes,
      observe: () => undefined,
      log,
      ...deps,
    });

  const startWorker = (run: Run, deps: Partial<TurnWorkerDeps> = {}) => {
    const worker = startTurnWorker({
      connection: open(connectForQueue({ url, name: 'rig-queue' })),
      keyPrefix: prefix,
      name: 'rig-worker',
      concurrency: 4,
      lanes,
      wakes,
      run,
      monotonic: () => performance.now(),
      log,
      ...deps,
    });
    let closing: Promise<void> | undefined;
    const close = (graceMs = 5_000) => {
      closing ??= worker.close(graceMs);
      return closing;
    };
    closers.push(() => close());
    return { ...worker, close };
  };

  return {
    prefix,
    redis,
    lanes,
    operator,
    wakes,
    log,
    logged,
    accept,
    startWorker,
    /** Ends a turn as `runTurn` does: the lane is freed, and woken for if more is waiting. */
    async endTurn(turn: ClaimedTurn, end: TurnEnd = 'done'): Promise<void> {
      const reason = end === 'done' ? 'answered' : `test_${end}`;
      await lanes.post(turn, { end, reason, view: EMPTY_VIEW });
      const { wake } = await lanes.finish(turn, end, reason);
      if (wake) await wakes.add();
    },
    /** Makes every ready lane look as if it had waited for `ms` already. */
    async age(ms: number): Promise<void> {
      for (const lane of await redis.zrangebyscore(`${prefix}:ready`, '-inf', '+inf')) {
        await redis.zadd(`${prefix}:ready`, Date.now() - ms, lane);
      }
    },
    async close(): Promise<void> {
      for (const closer of closers.toReversed()) await closer();
    },
  };
}

export type Rig = ReturnType<typeof createRig>;

/** `lanes` with some methods replaced. */
export const withLanes = (lanes: Lanes, changed: Partial<Lanes>): Lanes => ({ ...lanes, ...changed });

/** A promise with its handle. */
export function gate<T = void>() {
  return Promise.withResolvers<T>();
}
