import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { AuditError } from '../../src/audit/audit-error.ts';
import { createAuditKeys } from '../../src/audit/audit-keys.ts';
import type { Subject } from '../../src/audit/events.ts';
import { type LogPlace, logPlace } from '../../src/audit/log-place.ts';
import { type Audit, createAudit } from '../../src/audit/recorder.ts';
import type { KeysConfig, OpsConfig } from '../../src/config.ts';
import type { Connection } from '../../src/store/connection.ts';
import type { DataKeys } from '../../src/store/data-keys.ts';
import { configuredDataKeys } from '../../src/store/data-keys-configured.ts';
import { createConfirmation } from '../../src/store/durability.ts';
import { SealedError } from '../../src/store/sealed-error.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Complaint, withRedis } from './redis.ts';

export interface LogAtHand {
  readonly redis: Connection;
  readonly config: OpsConfig;
  readonly place: LogPlace;
}

const now = () => performance.now();

/** Who sits at the terminal. */
export function whoami(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers may run as a user without a name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
export const operatorHere = (): Subject => ({ kind: 'operator', name: whoami() });

/** Works with the keys that the configuration names. */
export async function withKeys<T>(
  config: KeysConfig,
  work: (dataKeys: DataKeys | undefined) => Promise<T>,
): Promise<T> {
  const { dataKeys, close } = await configuredDataKeys({ ...config.secrets, region: config.region, now });
  try {
    return await work(dataKeys);
  } catch (error) {
    if (error instanceof SealedError) throw new Complaint(error.message);
    throw error;
  } finally {
    close();
  }
}

/** As `withRedis`, with the place of the audit log. */
export function withLog<T>(work: (log: LogAtHand) => Promise<T>): Promise<T> {
  return withRedis((redis, config) =>
    withKeys(config, async (dataKeys) =>
      work({ redis, config, place: await logPlace(redis, config.keyPrefix, dataKeys, randomBytes) }),
    ),
  );
}

/** As `withLog`, to write in it. What cannot be put on record is not done, and the complaint says so. */
export function withAudit<T>(work: (log: LogAtHand & { readonly audit: Audit }) => Promise<T>): Promise<T> {
  return withLog(async (log) => {
    const { redis, config, place } = log;
    const { keyPrefix } = place;
    const audit = createAudit({
      redis,
      keyPrefix,
      keys: createAuditKeys(redis, keyPrefix, place.dataKeys),
      confirmDurable: createConfirmation(redis, config.durability),
      now,
      randomBytes,
      observe: () => undefined,
      log: createLogger({ level: 'error', destination: { write: (line) => process.stderr.write(line) } }),
    });
    try {
      return await work({ ...log, audit });
    } catch (error) {
      if (!(error instanceof AuditError || error instanceof SealedError)) throw error;
      throw new Complaint(`Not done, because it could not be put on record. ${error.message}`);
    } finally {
      await audit.settled();
    }
  });
}
