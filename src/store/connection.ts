import type { Writable } from 'node:stream';
import { Redis, type RedisOptions } from 'ioredis';

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
/**
 * A command that Redis does not answer within this time fails: the caller decides, nobody hangs. Shorter than Slack
 * waits for an acknowledgement, and than a lease: whatever is answered later is of no use to anybody.
 */
export const COMMAND_TIMEOUT_MS = 2_500;
/**
 * A connection on which nothing came for so long, although something was asked, is given up for a new one. The other
 * side may be gone without a word (a failover, a forgotten NAT entry); TCP itself would wait for a quarter of an hour.
 */
const SILENCE_MS = 5_000;
/** BullMQ's blocking reads take 5 s when nothing is to be done, and it looks after them itself a second later. */
const QUEUE_SILENCE_MS = 8_000;

/**
 * Opens a connection for ordinary commands: reconnects for ever, but a command fails after `COMMAND_TIMEOUT_MS`
 * instead of waiting for Redis to come back. An event that could not be stored must be refused, so that the
 * platform delivers it again.
 */
export function connect(options: ConnectionOptions): Connection {
  return open(options, {
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    maxRetriesPerRequest: 1,
  });
}

/** Opens a connection for BullMQ: its blocking reads may wait, so commands neither time out nor give up. */
export function connectForQueue(options: ConnectionOptions): Connection {
  return open(options, { socketTimeout: QUEUE_SILENCE_MS, maxRetriesPerRequest: null });
}

function open(
  options: ConnectionOptions,
  limits: Pick<RedisOptions, 'commandTimeout' | 'socketTimeout' | 'maxRetriesPerRequest'>,
): Connection {
  const redis = new Redis(options.url, {
    ...limits,
    connectionName: options.name,
    connectTimeout: 5_000,
    // Redis only guesses how long it still has to load its data.
    maxLoadingRetryTime: 1_000,
    enableAutoPipelining: false,
    // A primary that was made a replica keeps its connections: only a new one leads to its successor.
    reconnectOnError: (error) => error.message.includes('READONLY'),
    retryStrategy: (attempt) => Math.min(RECONNECT_FIRST_MS * 2 ** attempt, RECONNECT_MAX_MS),
  });
  redis.on('error', (error: Error) => options.onError?.(error));
  redis.on('connect', () => gatherWrites(redis.stream));
  return redis;
}

/**
 * What is written in one round of the event loop leaves in one system call, in the same order: under load, commands of
 * many turns share it, and their answers come back together. System calls are the dearest part of a command. Unlike
 * ioredis' own pipelining no command waits for the answers of those before it.
 */
function gatherWrites(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let gathering = false;
  stream.write = (...args: unknown[]) => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      setImmediate(() => {
        gathering = false;
        stream.uncork();
      });
    }
    return write(...args);
  };
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
