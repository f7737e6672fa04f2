import { messageView } from './message-view.js';
import { el } from './render.js';

/**
 * A list of messages: touches only elements whose message changed, stays at the end if it was there, and can be walked
 * with the arrow keys. `onEnter(ts)` opens what the focused message leads to.
 */
export function createMessageList(list, { onEnter }) {
  // Scrollable by keyboard in every browser.
  list.tabIndex = 0;
  let place = '';
  let atEnd = true;

  const toEnd = () => {
    if (atEnd) list.scrollTop = list.scrollHeight;
  };
  list.addEventListener('scroll', () => {
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  });
  // The status line takes room away, and a picture takes some when it arrives.
  new ResizeObserver(toEnd).observe(list);
  list.addEventListener('load', toEnd, true);

  list.addEventListener('keydown', (event) => {
    const own = event.target === list || event.target.matches?.('.message');
    if (!own || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...list.querySelectorAll('.message')];
    const at = all.indexOf(event.target);
    const next = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? all.length - 1 : at - 1,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (event.key === 'Enter' && at >= 0) onEnter(all[at].dataset.ts);
    else if (next === undefined) return;
    else all[Math.max(0, Math.min(next, all.length - 1))]?.focus();
    event.preventDefault();
  });

  function nodeFor(message, context, known) {
    const version = JSON.stringify([
      message,
      context.editing === message.ts,
      context.unreadThreads.has(message.ts),
    ]);
    const old = known.get(message.ts);
    if (old?.version === version) return old;
    const fresh = messageView(message, context);
    fresh.version = version;
    if (old === undefined) return fresh;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(fresh);
    if (hadFocus && context.editing !== message.ts) fresh.focus({ preventScroll: true });
    return fresh;
  }

  return {
    /** `where` names what is shown: another place begins at its end. `newFrom`: the first unread message. */
    draw(messages, context, { where, newFrom } = {}) {
      const moved = where !== place;
      if (moved) list.replaceChildren();
      place = where;
      const known = new Map([...list.children].map((child) => [child.dataset.ts, child]));
      const divider =
        list.querySelector('.new-mark') ??
        el(
          'div',
          { class: 'new-mark', role: 'separator', 'aria-label': 'New messages' },
          el('span', {}, 'New'),
        );
      const next = messages.flatMap((message) => {
        const node = nodeFor(message, context, known);
        return message.ts === newFrom ? [divider, node] : [node];
      });
      const wanted = new Set(next);
      for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
      for (const [index, node] of next.entries()) {
        if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
      }
      if (moved) atEnd = true;
      toEnd();
    },
  };
}
