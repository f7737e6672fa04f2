import type { Block } from './model.ts';

/** Interactive elements of blocks: where they are, and what a person's value becomes in Slack's payloads. */

export type Element = Record<string, unknown> & { readonly type: string };
export type Value = string | readonly string[] | null;

export interface Placed {
  readonly block: Block;
  readonly element: Element;
}

const INTERACTIVE = new Set([
  'button',
  'channels_select',
  'checkboxes',
  'conversations_select',
  'datepicker',
  'email_text_input',
  'feedback_buttons',
  'icon_button',
  'multi_conversations_select',
  'multi_static_select',
  'multi_users_select',
  'number_input',
  'overflow',
  'plain_text_input',
  'radio_buttons',
  'static_select',
  'timepicker',
  'url_text_input',
  'users_select',
]);

export function isElement(value: unknown): value is Element {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    INTERACTIVE.has(value.type)
  );
}

/** Every interactive element, in the order in which it is shown. */
export function findElements(blocks: readonly Block[]): Placed[] {
  return blocks.flatMap((block) => {
    const inside: unknown[] = Array.isArray(block.elements)
      ? block.elements
      : [block.accessory, block.element];
    return inside.filter(isElement).map((element) => ({ block, element }));
  });
}

interface Option {
  readonly value: string;
}

function optionsOf(element: Element): Option[] {
  const groups = Array.isArray(element.option_groups)
    ? (element.option_groups as { options: Option[] }[])
    : [];
  return [...((element.options ?? []) as Option[]), ...groups.flatMap((group) => group.options)];
}

const FIELD: Readonly<Record<string, string>> = {
  channels_select: 'selected_channel',
  conversations_select: 'selected_conversation',
  datepicker: 'selected_date',
  multi_conversations_select: 'selected_conversations',
  multi_users_select: 'selected_users',
  timepicker: 'selected_time',
  users_select: 'selected_user',
};
const ONE_OF = new Set(['static_select', 'radio_buttons', 'overflow']);
const SOME_OF = new Set(['multi_static_select', 'checkboxes']);

/** What the payload says about an element that has this value: `{value}`, `{selected_option}` and so on. */
export function valueFields(element: Element, value: Value): Record<string, unknown> {
  const options = optionsOf(element);
  if (ONE_OF.has(element.type)) {
    return { selected_option: options.find((option) => option.value === value) ?? null };
  }
  if (SOME_OF.has(element.type)) {
    const chosen = new Set(value ?? []);
    return { selected_options: options.filter((option) => chosen.has(option.value)) };
  }
  const field = FIELD[element.type];
  return field === undefined ? { value: value === '' ? null : value } : { [field]: value };
}

/** Whether a person could have used this element with this value. */
export function mayBe(element: Element, value: Value): boolean {
  if (element.type === 'button') return element.value === value;
  if (!ONE_OF.has(element.type)) return true;
  return value === null || optionsOf(element).some((option) => option.value === value);
}

/** What an element holds before a person touches it. */
export function initialValue(element: Element): Value {
  const option = element.initial_option as Option | undefined;
  if (option !== undefined) return option.value;
  const several = element.initial_options as Option[] | undefined;
  if (several !== undefined) return several.map((item) => item.value);
  for (const field of [
    'value',
    'date',
    'time',
    'user',
    'users',
    'channel',
    'conversation',
    'conversations',
  ]) {
    const initial = element[`initial_${field}`];
    if (initial !== undefined) return initial as Value;
  }
  return null;
}

/** Why Slack's client would not send this value, or undefined. */
export function problemOf(block: Block, element: Element, value: Value): string | undefined {
  const empty = value === null || value.length === 0;
  if (empty) return block.optional === true ? undefined : 'Please complete this required field.';
  if (typeof value !== 'string') return undefined;
  const { min_length: min, max_length: max } = element;
  if (typeof min === 'number' && value.length < min) return `Please enter at least ${min} characters.`;
  if (typeof max === 'number' && value.length > max) return `Please enter at most ${max} characters.`;
  return undefined;
}
