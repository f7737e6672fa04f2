import { Redis } from 'ioredis';

/** A live Redis connection. Rooms right of the store use it through this name only. */
export type Connection = Redis;

export interface ConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database number where needed. */
  readonly url: string;
  /** Shown by `CLIENT LIST`, so that an operator sees which process holds a connection. */
  readonly name: string;
  readonly onError?: (error: Error) => void;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_MAX_MS = 2_000;
/** A command that Redis does not answer within this time fails: the caller decides, nobody hangs. */
export const COMMAND_TIMEOUT_MS = 5_000;

/**
 * Opens a connection for ordinary commands: reconnects for ever, but a command fails after `COMMAND_TIMEOUT_MS`
 * instead of waiting for Redis to come back. An event that could not be stored must be refused, so that the
 * platform delivers it again.
 */
export function connect(options: ConnectionOptions): Connection {
  return open(options, { commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1 });
}

/** Opens a connection for BullMQ: its blocking reads may wait, so commands neither time out nor give up. */
export function connectForQueue(options: ConnectionOptions): Connection {
  return open(options, { maxRetriesPerRequest: null });
}

function open(
  options: ConnectionOptions,
  limits: { commandTimeout?: number; maxRetriesPerRequest: number | null },
): Connection {
  const redis = new Redis(options.url, {
    ...limits,
    connectionName: options.name,
    connectTimeout: 5_000,
    enableAutoPipelining: false,
    retryStrategy: (attempt) => Math.min(RECONNECT_FIRST_MS * 2 ** attempt, RECONNECT_MAX_MS),
  });
  redis.on('error', (error: Error) => options.onError?.(error));
  return redis;
}

/** Closes politely, and by force when Redis does not answer within `graceMs`. Never throws. */
export async function disconnect(redis: Connection, graceMs = 1_000): Promise<void> {
  if (redis.status === 'end') return;
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([redis.quit().then(noop, noop), expired]);
  clearTimeout(timer);
  redis.disconnect();
}

function noop(): void {}
