import type { Connection } from '../store/connection.ts';
import { type DataKeys, unprotectedKeys } from '../store/data-keys.ts';

/** The log of a deployment: under which prefix, and with which keys. */
export interface LogPlace {
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys;
  /** The keys are real: whoever verifies may insist on signatures. */
  readonly signed: boolean;
}

/**
 * Signed and unsigned entries never share a log: a head that anybody could have signed must not be built upon. Without
 * keys there is a log apart, chained with a key that stands in Redis. Where a signed one exists, one without keys can
 * read it, and is refused when it writes.
 */
export async function logPlace(
  redis: Connection,
  keyPrefix: string,
  dataKeys: DataKeys | undefined,
  randomBytes: (size: number) => Uint8Array,
): Promise<LogPlace> {
  if (dataKeys) return { keyPrefix, dataKeys, signed: true };
  const hasSigned = (await redis.exists(`${keyPrefix}:audit:head`)) === 1;
  return {
    keyPrefix: hasSigned ? keyPrefix : `${keyPrefix}:unsigned`,
    dataKeys: unprotectedKeys(randomBytes),
    signed: false,
  };
}
