import { describe, expect, it } from 'vitest';
import { guardrailPolicy } from '../../../infra/guardrail/policy.ts';
import { differencesOf } from '../../../scripts/ops/guardrail/differences.ts';
import {
  labelsIn,
  missesOf,
  type Outcome,
  scoreOf,
  scoreOfTexts,
} from '../../../scripts/ops/guardrail/scores.ts';

const outcome = (expect: string, found: string, may = ''): Outcome => {
  const list = (text: string) => text.split(' ').filter(Boolean);
  return {
    at: 'x',
    language: 'en',
    source: 'INPUT',
    text: 't',
    expect: list(expect),
    found: list(found),
    may: list(may),
  };
};

describe('scores', () => {
  const outcomes = [
    outcome('EMAIL', 'EMAIL'),
    outcome('EMAIL', ''),
    outcome('', 'EMAIL'),
    outcome('PHONE', 'EMAIL PHONE'),
    outcome('', 'EMAIL', 'EMAIL'),
    outcome('', ''),
  ];

  it('count by policy what was right of what was found and of what should be', () => {
    expect(scoreOf(outcomes, 'EMAIL')).toEqual({
      expected: 2,
      found: 3,
      right: 1,
      precision: 0.333,
      recall: 0.5,
    });
    expect(scoreOf(outcomes, 'PHONE')).toEqual({ expected: 1, found: 1, right: 1, precision: 1, recall: 1 });
    expect(scoreOf(outcomes, 'SSN')).toMatchObject({ precision: null, recall: null });
  });

  it('count texts that were touched, whatever by, and leave out what may be either', () => {
    expect(scoreOfTexts(outcomes)).toEqual({
      expected: 3,
      found: 3,
      right: 2,
      precision: 0.667,
      recall: 0.667,
    });
  });

  it('tell what was missed and what was wrong', () => {
    expect(missesOf(outcomes).map(({ missed, wrong }) => [missed, wrong])).toEqual([
      [['EMAIL'], []],
      [[], ['EMAIL']],
      [[], ['EMAIL']],
    ]);
  });

  it('take what acted for found, and not what was only told', () => {
    const said = {
      assessments: [
        {
          topicPolicy: { topics: [{ name: 'Politics', type: 'DENY', action: 'BLOCKED' }] },
          contentPolicy: { filters: [{ type: 'HATE', confidence: 'LOW', action: 'NONE' }] },
          wordPolicy: {
            customWords: [{ match: 'x', action: 'BLOCKED' }],
            managedWordLists: [{ match: 'y', type: 'PROFANITY', action: 'BLOCKED' }],
          },
          sensitiveInformationPolicy: {
            piiEntities: [{ type: 'NAME', match: 'A', action: 'NONE' }],
            regexes: [{ name: 'token', action: 'ANONYMIZED' }],
          },
        },
      ],
    };
    expect(labelsIn(said as never)).toEqual(['Politics', 'PROFANITY', 'token']);
  });
});

describe('differences', () => {
  const policy = guardrailPolicy('us-east-2');

  it('are none when rules stand in another order, and when the service tells what goes without saying', () => {
    const filters = policy.contentPolicyConfig?.filtersConfig ?? [];
    const told = {
      ...policy,
      contentPolicyConfig: {
        ...policy.contentPolicyConfig,
        filtersConfig: filters
          .map((one) => ({
            ...one,
            inputAction: 'BLOCK' as const,
            inputEnabled: true,
            inputModalities: ['TEXT' as const],
          }))
          .reverse(),
      },
    };
    expect(differencesOf(told, policy)).toEqual([]);
  });

  it('are told where a rule masks answers only, because it says nothing of questions', () => {
    const { piiEntitiesConfig = [], ...others } = policy.sensitiveInformationPolicyConfig ?? {};
    const [{ inputAction: _action, inputEnabled: _enabled, ...email } = {}, ...rest] = piiEntitiesConfig;
    const sensitiveInformationPolicyConfig = { ...others, piiEntitiesConfig: [email, ...rest] } as never;
    expect(differencesOf({ ...policy, sensitiveInformationPolicyConfig }, policy)).toMatchObject([
      { setting: 'sensitiveInformationPolicyConfig.piiEntitiesConfig.EMAIL.inputAction', is: undefined },
      { setting: 'sensitiveInformationPolicyConfig.piiEntitiesConfig.EMAIL.inputEnabled', is: undefined },
    ]);
  });

  it('name the rule and what is of it, what is missing, and what is there besides', () => {
    const topics = policy.topicPolicyConfig?.topicsConfig ?? [];
    const [first, ...others] = topics;
    const other = {
      ...policy,
      blockedInputMessaging: 'No.',
      topicPolicyConfig: {
        ...policy.topicPolicyConfig,
        topicsConfig: [...others.slice(1), { ...first, definition: 'Else.' }, { ...first, name: 'Weapons' }],
      },
    } as typeof policy;
    expect(differencesOf(other, policy).map(({ setting }) => setting)).toEqual([
      'blockedInputMessaging',
      `topicPolicyConfig.topicsConfig.${first?.name}.definition`,
      'topicPolicyConfig.topicsConfig.Weapons',
      `topicPolicyConfig.topicsConfig.${others[0]?.name}`,
    ]);
  });
});
