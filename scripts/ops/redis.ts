import { existsSync } from 'node:fs';
import { findRunningLaptop } from '../../local/laptop/laptop-file.ts';
import { readOpsFile } from '../../local/laptop/ops-file.ts';
import { ConfigError, loadOpsConfig, type OpsConfig } from '../../src/config.ts';
import { type Connection, connect, disconnect } from '../../src/store/connection.ts';
import { explainRedis, problemOfReaching } from '../../src/store/first-contact.ts';

/** Shown below a command that cannot be read. Each group of commands has to be told by itself. */
export const HELP_HINT = '(add --help for what there is)';

/** Something the operator can mend; shown without a stack. */
export class Complaint extends Error {}

/**
 * Works on the Redis that `REDIS_URL` names; without it, on that of a laptop mode that runs in this folder.
 *
 * @throws Complaint when there is none, or it does not answer.
 */
export async function withRedis<T>(work: (redis: Connection, config: OpsConfig) => Promise<T>): Promise<T> {
  const config = await opsConfig();
  const redis = connect({ url: config.url, name: 'threadcore-ops' });
  try {
    const problem = await problemOfReaching(redis, config.url);
    if (problem !== undefined) throw new Complaint(problem);
    return await work(redis, config);
  } catch (error) {
    const problem = explainRedis(error, config.url);
    throw problem === undefined ? error : new Complaint(problem);
  } finally {
    await disconnect(redis);
  }
}

const opsConfig = (): Promise<OpsConfig> => configured(loadOpsConfig);

/**
 * Reads a part of the configuration from the environment and `.env`, or, where they name no Redis, from a laptop mode
 * that runs here: its keys belong to its Redis. What is wrong with it is a Complaint.
 */
export async function configured<T>(load: (env: NodeJS.ProcessEnv) => T): Promise<T> {
  readDotEnv();
  const laptop = process.env.REDIS_URL ? {} : await laptopEnvironment();
  try {
    return load({ ...process.env, ...laptop });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Complaint(`${error.message}\nOr start laptop mode (npm start) in this folder.`);
  }
}

async function laptopEnvironment(): Promise<Readonly<Record<string, string>>> {
  const folder = process.env.THREADCORE_STATE_DIR ?? '.threadcore';
  return (await findRunningLaptop(folder)) ? readOpsFile(folder) : {};
}

/** What stands in the environment already stays. */
function readDotEnv(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}
