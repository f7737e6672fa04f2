import {
  BedrockClient,
  CreateGuardrailCommand,
  type CreateGuardrailCommandInput,
} from '@aws-sdk/client-bedrock';
import {
  ApplyGuardrailCommand,
  type ApplyGuardrailCommandInput,
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
} from '@aws-sdk/client-bedrock-runtime';
import { onTestFinished } from 'vitest';
import type { AwsStandIn, GuardrailOptions } from '../../../../local/aws/stand-in.ts';
import { handClock } from '../cognito/application.ts';
import { KEYS, startStandIn } from './start.ts';

/** What the tests of guardrails on the stand-in share. */

export const ID = 'gr0123456789';

export const CONFIG = {
  name: 'house-rules',
  blockedInputMessaging: 'This question is blocked.',
  blockedOutputsMessaging: 'This answer is blocked.',
  topicPolicyConfig: {
    topicsConfig: [
      { name: 'Politics', type: 'DENY', definition: 'Elections, parties and politicians.' },
      {
        name: 'Gardening',
        type: 'DENY',
        definition: 'Growing plants, flowers and vegetables in a garden.',
        examples: ['When should I prune my roses?'],
      },
    ],
  },
  contentPolicyConfig: {
    filtersConfig: [
      { type: 'INSULTS', inputStrength: 'LOW', outputStrength: 'MEDIUM' },
      { type: 'PROMPT_ATTACK', inputStrength: 'HIGH', outputStrength: 'NONE' },
    ],
  },
  wordPolicyConfig: {
    wordsConfig: [{ text: 'project nightfall' }],
    managedWordListsConfig: [{ type: 'PROFANITY' }],
  },
  sensitiveInformationPolicyConfig: {
    piiEntitiesConfig: [
      { type: 'EMAIL', action: 'ANONYMIZE', inputAction: 'ANONYMIZE' },
      { type: 'CREDIT_DEBIT_CARD_NUMBER', action: 'ANONYMIZE' },
      { type: 'AWS_SECRET_KEY', action: 'BLOCK' },
      { type: 'IP_ADDRESS', action: 'ANONYMIZE', inputAction: 'NONE' },
    ],
    regexesConfig: [{ name: 'ticket', pattern: 'TICKET-[0-9]{4}', action: 'ANONYMIZE' }],
  },
  contextualGroundingPolicyConfig: { filtersConfig: [{ type: 'GROUNDING', threshold: 0.7 }] },
} satisfies CreateGuardrailCommandInput;

/** A stand-in with one guardrail, its real clients, and a clock in the hand. */
export async function startGuardrail(options: GuardrailOptions = {}) {
  const clock = handClock(Date.UTC(2026, 0, 1));
  const standIn = await startStandIn({
    credentials: KEYS,
    now: clock.now,
    guardrail: { guardrails: [{ id: ID, config: CONFIG }], ...options },
  });
  const client = dataClient(standIn);
  const control = new BedrockClient({ ...aimedAt(standIn), maxAttempts: 1 });
  onTestFinished(() => control.destroy());

  const apply = (text: string, changes: Partial<ApplyGuardrailCommandInput> = {}) =>
    client.send(
      new ApplyGuardrailCommand({
        guardrailIdentifier: ID,
        guardrailVersion: '1',
        source: 'OUTPUT',
        content: [{ text: { text } }],
        ...changes,
      }),
    );
  const create = (changes: Partial<CreateGuardrailCommandInput> = {}) =>
    control.send(new CreateGuardrailCommand({ ...CONFIG, name: 'another', ...changes }));
  return { standIn, clock, client, control, apply, create };
}

const aimedAt = ({ url: endpoint, region }: AwsStandIn) => ({ endpoint, region, credentials: KEYS });

/** As an application has it: HTTP/2 unless it says otherwise. */
export function dataClient(standIn: AwsStandIn, config: Partial<BedrockRuntimeClientConfig> = {}) {
  const client = new BedrockRuntimeClient({ ...aimedAt(standIn), maxAttempts: 1, ...config } as object);
  onTestFinished(() => client.destroy());
  return client;
}
