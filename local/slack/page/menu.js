import { el } from './render.js';

/** Small things that open at a button: menus and cards. One at a time; Esc and a click elsewhere close it. */

let closeOpen = () => {};

function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + height + 8 <= innerHeight || at.top < height + 8;
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
}

function open(box, anchor) {
  closeOpen();
  anchor.setAttribute('aria-expanded', 'true');
  document.body.append(box);
  place(box, anchor);
  const outside = (event) => {
    if (!box.contains(event.target) && !anchor.contains(event.target)) closeOpen();
  };
  document.addEventListener('pointerdown', outside, true);
  closeOpen = () => {
    document.removeEventListener('pointerdown', outside, true);
    box.remove();
    anchor.setAttribute('aria-expanded', 'false');
    closeOpen = () => {};
  };
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' && event.key !== 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    closeOpen();
    anchor.focus();
  });
}

/** `items`: `{label, run, danger?}`; `emoji`: `{name, sign, run}` in a row on top. */
export function openMenu(anchor, { items, emoji = [] }) {
  const choose = (run) => () => {
    closeOpen();
    anchor.focus();
    run();
  };
  const entry = ({ label, run, danger }) =>
    el(
      'button',
      { type: 'button', role: 'menuitem', class: danger ? 'danger' : '', onclick: choose(run) },
      label,
    );
  const sign = ({ name, sign: shown, run }) =>
    el(
      'button',
      { type: 'button', role: 'menuitem', 'aria-label': `React with ${name}`, onclick: choose(run) },
      shown,
    );
  const box = el(
    'div',
    { class: 'menu', role: 'menu' },
    emoji.length > 0 ? el('div', { class: 'emoji-row' }, ...emoji.map(sign)) : undefined,
    ...items.map(entry),
  );
  open(box, anchor);
  const entries = [...box.querySelectorAll('[role=menuitem]')];
  box.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const at = entries.indexOf(document.activeElement);
    entries.at((at + step) % entries.length)?.focus();
  });
  entries[0]?.focus();
}

/** A card with content, for reading. */
export function openCard(anchor, label, ...content) {
  const box = el(
    'div',
    { class: 'menu card', role: 'dialog', 'aria-label': label, tabindex: '-1' },
    ...content,
  );
  open(box, anchor);
  box.focus();
}
