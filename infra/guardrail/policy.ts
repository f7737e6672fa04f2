import type {
  CreateGuardrailCommandInput,
  GuardrailContentFilterConfig,
  GuardrailPiiEntityConfig,
  GuardrailPiiEntityType,
  GuardrailRegexConfig,
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
  ...MASKED.map((type): GuardrailPiiEntityConfig => ({ type, action: 'ANONYMIZE' })),
  ...CREDENTIALS.map((type): GuardrailPiiEntityConfig => ({ type, action: 'BLOCK' })),
  ...TOLD.map((type): GuardrailPiiEntityConfig => ({ type, action: 'NONE' })),
  // A question about an address must reach the agent with it; in an answer, which others read too, it is masked.
  { type: 'IP_ADDRESS', action: 'ANONYMIZE', inputAction: 'NONE', outputAction: 'ANONYMIZE' },
];

const secret = (name: string, description: string, pattern: string): GuardrailRegexConfig => ({
  name,
  description,
  pattern,
  action: 'BLOCK',
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

/** The service has three geographies for cross-Region inference; content stays inside of one. */
const profileOf = (region: string) =>
  `${region.startsWith('ap-') ? 'apac' : region.startsWith('us-gov-') ? 'us-gov' : region.slice(0, 2)}.guardrail.v1:0`;

/**
 * The guardrail for a region. `standard` (the default) understands many languages and needs cross-Region inference within
 * the geography; `classic` stays in the region and knows English, French and Spanish only.
 */
export function guardrailPolicy(region: string, tier: 'standard' | 'classic' = 'standard'): GuardrailPolicy {
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
    ...(tier === 'standard' ? { crossRegionConfig: { guardrailProfileIdentifier: profileOf(region) } } : {}),
  };
}
