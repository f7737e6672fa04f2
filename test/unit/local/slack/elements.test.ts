import { describe, expect, test } from 'vitest';
import {
  type Element,
  findElements,
  initialValue,
  problemOf,
  type Value,
  valueFields,
} from '../../../../local/slack/elements.ts';

const option = (value: string) => ({ text: { type: 'plain_text', text: value }, value });
const options = [option('a'), option('b'), option('c')];

describe('what a value becomes in a payload', () => {
  test.each<[string, Record<string, unknown>, Value, Record<string, unknown>]>([
    ['plain_text_input', {}, 'hello', { value: 'hello' }],
    ['plain_text_input', {}, '', { value: null }],
    ['static_select', { options }, 'b', { selected_option: option('b') }],
    ['static_select', { options }, 'unknown', { selected_option: null }],
    ['static_select', { option_groups: [{ options }] }, 'c', { selected_option: option('c') }],
    ['checkboxes', { options }, ['c', 'a'], { selected_options: [option('a'), option('c')] }],
    ['checkboxes', { options }, null, { selected_options: [] }],
    ['users_select', {}, 'U1', { selected_user: 'U1' }],
    ['multi_users_select', {}, ['U1', 'U2'], { selected_users: ['U1', 'U2'] }],
    ['datepicker', {}, '2026-01-02', { selected_date: '2026-01-02' }],
    ['feedback_buttons', {}, 'good', { value: 'good' }],
  ])('%s %j with %j', (type, more, value, fields) => {
    expect(valueFields({ type, ...more }, value)).toEqual(fields);
  });
});

test.each<[Record<string, unknown>, Value]>([
  [{ initial_value: 'x' }, 'x'],
  [{ initial_option: option('b') }, 'b'],
  [{ initial_options: [option('a'), option('b')] }, ['a', 'b']],
  [{ initial_date: '2026-01-02' }, '2026-01-02'],
  [{}, null],
])('what %j holds at first', (more, value) => {
  expect(initialValue({ type: 'plain_text_input', ...more })).toEqual(value);
});

test.each<[string, Record<string, unknown>, Partial<Element>, Value, string | undefined]>([
  ['an empty required field', {}, {}, null, 'Please complete this required field.'],
  ['no ticks in a required field', {}, {}, [], 'Please complete this required field.'],
  ['an empty optional field', { optional: true }, {}, '', undefined],
  ['a short text', {}, { min_length: 3 }, 'ab', 'Please enter at least 3 characters.'],
  ['a long text', {}, { max_length: 3 }, 'abcd', 'Please enter at most 3 characters.'],
  ['a fitting text', {}, { min_length: 3, max_length: 3 }, 'abc', undefined],
])('%s', (_what, block, element, value, problem) => {
  const type = 'plain_text_input';
  expect(problemOf({ type: 'input', ...block }, { ...element, type }, value)).toBe(problem);
});

test('elements are found in rows, beside sections and in inputs, and nothing else is', () => {
  const found = findElements([
    {
      type: 'actions',
      elements: [
        { type: 'button', action_id: '1' },
        { type: 'overflow', action_id: '2' },
      ],
    },
    { type: 'section', accessory: { type: 'image' } },
    { type: 'section', accessory: { type: 'users_select', action_id: '3' } },
    { type: 'input', element: { type: 'plain_text_input', action_id: '4' } },
    { type: 'context', elements: [{ type: 'mrkdwn', text: 'x' }] },
  ]);
  expect(found.map(({ element }) => element.action_id)).toEqual(['1', '2', '3', '4']);
});
