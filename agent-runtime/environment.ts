import { z } from 'zod';

/** Everything the agent takes from its environment. This file is the only reader of `process.env`. */

const flag = z
  .enum(['0', '1', 'true', 'false', ''])
  .default('0')
  .transform((value) => value === '1' || value === 'true');

const count = (least: number, most: number, fallback: number) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

const text = z.string().trim().min(1);

const shape = z.object({
  PORT: count(0, 65_535, 8080),
  HOST: text.default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** End when standard input closes: a parent that dies takes its agents along. */
  EXIT_WITH_PARENT: flag,
  AWS_REGION: text.default('us-east-2'),
  /** Stand-ins and other S3-compatible servers have no host name per bucket. */
  S3_FORCE_PATH_STYLE: flag,
  MODEL_PROVIDER: z.enum(['bedrock', 'openai', 'offline']).default('bedrock'),
  MODEL_ID: text.optional(),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  OPENAI_API_KEY: text.optional(),
  /** The model's own guardrail; the same names as the backend's. shadow: it only notifies. */
  GUARDRAIL_MODE: z.enum(['enforce', 'shadow', 'off']).default('off'),
  BEDROCK_GUARDRAIL_ID: text.optional(),
  BEDROCK_GUARDRAIL_VERSION: text.default('DRAFT'),
  /** Milliseconds between two words of the offline model. */
  OFFLINE_WORD_DELAY_MS: count(0, 10_000, 15),
  /** The AgentCore memory, and whether the agent writes to it what was said; else the backend does, which is the default of both where a guardrail is enforced. */
  MEMORY_RESOURCE_ID: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}$/, 'is not the id of an AgentCore memory')
    .optional(),
  MEMORY_WRITER: z.enum(['agent', 'backend']).optional(),
  /** Model calls in one turn, each with the tools it asked for. */
  MAX_AGENT_CYCLES: count(1, 200, 25),
  /** Bytes of one request; files arrive inside it as base64. */
  MAX_BODY_BYTES: count(1024, 100_000_000, 20_000_000),
});

/** What one value needs of another. Checked beside the shape, so that one message names everything. */
function missingFor(given: Record<string, string | undefined>): readonly string[] {
  const lines: string[] = [];
  if ((given.GUARDRAIL_MODE ?? 'off') !== 'off' && !given.BEDROCK_GUARDRAIL_ID)
    lines.push('BEDROCK_GUARDRAIL_ID: name the guardrail, or set GUARDRAIL_MODE=off');
  if (given.MODEL_PROVIDER !== 'openai') return lines;
  if (!given.MODEL_ID) lines.push('MODEL_ID: name the model as the server lists it under /v1/models');
  if (!given.OPENAI_BASE_URL && !given.OPENAI_API_KEY) {
    lines.push('OPENAI_BASE_URL: give the address of the server, or OPENAI_API_KEY for the public one');
  }
  return lines;
}

export interface AgentEnvironment {
  readonly port: number;
  readonly host: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly exitWithParent: boolean;
  readonly region: string;
  readonly s3ForcePathStyle: boolean;
  readonly model: ModelChoice;
  /** Undefined: a conversation lasts as long as this process. */
  readonly memory: { readonly id: string; readonly writes: boolean } | undefined;
  readonly maxCycles: number;
  readonly maxBodyBytes: number;
}

export interface GuardrailChoice {
  readonly mode: 'enforce' | 'shadow';
  readonly id: string;
  readonly version: string;
}

export type ModelChoice =
  | {
      readonly provider: 'bedrock';
      readonly modelId: string;
      readonly region: string;
      readonly guardrail?: GuardrailChoice;
    }
  | {
      readonly provider: 'openai';
      readonly modelId: string;
      readonly baseUrl: string | undefined;
      readonly apiKey: string | undefined;
    }
  | { readonly provider: 'offline'; readonly wordDelayMs: number };

/** The inference profile that is used when nothing is said; it routes inside the United States regions. */
export const DEFAULT_BEDROCK_MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

/**
 * Reads and checks the environment.
 *
 * @throws Error whose message lists every value that is missing or malformed, one a line.
 */
export function readEnvironment(source: Record<string, string | undefined> = process.env): AgentEnvironment {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = shape.safeParse(given);
  const malformed = parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  const problems = [...malformed, ...missingFor(given)];
  if (!parsed.success || problems.length > 0) {
    throw new Error(`The environment of the agent is not usable:\n  ${problems.join('\n  ')}`);
  }
  const value = parsed.data;
  // What the backend withholds has no place in Memory, and the agent does not know what that is.
  const writer = value.MEMORY_WRITER ?? (value.GUARDRAIL_MODE === 'enforce' ? 'backend' : 'agent');
  return {
    port: value.PORT,
    host: value.HOST,
    logLevel: value.LOG_LEVEL,
    exitWithParent: value.EXIT_WITH_PARENT,
    region: value.AWS_REGION,
    s3ForcePathStyle: value.S3_FORCE_PATH_STYLE,
    model: chooseModel(value),
    memory:
      value.MEMORY_RESOURCE_ID === undefined
        ? undefined
        : { id: value.MEMORY_RESOURCE_ID, writes: writer === 'agent' },
    maxCycles: value.MAX_AGENT_CYCLES,
    maxBodyBytes: value.MAX_BODY_BYTES,
  };
}

function chooseModel(value: z.infer<typeof shape>): ModelChoice {
  switch (value.MODEL_PROVIDER) {
    case 'offline':
      return { provider: 'offline', wordDelayMs: value.OFFLINE_WORD_DELAY_MS };
    case 'openai':
      return {
        provider: 'openai',
        modelId: value.MODEL_ID ?? '',
        baseUrl: value.OPENAI_BASE_URL,
        apiKey: value.OPENAI_API_KEY,
      };
    case 'bedrock':
      return {
        provider: 'bedrock',
        modelId: value.MODEL_ID ?? DEFAULT_BEDROCK_MODEL,
        region: value.AWS_REGION,
        ...(value.GUARDRAIL_MODE === 'off'
          ? {}
          : {
              guardrail: {
                mode: value.GUARDRAIL_MODE,
                id: value.BEDROCK_GUARDRAIL_ID ?? '',
                version: value.BEDROCK_GUARDRAIL_VERSION,
              },
            }),
      };
  }
}
