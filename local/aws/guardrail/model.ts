import { z } from 'zod';
import { awsError } from '../aws-error.ts';

/**
 * What the models of bedrock (API version 2023-04-20) and bedrock-runtime (2023-09-30) say about guardrails. The
 * JavaScript clients check none of it. Numbers and patterns are the models' own.
 */

const text = (max: number, pattern?: RegExp) => {
  const bounded = z.string().min(1).max(max);
  return pattern ? bounded.regex(pattern) : bounded;
};
const ARN = /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+$/;
const IDENTIFIER = new RegExp(`^[a-z0-9]+$|${ARN.source}`);
const PROFILE =
  /^(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail-profile\/)?[a-z0-9-]+\.guardrail\.v[0-9:]+$/;
const NUMBERED = /^[1-9][0-9]{0,7}$/;

export const GUARDRAIL_ID = /^[a-z0-9]{1,64}$/;

const STRENGTHS = ['NONE', 'LOW', 'MEDIUM', 'HIGH'] as const;
const strength = z.enum(STRENGTHS);
const blockAction = z.enum(['BLOCK', 'NONE']);
const piiAction = z.enum(['BLOCK', 'ANONYMIZE', 'NONE']);
/** Each direction can be made to tell only, or be left out. */
const directions = <A extends z.ZodType>(action: A) => ({
  inputAction: action.optional(),
  outputAction: action.optional(),
  inputEnabled: z.boolean().optional(),
  outputEnabled: z.boolean().optional(),
});

export const CONTENT_TYPES = [
  'SEXUAL',
  'VIOLENCE',
  'HATE',
  'INSULTS',
  'MISCONDUCT',
  'PROMPT_ATTACK',
] as const;
export const PII_TYPES = [
  ...['ADDRESS', 'AGE', 'AWS_ACCESS_KEY', 'AWS_SECRET_KEY', 'CA_HEALTH_NUMBER', 'CA_SOCIAL_INSURANCE_NUMBER'],
  ...['CREDIT_DEBIT_CARD_CVV', 'CREDIT_DEBIT_CARD_EXPIRY', 'CREDIT_DEBIT_CARD_NUMBER', 'DRIVER_ID', 'EMAIL'],
  ...['INTERNATIONAL_BANK_ACCOUNT_NUMBER', 'IP_ADDRESS', 'LICENSE_PLATE', 'MAC_ADDRESS', 'NAME', 'PASSWORD'],
  ...['PHONE', 'PIN', 'SWIFT_CODE', 'UK_NATIONAL_HEALTH_SERVICE_NUMBER', 'UK_NATIONAL_INSURANCE_NUMBER'],
  ...['UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER', 'URL', 'USERNAME', 'US_BANK_ACCOUNT_NUMBER'],
  ...['US_BANK_ROUTING_NUMBER', 'US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER', 'US_PASSPORT_NUMBER'],
  ...['US_SOCIAL_SECURITY_NUMBER', 'VEHICLE_IDENTIFICATION_NUMBER'],
] as readonly string[];

const tier = z.object({ tierName: z.enum(['CLASSIC', 'STANDARD']) }).optional();
const modalities = z
  .array(z.enum(['TEXT', 'IMAGE']))
  .min(1)
  .max(2)
  .optional();

const topic = z.object({
  name: text(100, /^[0-9a-zA-Z-_ !?.]+$/),
  definition: text(200),
  examples: z.array(text(100)).max(5).optional(),
  type: z.enum(['DENY']),
  ...directions(blockAction),
});
const contentFilter = z.object({
  type: z.enum(CONTENT_TYPES),
  inputStrength: strength,
  outputStrength: strength,
  inputModalities: modalities,
  outputModalities: modalities,
  ...directions(blockAction),
});
const word = z.object({ text: text(100), ...directions(blockAction) });
const managedWords = z.object({ type: z.enum(['PROFANITY']), ...directions(blockAction) });
const piiEntity = z.object({ type: z.enum(PII_TYPES), action: piiAction, ...directions(piiAction) });
const regex = z.object({
  name: text(100),
  description: text(1000).optional(),
  pattern: text(500),
  action: piiAction,
  ...directions(piiAction),
});
const groundingFilter = z.object({
  type: z.enum(['GROUNDING', 'RELEVANCE']),
  threshold: z.number().min(0).max(0.99),
  action: blockAction.optional(),
  enabled: z.boolean().optional(),
});

/** A guardrail as CreateGuardrail and UpdateGuardrail take it. */
const config = {
  name: text(50, /^[0-9a-zA-Z-_]+$/),
  description: text(200).optional(),
  topicPolicyConfig: z.object({ topicsConfig: z.array(topic).min(1).max(30), tierConfig: tier }).optional(),
  contentPolicyConfig: z
    .object({ filtersConfig: z.array(contentFilter).min(1).max(6), tierConfig: tier })
    .optional(),
  wordPolicyConfig: z
    .object({
      wordsConfig: z.array(word).min(1).max(10_000).optional(),
      managedWordListsConfig: z.array(managedWords).optional(),
    })
    .optional(),
  sensitiveInformationPolicyConfig: z
    .object({
      piiEntitiesConfig: z.array(piiEntity).min(1).optional(),
      regexesConfig: z.array(regex).min(1).max(10).optional(),
    })
    .optional(),
  contextualGroundingPolicyConfig: z.object({ filtersConfig: z.array(groundingFilter).min(1) }).optional(),
  crossRegionConfig: z.object({ guardrailProfileIdentifier: text(2048, PROFILE).min(15) }).optional(),
  blockedInputMessaging: text(500),
  blockedOutputsMessaging: text(500),
  kmsKeyId: text(2048).optional(),
};
const clientRequestToken = text(256, /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?$/).optional();
const tag = z.object({
  key: text(128, /^[a-zA-Z0-9\s._:/=+@-]*$/),
  value: z
    .string()
    .max(256)
    .regex(/^[a-zA-Z0-9\s._:/=+@-]*$/),
});
const guardrailIdentifier = z.string().max(2048).regex(IDENTIFIER);

export const createGuardrail = z.object({
  ...config,
  tags: z.array(tag).max(200).optional(),
  clientRequestToken,
});
export const updateGuardrail = z.object({ guardrailIdentifier, ...config });
export const createGuardrailVersion = z.object({
  guardrailIdentifier,
  description: text(200).optional(),
  clientRequestToken,
});
export const getGuardrail = z.object({
  guardrailIdentifier,
  guardrailVersion: z
    .string()
    .regex(new RegExp(`${NUMBERED.source}|^DRAFT$`))
    .optional(),
});
export const listGuardrails = z.object({
  guardrailIdentifier: guardrailIdentifier.optional(),
  maxResults: z.coerce.number().int().min(1).max(1000).default(1000),
  nextToken: text(2048, /^\S*$/).optional(),
});
export const deleteGuardrail = z.object({
  guardrailIdentifier,
  guardrailVersion: z.string().regex(NUMBERED).optional(),
});

const qualifier = z.enum(['grounding_source', 'query', 'guard_content']);
export const applyGuardrail = z.object({
  guardrailIdentifier,
  guardrailVersion: z.string().regex(new RegExp(`${NUMBERED.source}|^DRAFT$`)),
  source: z.enum(['INPUT', 'OUTPUT']),
  content: z
    .array(
      z.strictObject({ text: z.object({ text: z.string(), qualifiers: z.array(qualifier).optional() }) }),
    )
    .min(1),
  outputScope: z.enum(['INTERVENTIONS', 'FULL']).default('INTERVENTIONS'),
});

export type GuardrailInput = z.infer<typeof createGuardrail>;
export type GuardrailConfig = z.infer<z.ZodObject<typeof config>>;
export type ApplyInput = z.infer<typeof applyGuardrail>;
export type Source = ApplyInput['source'];
export type Strength = (typeof STRENGTHS)[number];

/** Errors of all operations that the models give, and their HTTP status. */
export const GUARDRAIL_ERROR_STATUS: Readonly<Record<string, number>> = {
  ServiceUnavailableException: 503,
  TooManyTagsException: 400,
  ResourceInUseException: 400,
};

export const invalid = (message: string) => awsError(400, 'ValidationException', message);

/** The input, or ValidationException in the words of the service. */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const told = issues.map(
    ({ path, message }) =>
      `Value at '${path.map((part) => (typeof part === 'number' ? `${part + 1}.member` : String(part))).join('.')}' failed to satisfy constraint: ${message}`,
  );
  throw invalid(
    `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected: ${told.join('; ')}`,
  );
}
