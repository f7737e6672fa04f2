import { describe, expect, it } from 'vitest';
import { guardrailPolicy } from '../../../infra/guardrail/policy.ts';
import { checkConfig } from '../../../local/aws/guardrail/control-api.ts';
import { createGuardrail, readInput } from '../../../local/aws/guardrail/model.ts';
import { DEFAULT_CORPUS, labelsOf, readCorpus } from '../../../scripts/ops/guardrail/corpus.ts';

const policy = guardrailPolicy('us-east-2');
const { piiEntitiesConfig: pii = [], regexesConfig: regexes = [] } =
  policy.sensitiveInformationPolicyConfig ?? {};
const typesThat = (action: string) => pii.filter((one) => one.action === action).map(({ type }) => type);

describe('the policy file', () => {
  it.each([
    'us-east-2',
    'us-gov-west-1',
    'ca-central-1',
    'eu-central-1',
    'eu-west-2',
    'ap-southeast-2',
    'ap-south-1',
  ])('is one that the service takes in %s', (region) => {
    for (const tier of ['standard', 'classic'] as const) {
      expect(() =>
        checkConfig(readInput(createGuardrail, guardrailPolicy(region, tier)), region),
      ).not.toThrow();
    }
  });

  it('has no standard tier where the service has no profile for it', () => {
    expect(() => guardrailPolicy('sa-east-1')).toThrow(/no cross-Region inference in sa-east-1/);
    expect(guardrailPolicy('sa-east-1', 'classic')).not.toHaveProperty('crossRegionConfig');
  });

  it('says for each direction what it does with data, because ANONYMIZE alone masks no question', () => {
    const silent = [...pii, ...regexes].filter(
      (one) => !one.inputAction || !one.outputAction || !one.inputEnabled || !one.outputEnabled,
    );
    expect(silent).toEqual([]);
    const different = pii.filter((one) => one.inputAction !== one.outputAction);
    expect(different.map(({ type }) => type)).toEqual(['IP_ADDRESS']);
  });

  it('filters what the plan says, as strongly as it says', () => {
    const filters = policy.contentPolicyConfig?.filtersConfig ?? [];
    expect(filters.map((one) => [one.type, one.inputStrength, one.outputStrength])).toEqual([
      ['HATE', 'MEDIUM', 'MEDIUM'],
      ['INSULTS', 'MEDIUM', 'MEDIUM'],
      ['SEXUAL', 'MEDIUM', 'MEDIUM'],
      ['VIOLENCE', 'MEDIUM', 'MEDIUM'],
      ['MISCONDUCT', 'MEDIUM', 'MEDIUM'],
      ['PROMPT_ATTACK', 'HIGH', 'NONE'],
    ]);
    expect(policy.wordPolicyConfig?.managedWordListsConfig).toEqual([{ type: 'PROFANITY' }]);
    const denied = (policy.topicPolicyConfig?.topicsConfig ?? []).map(({ name }) => name);
    expect(denied).toEqual(expect.arrayContaining(['Entertainment', 'Politics', 'Medical advice']));
  });

  it('masks what belongs to people, blocks credentials, and leaves accounts and ARNs alone', () => {
    expect(typesThat('ANONYMIZE')).toEqual(
      expect.arrayContaining(['EMAIL', 'PHONE', 'US_SOCIAL_SECURITY_NUMBER', 'CREDIT_DEBIT_CARD_NUMBER']),
    );
    expect(typesThat('BLOCK')).toEqual(['AWS_ACCESS_KEY', 'AWS_SECRET_KEY', 'PASSWORD', 'PIN']);
    expect(regexes.every(({ action }) => action === 'BLOCK')).toBe(true);
    const harmless =
      'arn:aws:iam::123456789012:role/deployer of account 123456789012 at https://example.com/a?b=c';
    expect(regexes.filter(({ pattern = '' }) => new RegExp(pattern).test(harmless))).toEqual([]);
  });
});

describe('the corpus', () => {
  const texts = readCorpus(DEFAULT_CORPUS, labelsOf(policy));

  it('has more than 300 texts, in both directions and many languages, and most of them once', () => {
    expect(texts.length).toBeGreaterThanOrEqual(300);
    expect(new Set(texts.map(({ text, source }) => `${source} ${text}`)).size).toBeGreaterThan(
      texts.length - 5,
    );
    expect(texts.filter(({ source }) => source === 'OUTPUT').length).toBeGreaterThan(80);
    for (const language of ['en', 'de', 'fr', 'es']) {
      expect(texts.filter((one) => one.language === language).length).toBeGreaterThan(40);
    }
  });

  it('tries every policy that acts, and has a third of texts that nothing should touch', () => {
    const tried = new Set(texts.flatMap(({ expect: labels, may }) => [...labels, ...may]));
    expect(labelsOf(policy).filter((label) => !tried.has(label))).toEqual([]);
    expect(texts.filter((one) => one.expect.length === 0).length).toBeGreaterThan(texts.length * 0.3);
  });

  it('has every secret put together, and none in its files', () => {
    expect(texts.filter(({ text }) => text.includes('<<'))).toEqual([]);
    expect(texts.some(({ text }) => /AKIA[A-Z0-9]{16}/.test(text))).toBe(true);
  });
});
