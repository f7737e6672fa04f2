import { el } from './render.js';

const BOT_NAME = '@Cloud Engineer';

/** The part of a mention that is being typed right before the caret, or undefined. */
function typedMention(text, caret) {
  const match = /(?:^|\s)@([\p{L} -]*)$/u.exec(text.slice(0, caret));
  if (match === null || !BOT_NAME.toLowerCase().startsWith(`@${match[1].toLowerCase()}`)) return undefined;
  return match[1].length + 1 < BOT_NAME.length ? match[1].length + 1 : undefined;
}

/**
 * A message box. `send(text)` may reject; its reason is shown and the text stays.
 * Enter sends, Shift+Enter breaks the line, `@` then Enter or Tab completes the name of the bot.
 */
export function createComposer({ id, testId, label, send }) {
  const problem = el('p', { class: 'problem', role: 'alert' });
  const hint = el(
    'div',
    { class: 'completion', id: `${id}-completion`, hidden: true },
    el('b', {}, BOT_NAME),
    ' — Enter',
  );
  const box = el('textarea', {
    id,
    rows: '1',
    'data-testid': testId,
    'aria-describedby': `${id}-completion`,
  });

  function resize() {
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    hint.hidden = typedMention(box.value, box.selectionStart) === undefined;
  }

  function insertMention() {
    const typed = typedMention(box.value, box.selectionStart) ?? 0;
    const caret = box.selectionStart;
    box.setRangeText(`${BOT_NAME} `, caret - typed, caret, 'end');
    box.focus();
    resize();
  }

  async function submit() {
    const text = box.value.trim();
    if (text === '') return;
    box.value = '';
    problem.textContent = '';
    resize();
    try {
      await send(text);
    } catch (error) {
      problem.textContent = error.message;
      if (box.value === '') box.value = text;
      resize();
    }
  }

  box.addEventListener('input', resize);
  box.addEventListener('keydown', (event) => {
    if (event.isComposing || event.shiftKey) return;
    const completes = !hint.hidden && (event.key === 'Enter' || event.key === 'Tab');
    if (!completes && event.key !== 'Enter') return;
    event.preventDefault();
    if (completes) insertMention();
    else void submit();
  });

  const form = el(
    'form',
    { class: 'composer' },
    el('label', { for: id, class: 'visually-hidden' }, label),
    hint,
    box,
    el(
      'div',
      { class: 'composer-row' },
      el('button', { type: 'button', class: 'quiet', onclick: insertMention }, BOT_NAME),
      el('span', { class: 'note' }, 'Enter sends, Shift+Enter breaks the line'),
      el('button', { type: 'submit', class: 'send' }, 'Send'),
    ),
    problem,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  return { element: form, box, setPlaceholder: (text) => box.setAttribute('placeholder', text) };
}
