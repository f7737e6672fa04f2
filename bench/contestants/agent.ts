import { join } from 'node:path';
import { type AwsStandIn, createAwsStandIn } from '../../local/aws/stand-in.ts';
import { agentEnvironment, type Secrets } from '../../local/laptop/environment.ts';
import { freePort } from '../../local/redis/start-redis.ts';

export interface AgentChoice {
  /** `instant`: answers at once, or after `agentMs`. `offline`: the real agent-runtime with its offline model. */
  readonly agent: 'instant' | 'offline';
  readonly agentMs?: number;
}

export const ROOT = join(import.meta.dirname, '../..');
const REGION = 'us-east-2';

/** The agent behind AgentCore's API, which takes only what is signed with the secrets' AWS keys. */
export async function startAgent({ agent, agentMs = 0 }: AgentChoice, secrets: Secrets): Promise<AwsStandIn> {
  const port = await freePort();
  return createAwsStandIn({
    port,
    region: REGION,
    credentials: { accessKeyId: secrets.awsAccessKeyId, secretAccessKey: secrets.awsSecretAccessKey },
    agent: {
      mode: 'shared',
      command: process.execPath,
      args: [join(ROOT, agent === 'instant' ? 'bench/instant-agent.ts' : 'agent-runtime/main.ts')],
      env: {
        ...agentEnvironment({}, `http://127.0.0.1:${port}`, REGION, secrets),
        OFFLINE_WORD_DELAY_MS: '0',
        LOG_LEVEL: 'warn',
        ANSWER_AFTER_MS: String(agentMs),
      },
    },
  });
}
