import { emoji, OFFERED, QUICK } from './emoji.js';
import { openMenu } from './menu.js';
import { el } from './render.js';

/** What a person can do with a message: react, reply, edit, delete, and the app's own shortcuts. */

export function reactionsView(message, me, actions) {
  if (!message.reactions) return undefined;
  const one = ({ name, users, count }) =>
    el(
      'button',
      {
        type: 'button',
        class: 'reaction',
        'aria-pressed': String(users.includes(me.id)),
        'aria-label': `${name}: ${count}`,
        onclick: () => actions.react(message, name),
      },
      emoji(name),
      ` ${count}`,
    );
  return el('div', { class: 'reactions' }, ...message.reactions.map(one));
}

export function messageTools(message, { me, actions, shortcuts, inThread }) {
  if (message.is_ephemeral) return undefined;
  const quick = QUICK.map((name) =>
    el(
      'button',
      { type: 'button', 'aria-label': `React with ${name}`, onclick: () => actions.react(message, name) },
      emoji(name),
    ),
  );
  const own = message.user === me.id;
  const items = [
    ...shortcuts.map(({ name, callbackId }) => ({
      label: name,
      run: () => actions.shortcut(message, callbackId),
    })),
    { label: 'Copy link', run: () => actions.copyLink(message) },
    ...(own
      ? [
          { label: 'Edit message', run: () => actions.edit(message) },
          { label: 'Delete message…', danger: true, run: () => actions.remove(message) },
        ]
      : []),
  ];
  const reactions = OFFERED.map((name) => ({
    name,
    sign: emoji(name),
    run: () => actions.react(message, name),
  }));
  const more = el(
    'button',
    {
      type: 'button',
      'aria-label': 'More actions',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      onclick: (event) => openMenu(event.currentTarget, { items, emoji: reactions }),
    },
    '⋯',
  );
  const reply = el(
    'button',
    { type: 'button', class: 'reply-in-thread', onclick: () => actions.openThread(message.ts) },
    'Reply in thread',
  );
  return el(
    'div',
    { class: 'tools', role: 'group', 'aria-label': 'Message actions' },
    ...quick,
    inThread ? undefined : reply,
    more,
  );
}
