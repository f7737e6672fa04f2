import { createMemoryClient, type MemoryClient } from '../../src/agentcore/memory-client.ts';
import { MemoryError } from '../../src/agentcore/memory-errors.ts';
import { createMemoryQuota } from '../../src/agentcore/memory-quota.ts';
import { loadMemoryConfig } from '../../src/config.ts';
import type { Connection } from '../../src/store/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Complaint, configured } from './redis.ts';

const now = () => performance.now();

/** What goes wrong beside the result, on standard error. */
export const opsLog = () =>
  createLogger({ level: 'error', destination: { write: (line) => process.stderr.write(line) } });

/**
 * Works with the configured memory, if there is one, within the quotas that it shares with the processes that serve.
 * What Memory says no to is a Complaint.
 */
export async function withMemory<T>(
  at: { readonly redis: Connection; readonly keyPrefix: string },
  work: (client: MemoryClient | undefined) => Promise<T>,
): Promise<T> {
  const { id: memoryId, region, endpoint } = await configured(loadMemoryConfig);
  if (memoryId === undefined) return work(undefined);
  const client = createMemoryClient({
    region,
    memoryId,
    endpoint,
    quota: createMemoryQuota({ ...at, log: opsLog(), now }),
  });
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof MemoryError) throw new Complaint(error.message);
    throw error;
  } finally {
    client.close();
  }
}
