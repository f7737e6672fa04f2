import type { AwsStandIn } from '../aws/stand-in.ts';
import type { CognitoStandIn } from '../cognito/stand-in.ts';
import type { RunningRedis } from '../redis/start-redis.ts';
import { TEAM } from '../slack/seed.ts';
import type { SlackStandIn } from '../slack/stand-in.ts';
import { PLAYGROUND_TENANT } from '../teams/playground.ts';
import { LAPTOP_GUARDRAIL } from './guardrail.ts';
import { LAPTOP_MEMORY } from './memory.ts';

/** The environments of the backend and of the agent on a laptop: the only thing in which a laptop differs. */

export interface Secrets {
  readonly slackSigningSecret: string;
  readonly slackBotToken: string;
  readonly awsAccessKeyId: string;
  readonly awsSecretAccessKey: string;
}

/** An identity provider, and the keys that protect what comes from it. */
export interface Identity {
  readonly cognito: CognitoStandIn;
  /** As the variable takes them. */
  readonly encryptionKeys: string;
}

// What a program needs to run at all. The rest of the shell stays out: real AWS keys must not reach a stand-in,
// and a forgotten variable must not make a laptop behave unlike the next one.
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS'];
/** Worth trying on a laptop, so handed through when set. */
const TUNABLE = [
  'IDENTITY_MODE',
  'LOG_LEVEL',
  'WORKER_CONCURRENCY',
  'LANE_POLICY',
  'QUOTA_PERSON_PER_HOUR',
  'QUOTA_TENANT_PER_HOUR',
  'QUOTA_TENANT_AT_ONCE',
  'TURN_TIMEOUT_SECONDS',
  'AGENT_PROTOCOL',
  'GUARDRAIL_REDACT_INPUT',
  'GUARDRAIL_REDACT_OUTPUT',
  'GUARDRAIL_TRACE',
  'GUARDRAIL_MESSAGES',
  'GUARDRAIL_EXAMPLES',
  'GUARDRAIL_GROUNDING',
];
const MODEL = ['MODEL_PROVIDER', 'MODEL_ID', 'OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OFFLINE_WORD_DELAY_MS'];

type Env = Readonly<Record<string, string>>;

const pick = (env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value ? [[name, value] as const] : [];
    }),
  );

/** An AWS account, in the variables of every AWS SDK. */
export const awsAccess = (url: string, region: string, secrets: Secrets): Env => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: secrets.awsAccessKeyId,
  AWS_SECRET_ACCESS_KEY: secrets.awsSecretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** As in production, unless the shell says otherwise: shadow or off. */
const modeOf = (env: NodeJS.ProcessEnv): string => env.GUARDRAIL_MODE || 'enforce';

/** Backend and agent have to agree on who writes. */
const memoryAccess = (env: NodeJS.ProcessEnv): Env => {
  const byBackend = env.AGENT_PROTOCOL === 'generic' || modeOf(env) === 'enforce';
  return {
    MEMORY_RESOURCE_ID: LAPTOP_MEMORY,
    MEMORY_WRITER: env.MEMORY_WRITER || (byBackend ? 'backend' : 'agent'),
  };
};

/** Where links in answers may lead, unless the shell names others. */
const LINK_HOSTS =
  'docs.aws.amazon.com,aws.amazon.com,console.aws.amazon.com,us-east-2.console.aws.amazon.com';

/** What every agent process sees. A model of your own: MODEL_PROVIDER=openai with OPENAI_BASE_URL and MODEL_ID. */
export function agentEnvironment(
  env: NodeJS.ProcessEnv,
  awsUrl: string,
  region: string,
  secrets: Secrets,
): Env {
  return {
    MODEL_PROVIDER: 'offline',
    ...pick(env, MODEL),
    ...awsAccess(awsUrl, region, secrets),
    ...memoryAccess(env),
    S3_FORCE_PATH_STYLE: '1',
  };
}

/** What the backend sees: production's variables, pointed at the stand-ins. */
export function backendEnvironment(parts: {
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly redis: RunningRedis;
  readonly aws: AwsStandIn;
  readonly slack: SlackStandIn;
  readonly secrets: Secrets;
  /** Missing: there is nobody to sign in at. */
  readonly identity?: Identity;
  /** Also for the Agents Playground, which sends unsigned activities. */
  readonly teams?: boolean;
}): Env {
  const { env, port, redis, aws, slack, secrets, identity, teams = false } = parts;
  return {
    ...pick(env, INHERITED),
    ...pick(env, TUNABLE),
    ROLE: 'all',
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    REDIS_URL: redis.url,
    // Our own Redis writes an append-only file; of one that was given we know nothing.
    REDIS_DURABILITY: redis.source === 'REDIS_URL' ? env.REDIS_DURABILITY || 'none' : 'aof',
    GUARDRAIL_MODE: modeOf(env),
    SLACK_BOT_TOKEN: secrets.slackBotToken,
    SLACK_SIGNING_SECRET: secrets.slackSigningSecret,
    SLACK_API_URL: slack.apiUrl,
    ALLOWED_SLACK_TEAMS: TEAM.id,
    ALLOWED_CHANNELS: '*',
    ALLOWED_USERS: '*',
    ALLOWED_LINK_HOSTS: env.ALLOWED_LINK_HOSTS || LINK_HOSTS,
    ...awsAccess(aws.url, aws.region, secrets),
    AWS_ACCOUNT_ID: aws.accountId,
    AGENT_RUNTIME_ARN: aws.agentRuntimeArn,
    BEDROCK_GUARDRAIL_ID: LAPTOP_GUARDRAIL.id,
    BEDROCK_GUARDRAIL_VERSION: LAPTOP_GUARDRAIL.version,
    ...memoryAccess(env),
    ...(identity ? identityAccess(identity) : {}),
    ...(teams
      ? { TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: 'yes', ALLOWED_TEAMS_TENANTS: PLAYGROUND_TENANT }
      : {}),
  };
}

const identityAccess = ({ cognito, encryptionKeys }: Identity): Env => ({
  ENCRYPTION_KEYS: encryptionKeys,
  COGNITO_USER_POOL_ID: cognito.userPoolId,
  COGNITO_CLIENT_ID: cognito.clientId,
  COGNITO_CLIENT_SECRET: cognito.clientSecret ?? '',
  COGNITO_REGION: cognito.region,
  COGNITO_DOMAIN: cognito.url,
  // Tokens name the real pool as their issuer; its keys are here.
  COGNITO_JWKS_URI: cognito.jwksUri,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognito.url,
});

/** What an operator's command needs to work on the same Redis, with the same keys and the same stand-ins. */
const OPERATED = /^(?:REDIS_|ENCRYPTION_KEYS$|COGNITO_|AWS_|BEDROCK_|MEMORY_|PUBLIC_URL$)/;

export const opsEnvironment = (backend: Env): Env =>
  Object.fromEntries(Object.entries(backend).filter(([name]) => OPERATED.test(name)));
