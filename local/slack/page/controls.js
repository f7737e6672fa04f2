import { emoji } from './emoji.js';
import { el } from './render.js';

/**
 * The interactive elements of Block Kit. Each control reads its value by `.read()`; those that act at once call
 * `context.use(element, value)`. `context`: `{use, ask, people, channels, values}`.
 */

let serial = 0;
export const newId = () => {
  serial += 1;
  return `control-${serial}`;
};

const textOf = (node) => node?.text ?? '';

async function useAfterConfirm(element, value, context) {
  const { confirm } = element;
  if (confirm !== undefined) {
    const agreed = await context.ask({
      title: textOf(confirm.title),
      text: textOf(confirm.text),
      yes: textOf(confirm.confirm),
      no: textOf(confirm.deny),
      danger: confirm.style === 'danger',
    });
    if (!agreed) return;
  }
  // A button with an address opens it, and the app hears of the click all the same.
  if (/^https?:\/\//.test(element.url ?? '')) window.open(element.url, '_blank', 'noreferrer');
  context.use(element, value);
}

function button(element, context) {
  const props = {
    type: 'button',
    class: `small ${element.style ?? ''}`,
    'data-action-id': element.action_id,
    'aria-label': element.accessibility_label,
    onclick: () => void useAfterConfirm(element, element.value, context),
  };
  return el('button', props, textOf(element.text) || element.icon || 'Button');
}

function feedback(element, context) {
  const one = (part, sign) =>
    el(
      'button',
      {
        type: 'button',
        class: 'small',
        'data-action-id': element.action_id,
        'aria-label': part.accessibility_label ?? textOf(part.text),
        onclick: () => context.use(element, part.value),
      },
      emoji(sign),
      ` ${textOf(part.text)}`,
    );
  return el(
    'span',
    { class: 'feedback' },
    one(element.positive_button, '+1'),
    one(element.negative_button, '-1'),
  );
}

const KINDS = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
};

function textInput(element, initial, id) {
  const props = {
    id,
    class: 'field',
    placeholder: textOf(element.placeholder) || undefined,
    'data-action-id': element.action_id,
  };
  const node = element.multiline
    ? el('textarea', { ...props, rows: '4' })
    : el('input', { ...props, type: KINDS[element.type], autocomplete: 'off' });
  node.value = initial ?? '';
  node.read = () => node.value;
  return node;
}

function choices(element, context) {
  if (/users_select$/.test(element.type)) return context.people.map(({ id, realName }) => [id, realName]);
  if (/(conversations|channels)_select$/.test(element.type)) {
    return context.channels.map(({ id, name }) => [id, name]);
  }
  const groups = element.option_groups ?? [];
  const options = [...(element.options ?? []), ...groups.flatMap((group) => group.options)];
  return options.map((option) => [option.value, textOf(option.text)]);
}

function select(element, initial, id, context) {
  const several = element.type.startsWith('multi_');
  const chosen = new Set(several ? (initial ?? []) : [initial ?? '']);
  const hint = textOf(element.placeholder) || (element.type === 'overflow' ? 'More…' : 'Choose…');
  const node = el(
    'select',
    { id, class: 'field', multiple: several, 'data-action-id': element.action_id },
    several ? undefined : el('option', { value: '' }, hint),
    ...choices(element, context).map(([value, label]) =>
      el('option', { value, selected: chosen.has(value) }, label),
    ),
  );
  node.read = () =>
    several ? [...node.selectedOptions].map((option) => option.value) : node.value === '' ? null : node.value;
  return node;
}

function ticks(element, initial, id) {
  const type = element.type === 'checkboxes' ? 'checkbox' : 'radio';
  const chosen = new Set(type === 'checkbox' ? (initial ?? []) : [initial]);
  const node = el(
    'div',
    { id, class: 'ticks', role: type === 'radio' ? 'radiogroup' : 'group' },
    ...(element.options ?? []).map((option) =>
      el(
        'label',
        {},
        el('input', { type, name: id, value: option.value, checked: chosen.has(option.value) }),
        textOf(option.text),
        option.description ? el('span', { class: 'note' }, ` ${textOf(option.description)}`) : undefined,
      ),
    ),
  );
  const checked = () => [...node.querySelectorAll('input:checked')].map((input) => input.value);
  node.read = () => (type === 'checkbox' ? checked() : (checked()[0] ?? null));
  return node;
}

/** What the view already holds for this element: the value in the form that `read` gives. */
export function heldValue(state) {
  if (state === undefined) return null;
  if (state.selected_option !== undefined) return state.selected_option?.value ?? null;
  if (state.selected_options !== undefined) return state.selected_options.map((option) => option.value);
  const field = Object.keys(state).find((key) => key !== 'type');
  return field === undefined ? null : state[field];
}

/** The control for an element, or a note when this page does not know it. */
export function control(element, context, { id = newId(), value = null, acts = true } = {}) {
  if (element.type === 'button' || element.type === 'icon_button') return button(element, context);
  if (element.type === 'feedback_buttons') return feedback(element, context);
  let node;
  if (element.type in KINDS) node = textInput(element, value, id);
  else if (element.type === 'checkboxes' || element.type === 'radio_buttons')
    node = ticks(element, value, id);
  else if (/_select$|^overflow$/.test(element.type)) node = select(element, value, id, context);
  else return el('p', { class: 'note' }, `A control of type ${element.type}`);
  if (acts) node.addEventListener('change', () => void useAfterConfirm(element, node.read(), context));
  return node;
}
