import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AgentOptions } from '../../local/aws/stand-in.ts';
import { type AwsStandIn, type AwsStandInOptions, createAwsStandIn } from '../../local/aws/stand-in.ts';
import {
  type CognitoStandIn,
  type CognitoStandInOptions,
  createCognitoStandIn,
} from '../../local/cognito/stand-in.ts';
import { freePort } from '../../local/redis/start-redis.ts';
import { TEAM } from '../../local/slack/seed.ts';
import {
  createSlackStandIn,
  type SlackStandIn,
  type SlackStandInOptions,
} from '../../local/slack/stand-in.ts';
import { loadConfig } from '../../src/config.ts';
import { startThreadcore, type Threadcore } from '../../src/main.ts';
import { createLogger, type Logger } from '../../src/telemetry/logger.ts';
import { testRedis } from '../setup/redis.ts';

export interface Stack {
  readonly backend: Threadcore;
  readonly slack: SlackStandIn;
  readonly aws: AwsStandIn;
  /** Throws when the stack has none. */
  readonly cognito: CognitoStandIn;
  readonly redisUrl: string;
  close(): Promise<void>;
}

export interface StackOptions {
  /** Sign-in is required, at a Cognito of its own. */
  readonly identity?: Partial<CognitoStandInOptions>;
  /** jwt: the runtime takes tokens of that Cognito, and nothing else. */
  readonly agentAuth?: 'iam' | 'jwt';
  readonly agentMode?: 'process' | 'shared';
  readonly agentEnv?: Record<string, string>;
  readonly agent?: AgentOptions;
  /** What else AWS has, for a backend at this address. */
  readonly aws?: (publicUrl: string) => Partial<AwsStandInOptions>;
  readonly env?: Record<string, string>;
  readonly slack?: Partial<SlackStandInOptions>;
  /** Default: silent. */
  readonly log?: Logger;
}

const KEYS = { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'example-secret-key' };
const AGENT = join(import.meta.dirname, '../../agent-runtime/main.ts');

/**
 * The whole of Threadcore in this process (so that coverage sees it), between the stand-ins; only agents are processes
 * of their own. The AWS clients of the backend find the stand-in the way they do in production: by environment.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const redisUrl = await testRedis();
  const signingSecret = randomBytes(16).toString('hex');
  let backendUrl = '';
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of closers.toReversed()) await step();
  };

  try {
    const slack = await createSlackStandIn({
      eventsUrl: () => `${backendUrl}/slack/events`,
      signingSecret,
      botToken: 'xoxb-end-to-end',
      ...options.slack,
    });
    closers.push(() => slack.close());

    // The address to come back to has to be known before anybody listens there.
    const port = options.identity ? await freePort() : 0;
    const publicUrl = `http://127.0.0.1:${port}`;
    const cognito =
      options.identity &&
      (await createCognitoStandIn({
        callbackUrls: [`${publicUrl}/link/callback`],
        logoutUrls: [],
        ...options.identity,
      }));
    if (cognito) closers.push(() => cognito.close());

    const agentEnv: Record<string, string> = {};
    const aws = await createAwsStandIn({
      credentials: KEYS,
      ...(cognito && options.agentAuth === 'jwt'
        ? {
            jwtAuthorizer: {
              discoveryUrl: `${cognito.url}/${cognito.userPoolId}/.well-known/openid-configuration`,
              allowedClients: [cognito.clientId],
            },
          }
        : {}),
      agent: options.agent ?? {
        mode: options.agentMode ?? 'shared',
        command: process.execPath,
        args: [AGENT],
        env: agentEnv,
      },
      ...options.aws?.(publicUrl),
    });
    closers.push(() => aws.close());
    const access = {
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    // The agent is started later, with the first question; by then the address is known.
    Object.assign(agentEnv, access, {
      MODEL_PROVIDER: 'offline',
      OFFLINE_WORD_DELAY_MS: '2',
      S3_FORCE_PATH_STYLE: '1',
      LOG_LEVEL: 'warn',
      ...options.agentEnv,
    });
    Object.assign(process.env, access);

    const config = loadConfig({
      ROLE: 'all',
      HOST: '127.0.0.1',
      PORT: String(port),
      REDIS_URL: redisUrl,
      IDENTITY_MODE: 'off',
      GUARDRAIL_MODE: 'off',
      SLACK_BOT_TOKEN: 'xoxb-end-to-end',
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: slack.apiUrl,
      ALLOWED_SLACK_TEAMS: TEAM.id,
      ALLOWED_CHANNELS: '*',
      ALLOWED_USERS: '*',
      AGENT_RUNTIME_ARN: aws.agentRuntimeArn,
      ...access,
      ...(cognito
        ? {
            IDENTITY_MODE: 'required',
            AGENT_AUTH: options.agentAuth ?? 'iam',
            PUBLIC_URL: publicUrl,
            COGNITO_USER_POOL_ID: cognito.userPoolId,
            COGNITO_CLIENT_ID: cognito.clientId,
            COGNITO_CLIENT_SECRET: cognito.clientSecret,
            COGNITO_DOMAIN: cognito.url,
            COGNITO_JWKS_URI: cognito.jwksUri,
            ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
          }
        : {}),
      ...options.env,
    });
    const backend = await startThreadcore(config, options.log ?? createLogger({ level: 'silent' }));
    closers.push(() => backend.close(1_000));
    backendUrl = backend.url;
    return {
      backend,
      slack,
      aws,
      get cognito() {
        if (!cognito) throw new Error('this stack has no Cognito');
        return cognito;
      },
      redisUrl,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
