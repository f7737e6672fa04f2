import { describe, expect, it } from 'vitest';
import { judge, traceOf } from '../../../src/guardrails/judge.ts';

const email = (match: string, action = 'ANONYMIZED') => ({ match, type: 'EMAIL', action, detected: true });
const answer = (assessment: object, ...outputs: string[]) => ({
  action: 'GUARDRAIL_INTERVENED',
  outputs: outputs.map((text) => ({ text })),
  assessments: [assessment],
  usage: {},
});
const masking = (...piiEntities: object[]) => ({ sensitiveInformationPolicy: { piiEntities, regexes: [] } });

describe('a verdict', () => {
  it('allows what no policy minds, with or without outputs', () => {
    expect(judge({ action: 'NONE', outputs: [], assessments: [{}] }, ['hello'])).toEqual({ kind: 'allow' });
    expect(judge({ action: 'NONE', outputs: [{ text: 'hello' }], assessments: [] }, ['hello'])).toEqual({
      kind: 'allow',
    });
  });

  it('allows what a policy only detects', () => {
    const filters = [{ type: 'HATE', confidence: 'HIGH', action: 'NONE', detected: true }];
    expect(
      judge({ action: 'NONE', outputs: [], assessments: [{ contentPolicy: { filters } }] }, ['x']),
    ).toEqual({ kind: 'allow' });
  });

  it('redacts where only masks are, although the guardrail says it intervened', () => {
    const response = answer(masking(email('bob@x.io')), 'write to {EMAIL}, or {EMAIL}');
    expect(judge(response, ['write to bob@x.io, or bob@x.io'])).toMatchObject({
      kind: 'redact',
      texts: ['write to {EMAIL}, or {EMAIL}'],
      spans: [
        [
          { start: 9, end: 17, label: '{EMAIL}' },
          { start: 22, end: 30, label: '{EMAIL}' },
        ],
      ],
      policies: ['personal_data'],
    });
  });

  it.each([
    ['hate', { contentPolicy: { filters: [{ type: 'HATE', confidence: 'LOW', action: 'BLOCKED' }] } }],
    ['prompt_attack', { contentPolicy: { filters: [{ type: 'PROMPT_ATTACK', action: 'BLOCKED' }] } }],
    ['topic', { topicPolicy: { topics: [{ name: 'Investments', type: 'DENY', action: 'BLOCKED' }] } }],
    ['word', { wordPolicy: { customWords: [{ match: 'secretword', action: 'BLOCKED' }] } }],
    [
      'profanity',
      { wordPolicy: { managedWordLists: [{ match: 'secretword', type: 'PROFANITY', action: 'BLOCKED' }] } },
    ],
    ['personal_data', masking(email('a@b.io'), email('secretword', 'BLOCKED'))],
    [
      'pattern',
      {
        sensitiveInformationPolicy: {
          regexes: [{ name: 'ids', match: 'secretword', regex: '.', action: 'BLOCKED' }],
        },
      },
    ],
    [
      'grounding',
      {
        contextualGroundingPolicy: {
          filters: [{ type: 'GROUNDING', threshold: 0.7, score: 0.1, action: 'BLOCKED' }],
        },
      },
    ],
    ['other', { someNewPolicy: { things: [{ type: 'NEW', action: 'BLOCKED' }] } }],
    ['other', { someNewPolicy: { things: [{ type: 'NEW', action: 'QUARANTINED' }] } }],
  ])('blocks by %s, and never repeats what was written', (policy, assessment) => {
    const verdict = judge(answer(assessment, 'Sorry, no.'), ['secretword a@b.io']);
    expect(verdict).toMatchObject({ kind: 'block', policy });
    expect(JSON.stringify(verdict)).not.toContain('secretword');
  });

  it('blocks where a text beside the masks blocks, whatever the outputs say', () => {
    const assessment = {
      ...masking(email('a@b.io')),
      topicPolicy: { topics: [{ name: 'T', type: 'DENY', action: 'BLOCKED' }] },
    };
    expect(judge(answer(assessment, '{EMAIL}'), ['a@b.io'])).toMatchObject({
      kind: 'block',
      policy: 'topic',
    });
  });

  it.each([
    ['the output is another text', answer(masking(email('a@b.io')), 'something else')],
    ['the output hides more than the masks', answer(masking(email('a@b.io')), 'to {EMAIL}')],
    ['the output hides less than the text has', answer(masking(email('a@b.io')), 'to {EMAIL} or')],
    ['the match is not in the text', answer(masking(email('z@z.io')), 'to {EMAIL} or a@b.io')],
    ['outputs are missing', answer(masking(email('a@b.io')))],
    ['there are more outputs than texts', answer(masking(email('a@b.io')), 'to {EMAIL} or a@b.io', 'x')],
    ['the match is empty', answer(masking(email('')), 'to {EMAIL} or a@b.io')],
    [
      'nothing intervened, but the text changed',
      { action: 'NONE', outputs: [{ text: 'x' }], assessments: [] },
    ],
  ])('blocks when %s', (_what, response) => {
    expect(judge(response, ['to a@b.io or a@b.io '])).toMatchObject({ kind: 'block', policy: 'unclear' });
  });

  it('blocks an intervention without a finding', () => {
    expect(judge(answer({}, 'Sorry.'), ['x'])).toMatchObject({ kind: 'block', policy: 'other' });
  });

  it.each([undefined, null, 'yes', {}, { action: 'MAYBE' }, { action: 'NONE', outputs: 'x' }, []])(
    'takes %j as a check that was not made',
    (response) => {
      expect(judge(response, ['x'])).toMatchObject({ kind: 'block', policy: 'unavailable' });
    },
  );

  it('reads from the output which of two equal words was masked, also among braces of the text', () => {
    const name = { match: 'Will', type: 'NAME', action: 'ANONYMIZED' };
    const text = '{NAME} Will will Will {x} Will';
    expect(judge(answer(masking(name), '{NAME} Will will {NAME} {x} {NAME}'), [text])).toMatchObject({
      kind: 'redact',
      spans: [[{ start: 17 }, { start: 26 }]],
    });
  });

  it('is quick about texts that are made to confuse it', () => {
    const name = { match: '{', type: 'NAME', action: 'ANONYMIZED' };
    const twin = { match: '{{', type: 'NAME', action: 'ANONYMIZED' };
    const output = `${'{A}'.repeat(1_000)}!`;
    expect(judge(answer(masking(name, twin), output), ['{'.repeat(3_000)])).toMatchObject({ kind: 'block' });
  });

  it('judges several texts at once, each by its own output', () => {
    const response = answer(masking(email('a@b.io')), 'all well', 'to {EMAIL}');
    expect(judge(response, ['all well', 'to a@b.io'])).toMatchObject({
      texts: ['all well', 'to {EMAIL}'],
      spans: [[], [{ start: 3, end: 9 }]],
    });
  });
});

it('a trace names the rules, not what they found', () => {
  const response = answer(masking(email('a@b.io')), '{EMAIL}');
  expect(traceOf(response)).toEqual([{ policy: 'personal_data', action: 'ANONYMIZED', rule: 'EMAIL' }]);
  expect(traceOf('nonsense')).toEqual([]);
});
