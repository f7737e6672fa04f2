import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkBlocks } from '../../../local/slack/block-rules.ts';
import { readView } from '../../../local/slack/view-rules.ts';
import { PROMPTS } from '../../../src/slack/assistant-view.ts';
import {
  feedbackBlocks,
  readFeedbackValue,
  readReasonForm,
  reasonForm,
  tellWhyBlocks,
  whyBlocks,
} from '../../../src/slack/feedback-blocks.ts';
import { closingBlocks, noticeBlocks } from '../../../src/slack/render.ts';

const TURN = 'turn-abcdefghijklmnopqrstuvwxyz';

test('the thumbs say which turn they are about', () => {
  const [block] = feedbackBlocks(TURN) as unknown as [
    { elements: [{ positive_button: { value: string }; negative_button: { value: string } }] },
  ];
  const [buttons] = block.elements;
  expect(readFeedbackValue(buttons.positive_button.value)).toEqual({ turnId: TURN, value: 'up' });
  expect(readFeedbackValue(buttons.negative_button.value)).toEqual({ turnId: TURN, value: 'down' });
});

test.each(['', 'up', 'up:', `sideways:${TURN}`, 'up:../../x', `up:turn-${'a'.repeat(65)}`, 'up:turn-*'])(
  '%j is no thumb of ours',
  (value) => {
    expect(readFeedbackValue(value)).toBeUndefined();
  },
);

test('Slack takes every block and form', () => {
  const origin = { turn: TURN, channel: 'C1', thread: '1.0' };
  const blocks = [...feedbackBlocks(TURN), ...tellWhyBlocks('Why?', TURN), ...whyBlocks(TURN)];
  expect(checkBlocks(blocks, '/blocks')).toBeUndefined();
  expect(readView(reasonForm(origin), 'modal')).toMatchObject({ type: 'modal' });
});

test('what was written into the form comes back with where it belongs', () => {
  const origin = { turn: TURN, channel: 'C1', thread: '1.0' };
  const submitted = (value: string | null) => ({
    ...reasonForm(origin),
    state: { values: { reason: { reason: { type: 'plain_text_input', value } } } },
  });
  expect(readReasonForm(submitted(' too slow '))).toEqual({ origin, reason: 'too slow' });
  expect(readReasonForm(submitted(null))).toEqual({ origin, reason: '' });
  expect(readReasonForm(submitted('x'.repeat(5_000)))?.reason).toHaveLength(1_000);
});

test.each<[string, unknown]>([
  ['no view', undefined],
  ['no JSON in it', { private_metadata: 'x', state: { values: {} } }],
  [
    'a turn that is none',
    { private_metadata: '{"turn":"x","channel":"C","thread":"1"}', state: { values: {} } },
  ],
])('a form with %s is not ours', (_name, view) => {
  expect(readReasonForm(view)).toBeUndefined();
});

test('the thumbs stand at the end, under a notice; a withheld answer says why instead', () => {
  const limited = { code: 'answer_limited' as const, text: 'Cut.', retry: false };
  const types = closingBlocks({ notice: limited, feedback: true }, TURN).map((block) => block.type);
  expect(types).toEqual(['section', 'context_actions']);
  const blocked = noticeBlocks({ code: 'answer_blocked', text: 'Withheld.', retry: false }, TURN);
  expect(JSON.stringify(blocked)).toContain('turn_why');
  expect(JSON.stringify(noticeBlocks(limited, TURN))).not.toContain('turn_why');
});

test('the prompts of the opened conversation are those of the manifest', () => {
  const manifest = parse(readFileSync(new URL('../../../manifest.yml', import.meta.url), 'utf8')) as {
    features: { agent_view: { suggested_prompts: unknown } };
  };
  expect(PROMPTS).toEqual(manifest.features.agent_view.suggested_prompts);
});
