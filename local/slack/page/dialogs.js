import { blocksView } from './blocks.js';
import { el } from './render.js';

/** Modals of the app, and the page's own questions. The browser's dialog keeps the focus inside and gives it back. */

/** Asks yes or no. */
export function ask({ title, text, yes, no = 'Cancel', danger = false }) {
  return new Promise((resolve) => {
    const answer = (value) => () => dialog.close(value);
    const dialog = el(
      'dialog',
      { class: 'modal question', 'aria-labelledby': 'question-title' },
      el('h2', { id: 'question-title' }, title),
      el('p', {}, text),
      el(
        'div',
        { class: 'modal-foot' },
        el('button', { type: 'button', class: 'small', onclick: answer('no') }, no),
        el(
          'button',
          { type: 'button', class: `small ${danger ? 'danger' : 'primary'}`, onclick: answer('yes') },
          yes,
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function entered(dialog) {
  const values = {};
  for (const node of dialog.querySelectorAll('.entered')) {
    const { blockId, entered: actionId } = node.dataset;
    values[blockId] = { ...values[blockId], [actionId]: node.read() };
  }
  return values;
}

/** What a person has typed must survive a redraw for an error. */
function heldIn(values, view) {
  const held = structuredClone(view.state.values);
  for (const [blockId, actions] of Object.entries(values)) {
    for (const [actionId, value] of Object.entries(actions)) {
      const known = held[blockId]?.[actionId];
      const options = (list) => list.map((one) => ({ value: one }));
      held[blockId] ??= {};
      if (Array.isArray(value)) held[blockId][actionId] = { selected_options: options(value) };
      else held[blockId][actionId] = { ...(known?.type ? { type: known.type } : {}), value };
    }
  }
  return held;
}

/**
 * Shows the modal on top of the stack. `context`: see blocks; `act`: `{submitView, closeView}` for this person.
 * Returns `show(modals)`.
 */
export function createModals({ context, act }) {
  const dialog = el('dialog', { class: 'modal', 'aria-labelledby': 'modal-title', 'data-testid': 'modal' });
  let shown = '';
  document.body.append(dialog);
  // Esc asks the app first, as its Cancel button does.
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    void act.closeView();
  });

  function draw(view, { errors = {}, values = view.state.values, trouble = '' } = {}) {
    const submit = async (event) => {
      event.preventDefault();
      const given = entered(dialog);
      const { result, errors: problems } = await act.submitView(view.id, given);
      if (result === 'taken') return;
      const text = result === 'failed' ? 'We had some trouble connecting. Try again?' : '';
      draw(view, { errors: problems, values: heldIn(given, view), trouble: text });
      dialog.querySelector('[aria-invalid]')?.focus();
    };
    const body = blocksView(view.blocks, context({ view, errors, values }));
    dialog.replaceChildren(
      el(
        'form',
        { novalidate: true, onsubmit: submit },
        el(
          'header',
          { class: 'modal-head' },
          el('h2', { id: 'modal-title' }, view.title?.text ?? ''),
          el(
            'button',
            { type: 'button', class: 'quiet', 'aria-label': 'Close', onclick: () => void act.closeView() },
            '✕',
          ),
        ),
        el('div', { class: 'modal-body body' }, ...body),
        el('p', { class: 'problem', role: 'alert' }, trouble),
        el(
          'div',
          { class: 'modal-foot' },
          el(
            'button',
            { type: 'button', class: 'small', onclick: () => void act.closeView() },
            view.close?.text ?? (view.submit ? 'Cancel' : 'Close'),
          ),
          view.submit
            ? el('button', { type: 'submit', class: 'small primary' }, view.submit.text)
            : undefined,
        ),
      ),
    );
  }

  return {
    show(modals) {
      const view = modals.at(-1);
      const version = view === undefined ? '' : `${view.id}:${view.hash}`;
      if (version === shown) return;
      shown = version;
      if (view === undefined) {
        dialog.close();
        return;
      }
      draw(view);
      if (!dialog.open) dialog.showModal();
      dialog.querySelector('.modal-body input, .modal-body select, .modal-body textarea')?.focus();
    },
  };
}
