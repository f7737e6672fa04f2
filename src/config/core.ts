import { z } from 'zod';
import { integer, oneOf, pattern, type Reader, secureUrl } from './reader.ts';

export type Role = 'web' | 'worker' | 'all';
export type RedisDurability = 'aof' | 'replicated' | 'none';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface WebConfig {
  readonly host: string;
  readonly port: number;
  /** The address under which people and platforms reach the web role. No slash at the end. */
  readonly publicUrl: string | undefined;
  /** Proxies in front of the web role that add to `X-Forwarded-For`. */
  readonly trustedProxies: number;
}

export interface RedisConfig {
  readonly url: string;
  readonly durability: RedisDurability;
  /** Starts every key, and BullMQ's; its hash tag keeps all of them in one cluster slot. */
  readonly keyPrefix: string;
}

export interface WorkerConfig {
  /** Turns that one worker process runs at a time. */
  readonly concurrency: number;
  /** The longest a turn may take. */
  readonly turnTimeoutMs: number;
}

export interface LanesConfig {
  readonly policy: 'queue' | 'latest' | 'interrupt';
  /** Questions an hour; 0 = no limit. */
  readonly personPerHour: number;
  readonly tenantPerHour: number;
  /** Turns of one tenant at a time, in all workers; 0 = no limit. */
  readonly tenantAtOnce: number;
}

export interface TelemetryConfig {
  readonly logLevel: LogLevel;
  readonly serviceName: string;
}

export function readRole(reader: Reader): Role {
  return reader.withDefault(
    'ROLE',
    oneOf('web', 'worker', 'all'),
    'all',
    'web receives events, worker runs turns, all does both',
  );
}

export function readWeb(reader: Reader): WebConfig {
  const publicUrl = reader.optional(
    'PUBLIC_URL',
    secureUrl.refine((text) => !/[?#]/.test(text), 'must end before any ? or #: paths are put behind it'),
    'Give the https:// address of your load balancer or tunnel that leads to this process',
  );
  return {
    host: reader.withDefault(
      'HOST',
      pattern(/^[A-Za-z0-9.:[\]-]+$/, 'must be an address or host name to listen on'),
      '0.0.0.0',
      'Leave it out to listen on every interface',
    ),
    port: reader.withDefault('PORT', integer(0, 65_535), 3000, 'Leave it out for 3000'),
    publicUrl: publicUrl?.replace(/\/+$/, ''),
    trustedProxies: reader.withDefault(
      'TRUSTED_PROXIES',
      integer(0, 10),
      0,
      'Proxies before the web role that write X-Forwarded-For: 1 behind one load balancer; leave it out for none',
    ),
  };
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const redisUrl: z.ZodType<string, string> = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol) && new URL(text).hostname !== '',
    'must look like redis://host:6379 or rediss://user:password@host:6379',
  )
  .refine(
    (text) => !URL.canParse(text) || decodes(text),
    'has a % that is no percent-encoded character; in user names and passwords it is written %25',
  )
  .refine(
    (text) => !URL.canParse(text) || /^\/?\d*$/.test(new URL(text).pathname),
    'may end with the number of a database, like /0, and with nothing else',
  );

export function readRedis(reader: Reader): RedisConfig {
  const url = reader.required(
    'REDIS_URL',
    redisUrl,
    'Take it from your Redis or Valkey: redis://host:6379, or the primary endpoint of ElastiCache as rediss://host:6379',
  );
  return {
    url: url ?? '',
    durability: reader.withDefault(
      'REDIS_DURABILITY',
      oneOf('aof', 'replicated', 'none'),
      'aof',
      'aof for an append-only file, replicated for at least one replica (ElastiCache, MemoryDB), none for tests',
    ),
    keyPrefix: reader.withDefault(
      'KEY_PREFIX',
      pattern(/^[^{}\s]*\{[^{}\s]+\}[^{}\s]*$/, 'must hold one hash tag, like {tc}'),
      '{tc}',
      'Leave it out for {tc}; give each deployment that shares a Redis its own, like {tc-staging}',
    ),
  };
}

export function readWorker(reader: Reader): WorkerConfig {
  const turnTimeout = reader.withDefault(
    'TURN_TIMEOUT_SECONDS',
    integer(1, 28_800),
    3600,
    'Seconds that a turn may take; AgentCore itself ends a stream after 3600',
  );
  return {
    concurrency: reader.withDefault(
      'WORKER_CONCURRENCY',
      integer(1, 1000),
      50,
      'Turns at a time in one worker process; leave it out for 50',
    ),
    turnTimeoutMs: turnTimeout * 1000,
  };
}

export function readLanes(reader: Reader): LanesConfig {
  const limit = (name: string, what: string) =>
    reader.withDefault(name, integer(0, 1_000_000), 0, `${what}; leave it out, or 0, for no limit`);
  return {
    policy: reader.withDefault(
      'LANE_POLICY',
      oneOf('queue', 'latest', 'interrupt'),
      'queue',
      'queue answers every question in order, latest only the newest of those that wait, interrupt also stops the one being answered',
    ),
    personPerHour: limit('QUOTA_PERSON_PER_HOUR', 'Questions that one person may ask an hour'),
    tenantPerHour: limit('QUOTA_TENANT_PER_HOUR', 'Questions that one workspace may ask an hour'),
    tenantAtOnce: limit('QUOTA_TENANT_AT_ONCE', 'Turns of one workspace that run at a time'),
  };
}

export function readTelemetry(reader: Reader): TelemetryConfig {
  return {
    logLevel: reader.withDefault(
      'LOG_LEVEL',
      oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      'info',
      'Leave it out for info',
    ),
    serviceName: reader.withDefault(
      'OTEL_SERVICE_NAME',
      pattern(/^[\x20-\x7e]{1,100}$/, 'must be at most 100 plain characters'),
      'threadcore',
      'The name of this service in its log lines; leave it out for threadcore',
    ),
  };
}
