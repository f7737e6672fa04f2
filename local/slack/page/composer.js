import { openMenu } from './menu.js';
import { el } from './render.js';

const BOT_NAME = '@Cloud Engineer';
const MAX_FILE = 1_000_000;

/** The part of a mention that is being typed right before the caret, or undefined. */
function typedMention(text, caret) {
  const match = /(?:^|\s)@([\p{L} -]*)$/u.exec(text.slice(0, caret));
  if (match === null || !BOT_NAME.toLowerCase().startsWith(`@${match[1].toLowerCase()}`)) return undefined;
  return match[1].length + 1 < BOT_NAME.length ? match[1].length + 1 : undefined;
}

/** The file as the control API takes it. */
async function readFile(file) {
  if (file.size > MAX_FILE) throw new Error(`${file.name} is larger than 1 MB`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const mimetype = file.type === '' ? 'application/octet-stream' : file.type;
  return { name: file.name, mimetype, content: btoa(binary), encoding: 'base64' };
}

/**
 * A message box. `send(text, files)` may reject; its reason is shown and the text stays. Enter sends, Shift+Enter breaks
 * the line, `@` then Enter or Tab completes the name of the bot. `commands()` and `shortcuts()` tell what there is.
 */
export function createComposer({ id, testId, label, send, commands, shortcuts }) {
  let files = [];
  const problem = el('p', { class: 'problem', role: 'alert' });
  const hint = el('div', { class: 'completion', id: `${id}-completion`, hidden: true });
  const attached = el('div', { class: 'attached', hidden: true });
  const box = el('textarea', {
    id,
    rows: '1',
    'data-testid': testId,
    'aria-describedby': `${id}-completion`,
  });

  const mentions = () => typedMention(box.value, box.selectionStart) !== undefined;

  /** What could be meant by what is being typed: the bot's name, or a command. */
  function drawHint() {
    const typed = /^\/[a-z0-9_-]*$/.exec(box.value)?.[0];
    const known = typed === undefined ? [] : commands().filter(({ command }) => command.startsWith(typed));
    const lines = mentions()
      ? [el('p', {}, el('b', {}, BOT_NAME), ' — Enter')]
      : known.map(({ command, description }) => el('p', {}, el('b', {}, command), ` ${description}`));
    hint.replaceChildren(...lines);
    hint.hidden = lines.length === 0;
  }

  function resize() {
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    drawHint();
  }

  function insertMention() {
    const typed = typedMention(box.value, box.selectionStart) ?? 0;
    const caret = box.selectionStart;
    box.setRangeText(`${BOT_NAME} `, caret - typed, caret, 'end');
    box.focus();
    resize();
  }

  function setFiles(next) {
    files = next;
    attached.hidden = files.length === 0;
    const remove = (file) => () => setFiles(files.filter((other) => other !== file));
    attached.replaceChildren(
      ...files.map((file) =>
        el(
          'span',
          { class: 'chip' },
          file.name,
          el(
            'button',
            { type: 'button', class: 'quiet', 'aria-label': `Remove ${file.name}`, onclick: remove(file) },
            '✕',
          ),
        ),
      ),
    );
  }

  const picker = el('input', { type: 'file', multiple: true, hidden: true, 'aria-label': 'Files' });
  picker.addEventListener('change', async () => {
    try {
      setFiles([...files, ...(await Promise.all([...picker.files].map(readFile)))]);
    } catch (error) {
      problem.textContent = error.message;
    }
    picker.value = '';
    box.focus();
  });

  async function submit() {
    const text = box.value.trim();
    if (text === '' && files.length === 0) return;
    const sent = files;
    box.value = '';
    problem.textContent = '';
    setFiles([]);
    resize();
    try {
      await send(text, sent.length === 0 ? undefined : sent);
    } catch (error) {
      problem.textContent = error.message;
      if (box.value === '') box.value = text;
      if (files.length === 0) setFiles(sent);
      resize();
    }
  }

  box.addEventListener('input', resize);
  box.addEventListener('keydown', (event) => {
    if (event.isComposing || event.shiftKey) return;
    const completes = mentions() && (event.key === 'Enter' || event.key === 'Tab');
    if (!completes && event.key !== 'Enter') return;
    event.preventDefault();
    if (completes) insertMention();
    else void submit();
  });

  const plus = el(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'aria-label': 'Attach or run a shortcut',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      onclick: (event) =>
        openMenu(event.currentTarget, {
          items: [{ label: 'Attach a file…', run: () => picker.click() }, ...shortcuts()],
        }),
    },
    '+',
  );
  const form = el(
    'form',
    { class: 'composer' },
    el('label', { for: id, class: 'visually-hidden' }, label),
    hint,
    attached,
    box,
    picker,
    el(
      'div',
      { class: 'composer-row' },
      plus,
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
