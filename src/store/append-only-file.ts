import type { Logger } from '../telemetry/logger.ts';
import type { Connection } from './connection.ts';

/**
 * Has Redis write its append-only file anew: until then it holds what was deleted, too. Redis does it in the background.
 * Never throws: managed services see to their files themselves, and another rewriting may be under way.
 */
export async function rewriteFile(redis: Connection, log: Logger): Promise<void> {
  try {
    await redis.bgrewriteaof();
  } catch (error) {
    log.info({ err: error }, 'Redis was asked to write its file anew, and did not');
  }
}
