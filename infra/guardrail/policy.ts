import type {
  CreateGuardrailCommandInput,
  GuardrailContentFilterConfig,
  GuardrailPiiEntityConfig,
  GuardrailPiiEntityType,
  GuardrailRegexConfig,
  GuardrailSensitiveInformationAction,
} from '@aws-sdk/client-bedrock';
import { TOPICS } from './topics.ts';
import { OWN_WORDS } from './words.ts';

/**
 * What the guardrail lets through, blocks and masks. This file is the source: `npm run ops -- guardrail update` makes a
 * guardrail equal to it, `guardrail diff` tells what differs, `guardrail test` how well it does (docs/guardrails.md).
 */

export type GuardrailPolicy = Omit<CreateGuardrailCommandInput, 'clientRequestToken' | 'kmsKeyId' | 'tags'>;

export const GUARDRAIL_NAME = 'threadcore';

const filter = (type: NonNullable<GuardrailContentFilterConfig['type']>): GuardrailContentFilterConfig => ({
  type,
  inputStrength: 'MEDIUM',
  outputStrength: 'MEDIUM',
});

const CONTENT: readonly GuardrailContentFilterConfig[] = [
  filter('HATE'),
  filter('INSULTS'),
  filter('SEXUAL'),
  filter('VIOLENCE'),
  filter('MISCONDUCT'),
  // The service takes it for questions only.
  { type: 'PROMPT_ATTACK', inputStrength: 'HIGH', outputStrength: 'NONE' },
];

/** Each direction says its action: with ANONYMIZE alone the service masks answers only. */
const both = (action: GuardrailSensitiveInformationAction) => ({
  action,
  inputAction: action,
  outputAction: action,
  inputEnabled: true,
  outputEnabled: true,
});

/** Masked in both directions: what belongs to a person. */
const MASKED: readonly GuardrailPiiEntityType[] = [
  'EMAIL',
  'PHONE',
  'US_SOCIAL_SECURITY_NUMBER',
  'US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER',
  'US_PASSPORT_NUMBER',
  'UK_NATIONAL_INSURANCE_NUMBER',
  'UK_NATIONAL_HEALTH_SERVICE_NUMBER',
  'CA_SOCIAL_INSURANCE_NUMBER',
  'CREDIT_DEBIT_CARD_NUMBER',
  'CREDIT_DEBIT_CARD_CVV',
  'CREDIT_DEBIT_CARD_EXPIRY',
  'INTERNATIONAL_BANK_ACCOUNT_NUMBER',
];

/** Blocked in both directions: with these somebody else could act. */
const CREDENTIALS: readonly GuardrailPiiEntityType[] = [
  'AWS_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'PASSWORD',
  'PIN',
];

/**
 * Found and told to operators, not masked: a name or an address is often what a question is about ("the instance that
 * Anna Meyer started"). Set ANONYMIZE where they must not be shown.
 */
const TOLD: readonly GuardrailPiiEntityType[] = ['NAME', 'ADDRESS'];

// Left out on purpose: numbers of US bank accounts look like the ids of AWS accounts, and URLs, user names and MAC addresses
// are what a cloud engineer works with. ARNs and account ids are therefore never touched.
const PERSONAL: readonly GuardrailPiiEntityConfig[] = [
  ...MASKED.map((type) => ({ type, ...both('ANONYMIZE') })),
  ...CREDENTIALS.map((type) => ({ type, ...both('BLOCK') })),
  ...TOLD.map((type) => ({ type, ...both('NONE') })),
  // A question about an address must reach the agent with it; in an answer, which others read too, it is masked.
  { type: 'IP_ADDRESS', ...both('ANONYMIZE'), inputAction: 'NONE' },
];

const secret = (name: string, description: string, pattern: string): GuardrailRegexConfig => ({
  name,
  description,
  pattern,
  ...both('BLOCK'),
});

/** Secrets by their form, because a model may overlook one. At most 10 of at most 500 characters; no look-around. */
const SECRETS: readonly GuardrailRegexConfig[] = [
  secret('aws-access-key', 'Access key ids of AWS', '\\b(AKIA|ASIA)[A-Z0-9]{16}\\b'),
  secret('private-key', 'Private keys in PEM form', '-----BEGIN ([A-Z0-9]+ ){0,3}PRIVATE KEY( BLOCK)?-----'),
  secret(
    'github-token',
    'Tokens of GitHub',
    '\\b(gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\\b',
  ),
  secret('gitlab-token', 'Tokens of GitLab', '\\bgl(pat|rt|dt|ptt)-[A-Za-z0-9_-]{20,255}'),
  secret('slack-token', 'Tokens of Slack', '\\bx(ox[abeoprs]|app)-[A-Za-z0-9-]{10,255}'),
  secret('google-api-key', 'API keys of Google', '\\bAIza[A-Za-z0-9_-]{35}'),
  secret(
    'model-api-key',
    'API keys of model providers and Stripe',
    '\\b[sr]k[-_](live_|ant-|proj-)?[A-Za-z0-9_-]{24,255}',
  ),
  secret('azure-key', 'Keys of Azure storage accounts', 'AccountKey=[A-Za-z0-9+/]{86}=='),
  secret(
    'signed-token',
    'JSON Web Tokens',
    '\\beyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}',
  ),
  secret(
    'connection-string',
    'Addresses with a password in them',
    '\\b[a-z][a-z0-9+.-]{1,30}://[^\\s:/@]{1,100}:[^\\s:/@]{1,200}@[A-Za-z0-9.-]+',
  ),
];

/** Geographies for cross-Region inference, the narrower ones first; texts stay inside of one. */
const PROFILES: readonly (readonly [regions: RegExp, profile: string])[] = [
  [/^us-gov-/, 'us-gov'],
  [/^us-/, 'us'],
  [/^ca-central-1$/, 'ca'],
  [/^eu-west-2$/, 'uk'],
  [/^(?:eu-(?:central-1|west-1|west-3|north-1|south-1|south-2)|il-central-1)$/, 'eu'],
  [/^ap-southeast-2$/, 'au'],
  [/^(?:ap-(?:south-1|northeast-[12]|southeast-[13457]|east-2)|me-central-1)$/, 'apac'],
];

/** The guardrail profile that the standard tier needs. undefined where the service has none: then there is `classic`. */
export function profileOf(region: string): string | undefined {
  const found = PROFILES.find(([regions]) => regions.test(region));
  return found && `${found[1]}.guardrail.v1:0`;
}

/**
 * The guardrail for a region. `standard` (the default) understands many languages and needs cross-Region inference within
 * the geography; `classic` stays in the region and knows English, French and Spanish only.
 * @throws Error for `standard` in a region without a profile.
 */
export function guardrailPolicy(region: string, tier: 'standard' | 'classic' = 'standard'): GuardrailPolicy {
  const profile = profileOf(region);
  if (tier === 'standard' && !profile) {
    throw new Error(`Guardrails have no cross-Region inference in ${region}, which the standard tier needs`);
  }
  const tierConfig = { tierName: tier === 'standard' ? 'STANDARD' : 'CLASSIC' } as const;
  return {
    name: GUARDRAIL_NAME,
    description:
      'Questions to the cloud engineering agent and its answers. Made from infra/guardrail/policy.ts.',
    blockedInputMessaging:
      'This question cannot be answered here. The agent helps with cloud engineering: AWS, infrastructure as code, cost, security and operations.',
    blockedOutputsMessaging: 'The answer was withheld because it is against the content policy.',
    contentPolicyConfig: { filtersConfig: [...CONTENT], tierConfig },
    topicPolicyConfig: { topicsConfig: [...TOPICS], tierConfig },
    wordPolicyConfig: {
      wordsConfig: OWN_WORDS.map((text) => ({ text })),
      managedWordListsConfig: [{ type: 'PROFANITY' }],
    },
    sensitiveInformationPolicyConfig: { piiEntitiesConfig: [...PERSONAL], regexesConfig: [...SECRETS] },
    // There is no filter for misinformation: answers are compared with the sources that the caller sends along, where it
    // does, and the topic Misinformation is denied.
    contextualGroundingPolicyConfig: {
      filtersConfig: [
        { type: 'GROUNDING', threshold: 0.7 },
        { type: 'RELEVANCE', threshold: 0.5 },
      ],
    },
    ...(tier === 'standard' ? { crossRegionConfig: { guardrailProfileIdentifier: profile } } : {}),
  };
}
