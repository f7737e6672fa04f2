import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { type Connection, connect, disconnect } from '../store/connection.ts';
import { createConfirmation } from '../store/durability.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createAccept } from '../turns/accept-turn.ts';
import { createLanes } from '../turns/lanes.ts';
import { createQuestionChanges } from '../turns/question-changes.ts';

export interface IntakeDeps {
  readonly config: Pick<Config, 'redis' | 'lanes'>;
  readonly redis: Connection;
  readonly onRedisError: (error: Error) => void;
  readonly wake: () => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export type Intake = ReturnType<typeof composeIntake>;

/** What is the same for every platform's way in: questions are stored, changed and confirmed as durable. */
export function composeIntake({ config, redis, onRedisError, wake, metrics, log }: IntakeDeps) {
  const { url, keyPrefix, durability } = config.redis;
  // The leases of a worker must not stand behind what waits for a replica.
  const intake =
    durability === 'replicated' ? connect({ url, name: 'threadcore-intake', onError: onRedisError }) : redis;
  const confirmDurable = createConfirmation(intake, durability);
  return {
    intake,
    accept: createAccept({
      lanes: createLanes(intake, keyPrefix, config.lanes),
      wakes: { add: wake },
      confirmDurable,
      randomBytes,
      observe: metrics.messageTaken,
      log,
    }),
    changes: createQuestionChanges({
      redis: intake,
      keyPrefix,
      confirmDurable,
      observe: metrics.questionChanged,
      log,
    }),
    close: async () => {
      if (intake !== redis) await disconnect(intake);
    },
  };
}
