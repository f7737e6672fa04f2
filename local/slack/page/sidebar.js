import { el } from './render.js';
import { slugOf } from './workspace.js';

/** The list of conversations and the switch of persons. */

const MARKS = { im: '●', mpim: '◉', group: '◇', channel: '#' };
const KINDS = { im: 'direct message', mpim: 'group message', group: 'private channel', channel: 'channel' };

function link(channel, workspace, open, choose) {
  const slug = slugOf(channel);
  const unread = workspace.unread.has(channel.id);
  const props = {
    type: 'button',
    class: unread ? 'unread' : '',
    title: KINDS[channel.kind],
    'data-testid': `channel-${slug}`,
    'aria-current': slug === open ? 'page' : undefined,
    onclick: () => choose(slug),
  };
  const dot = el('span', { class: 'dot' }, el('span', { class: 'visually-hidden' }, 'unread'));
  return el(
    'li',
    {},
    el(
      'button',
      props,
      el('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[channel.kind]),
      el('span', { class: 'label' }, workspace.title(channel)),
      channel.kind === 'group' ? el('span', { class: 'visually-hidden' }, ' (private)') : undefined,
      unread ? dot : undefined,
    ),
  );
}

export function createSidebar({ workspace, choose }) {
  const byId = (id) => document.getElementById(id);
  let drawn = '';

  return {
    draw(open, user) {
      const { channels, team, users } = workspace.state;
      const version = JSON.stringify([open, user, channels, [...workspace.unread.keys()]]);
      if (version === drawn) return;
      drawn = version;
      const focused = document.activeElement?.dataset?.testid;
      byId('workspace-name').textContent = team.name;
      const direct = (channel) => channel.kind === 'im' || channel.kind === 'mpim';
      const links = (list) => list.map((channel) => link(channel, workspace, open, choose));
      byId('channels').replaceChildren(...links(channels.filter((channel) => !direct(channel))));
      byId('directs').replaceChildren(
        ...links(channels.filter(direct).sort((a, b) => a.kind.localeCompare(b.kind))),
      );
      if (focused?.startsWith('channel-')) document.querySelector(`[data-testid="${focused}"]`)?.focus();
      const switcher = byId('user-switcher');
      if (switcher.childElementCount === 0) {
        const people = users.filter((one) => !one.isBot);
        switcher.append(...people.map((one) => el('option', { value: one.name }, one.realName)));
      }
      switcher.value = user;
    },
  };
}
