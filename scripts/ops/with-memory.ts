import { createMemoryClient, type MemoryClient } from '../../src/agentcore/memory-client.ts';
import { MemoryError } from '../../src/agentcore/memory-errors.ts';
import { createMemoryQuota } from '../../src/agentcore/memory-quota.ts';
import { type Environment, loadMemoryConfig } from '../../src/config.ts';
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
  const {
    id: memoryId,
    region,
    endpoint,
    credentials,
  } = await configured((env) => ({ credentials: undefined, ...loadMemoryConfig(env), ...laptopAccess(env) }));
  if (memoryId === undefined) return work(undefined);
  const client = createMemoryClient({
    region,
    memoryId,
    endpoint,
    ...(credentials ? { credentials } : {}),
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

/** A laptop mode's account is not in this process' environment, where the AWS SDK looks for all others. */
function laptopAccess(env: Environment) {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: url,
  } = env;
  if (!accessKeyId || !secretAccessKey || !url || process.env.AWS_ENDPOINT_URL === url) return {};
  return { credentials: { accessKeyId, secretAccessKey }, endpoint: url };
}
