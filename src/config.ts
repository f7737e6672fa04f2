import { type AgentConfig, checkAuth, readAgent, readRegion } from './config/agent.ts';
import {
  type LanesConfig,
  type RedisConfig,
  type Role,
  readLanes,
  readRedis,
  readRole,
  readTelemetry,
  readWeb,
  readWorker,
  type TelemetryConfig,
  type WebConfig,
  type WorkerConfig,
} from './config/core.ts';
import { type GuardrailConfig, readGuardrailMode, readGuardrails } from './config/guardrails.ts';
import { type IdentityConfig, readIdentity } from './config/identity.ts';
import { type MemoryConfig, readMemory } from './config/memory.ts';
import { ConfigError, createReader, type Environment, type Reader } from './config/reader.ts';
import { type AuditConfig, readAudit, readSecrets, type SecretsConfig } from './config/secrets.ts';
import { readSessions, type SessionsConfig } from './config/sessions.ts';
import { type AccessConfig, readAccess, readSlack, type SlackConfig } from './config/slack.ts';
import { readTeams, type TeamsConfig } from './config/teams.ts';

export type { AgentConfig } from './config/agent.ts';
export type {
  LanesConfig,
  RedisConfig,
  Role,
  TelemetryConfig,
  WebConfig,
  WorkerConfig,
} from './config/core.ts';
export type { GuardrailConfig } from './config/guardrails.ts';
export type { IdentityConfig } from './config/identity.ts';
export type { MemoryConfig } from './config/memory.ts';
export { ConfigError, type Environment } from './config/reader.ts';
export type { AuditConfig, SecretsConfig } from './config/secrets.ts';
export type { AccessConfig, SlackConfig } from './config/slack.ts';
export type { TeamsConfig } from './config/teams.ts';

/** Everything that an operator decides, checked and frozen. `.env.example` explains each variable. */
export interface Config {
  readonly role: Role;
  readonly web: WebConfig;
  readonly redis: RedisConfig;
  readonly worker: WorkerConfig;
  readonly lanes: LanesConfig;
  readonly sessions: SessionsConfig;
  readonly identity: IdentityConfig;
  readonly guardrails: GuardrailConfig;
  /** Undefined: the bot is not in Slack. It is in one of the two, at least. */
  readonly slack: SlackConfig | undefined;
  /** Undefined: the bot is not in Teams. */
  readonly teams: TeamsConfig | undefined;
  readonly access: AccessConfig;
  readonly agent: AgentConfig;
  readonly memory: MemoryConfig;
  readonly secrets: SecretsConfig;
  readonly audit: AuditConfig;
  readonly telemetry: TelemetryConfig;
}

/** Where keys come from. */
export interface KeysConfig {
  readonly region: string;
  readonly secrets: SecretsConfig;
}

/** What the operator's commands need: where the turns and the audit log are kept, and the keys. */
export interface OpsConfig extends RedisConfig, KeysConfig {
  readonly audit: AuditConfig;
  readonly sessions: SessionsConfig;
}

/**
 * Reads the configuration from environment variables, by default those of this process.
 *
 * @throws ConfigError listing every problem and how to get each value; never a value itself.
 */
export function loadConfig(env: Environment = process.env): Config {
  const reader = createReader(env);
  const config = readAll(reader);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return freeze(config);
}

/**
 * Only what an operator's command needs.
 *
 * @throws ConfigError as `loadConfig` does.
 */
export function loadOpsConfig(env: Environment = process.env): OpsConfig {
  return loadPart(env, (reader) => ({
    ...readRedis(reader),
    ...readKeys(reader),
    audit: readAudit(reader),
    sessions: readSessions(reader),
  }));
}

/**
 * Only the keys, for what needs no Redis.
 *
 * @throws ConfigError as `loadConfig` does.
 */
export function loadKeysConfig(env: Environment = process.env): KeysConfig {
  return loadPart(env, readKeys);
}

/**
 * Only AgentCore Memory.
 *
 * @throws ConfigError as `loadConfig` does.
 */
export function loadMemoryConfig(env: Environment = process.env): MemoryConfig {
  return loadPart(env, (reader) => readMemory(reader, readAgent(reader, false), readGuardrailMode(reader)));
}

const readKeys = (reader: Reader): KeysConfig => ({
  region: readRegion(reader),
  secrets: readSecrets(reader),
});

function loadPart<T>(env: Environment, read: (reader: Reader) => T): Readonly<T> {
  const reader = createReader(env);
  const config = read(reader);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return Object.freeze(config);
}

/** The names of all variables that `loadConfig` reads. */
export function configNames(): readonly string[] {
  const reader = createReader({});
  readAll(reader);
  return reader.names;
}

function readAll(reader: Reader): Config {
  const role = readRole(reader);
  const web = readWeb(reader);
  const identity = readIdentity(reader, web.publicUrl);
  const agent = readAgent(reader, role !== 'web');
  checkAuth(reader, agent.auth, identity.mode);
  const teams = readTeams(reader, web.host);
  const guardrails = readGuardrails(reader, role !== 'web', agent.region);
  return {
    role,
    web,
    redis: readRedis(reader),
    worker: readWorker(reader),
    lanes: readLanes(reader),
    sessions: readSessions(reader),
    identity,
    guardrails,
    slack: readSlack(reader, role !== 'worker', teams !== undefined),
    teams,
    access: readAccess(reader),
    agent,
    memory: readMemory(reader, agent, guardrails.mode),
    secrets: readSecrets(reader, identity.mode === 'required'),
    audit: readAudit(reader),
    telemetry: readTelemetry(reader),
  };
}

function freeze(config: Config): Config {
  for (const section of Object.values(config)) Object.freeze(section);
  for (const list of Object.values(config.access)) Object.freeze(list);
  return Object.freeze(config);
}
