/** The head of the conversation that is open: its name, what is worth knowing about it, and the tabs of the app. */

const byId = (id) => document.getElementById(id);

function drawTabs(channel, tab) {
  byId('tabs').hidden = channel.kind !== 'im';
  for (const name of ['messages', 'home']) {
    const selected = name === tab;
    byId(`tab-${name}`).setAttribute('aria-selected', String(selected));
    byId(`tab-${name}`).tabIndex = selected ? 0 : -1;
  }
  byId('conversation').hidden = tab === 'home';
  byId('home').hidden = tab !== 'home';
}

/** Returns how the composer should call the place. */
export function drawHeader(channel, title, tab) {
  const direct = channel.kind === 'im' || channel.kind === 'mpim';
  byId('channel-title').textContent = direct ? title : `# ${title}`;
  const notes = [
    channel.kind === 'im' ? undefined : `${channel.members.length} members`,
    channel.kind === 'group' ? 'private' : undefined,
    channel.isExternallyShared && channel.kind !== 'im' ? 'shared with Outside' : undefined,
  ];
  byId('channel-note').textContent = notes.filter(Boolean).join(' · ');
  drawTabs(channel, tab);
  return direct ? title : `#${title}`;
}
