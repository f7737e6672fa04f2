import { z } from 'zod';
import { POLICIES } from '../chat/policies.ts';
import { integer, oneOf, pattern, type Reader } from './reader.ts';

export interface GuardrailConfig {
  readonly mode: 'enforce' | 'shadow' | 'off';
  /** Empty while the mode is off. */
  readonly id: string;
  readonly version: string;
  readonly redactInput: boolean;
  readonly redactOutput: boolean;
  /** Log which rules found something. */
  readonly trace: boolean;
  /** Keep pieces of what was minded, without personal data, for `guardrail report`. */
  readonly examples: boolean;
  /** thread: an answer is compared with what others said in its thread, where they did. */
  readonly grounding: 'off' | 'thread';
  readonly callsPerSecond: number;
  readonly unitsPerSecond: number;
  /** Words of the operator's own, by policy or `<language>.<policy>`. */
  readonly messages: Readonly<Record<string, string>>;
}

const flag = oneOf('yes', 'no', 'true', 'false');

const TEXTS = 'must be a JSON object of texts';
const OF_POLICY = new RegExp(`^(?:[a-z]{2,3}\\.)?(?:${POLICIES.join('|')})$`);

const messages: z.ZodType<Readonly<Record<string, string>>, string> = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z.record(z.string(), z.string({ error: TEXTS }).max(2_000, 'has a text of more than 2000 characters'), {
      error: TEXTS,
    }),
  )
  .refine(
    (texts) => Object.keys(texts).every((name) => OF_POLICY.test(name)),
    `names no policy, or not in the form policy or language.policy; policies are ${POLICIES.join(', ')}`,
  );

/** The safe setting is the default: switching a protection off is something that the operator says. */
export const readGuardrailMode = (reader: Reader): GuardrailConfig['mode'] =>
  reader.withDefault(
    'GUARDRAIL_MODE',
    oneOf('enforce', 'shadow', 'off'),
    'enforce',
    'Set GUARDRAIL_MODE=enforce, shadow or off',
  );

/** `region`: where it is called. */
export function readGuardrails(reader: Reader, runsWorker: boolean, region: string): GuardrailConfig {
  const mode = readGuardrailMode(reader);
  const yes = (name: string, fallback: 'yes' | 'no', what: string) =>
    ['yes', 'true'].includes(reader.withDefault(name, flag, fallback, `${what}: yes or no`));
  const read = mode === 'off' || !runsWorker ? reader.optional : reader.required;
  const off = 'or set GUARDRAIL_MODE=off to post the agent’s words unfiltered';
  const id = read(
    'BEDROCK_GUARDRAIL_ID',
    pattern(
      /^(?:[a-z0-9]+|arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/,
      'is not the id or ARN of a guardrail',
    ),
    `\`npm run ops -- guardrail create\` makes one and prints its id; ${off}`,
  );
  const idRegion = id?.split(':')[3];
  if (mode !== 'off' && idRegion !== undefined && idRegion !== region)
    reader.problem(
      `BEDROCK_GUARDRAIL_ID is in ${idRegion}, but AWS_REGION is ${region}, where it is asked for. Name a guardrail in ${region}`,
    );
  return {
    mode,
    id: id ?? '',
    version: reader.withDefault(
      'BEDROCK_GUARDRAIL_VERSION',
      pattern(/^(?:[1-9][0-9]{0,7}|DRAFT)$/, 'is not the version of a guardrail'),
      'DRAFT',
      'A version number, or DRAFT',
    ),
    redactInput: yes('GUARDRAIL_REDACT_INPUT', 'yes', 'Mask personal data in questions'),
    redactOutput: yes('GUARDRAIL_REDACT_OUTPUT', 'yes', 'Mask personal data in answers'),
    trace: yes('GUARDRAIL_TRACE', 'no', 'Log which rules found something'),
    examples: yes('GUARDRAIL_EXAMPLES', 'yes', 'Keep examples for `guardrail report`'),
    grounding: reader.withDefault(
      'GUARDRAIL_GROUNDING',
      oneOf('off', 'thread'),
      'off',
      'Set GUARDRAIL_GROUNDING=thread where answers must not go beyond their thread',
    ),
    callsPerSecond: reader.withDefault(
      'GUARDRAIL_CALLS_PER_SECOND',
      integer(1, 10_000),
      25,
      'Calls of ApplyGuardrail a second that your quota allows',
    ),
    unitsPerSecond: reader.withDefault(
      'GUARDRAIL_UNITS_PER_SECOND',
      integer(1, 100_000),
      25,
      'Text units a second that your quota allows',
    ),
    messages: reader.withDefault(
      'GUARDRAIL_MESSAGES',
      messages,
      {},
      'A JSON object such as {"topic":"…","de.topic":"…"}',
    ),
  };
}
