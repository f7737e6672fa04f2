/** Talks to the stand-in: reads the state, hears of changes, does what a person does. */

async function send(path, body) {
  const response = await fetch(`/control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!answer.ok) throw new Error(answer.error.replace(/^Error: /, ''));
  return answer;
}

/** What is undefined is not sent. */
export const act = {
  post: (user, channel, text, threadTs, files) => send('post', { user, channel, text, threadTs, files }),
  edit: (user, channel, ts, text) => send('edit', { user, channel, ts, text }),
  remove: (user, channel, ts) => send('delete', { user, channel, ts }),
  react: (user, channel, ts, name) => send('react', { user, channel, ts, name }),
  command: (user, channel, command, text) => send('command', { user, channel, command, text }),
  shortcut: (user, callbackId, channel, ts) => send('shortcut', { user, callbackId, channel, ts }),
  invite: (user, channel) => send('invite', { user, channel }),
  click: (user, channel, ts, actionId, value) => send('click', { user, channel, ts, actionId, value }),
  clickView: (user, viewId, actionId, value) => send('click-view', { user, viewId, actionId, value }),
  submitView: (user, viewId, values) => send('submit-view', { user, viewId, values }),
  closeView: (user) => send('close-view', { user }),
  home: (user) => send('home', { user }),
  stop: (user, channel, threadTs) => send('stop', { user, channel, threadTs }),
};

export async function loadState(user) {
  const response = await fetch(`/page/state?user=${encodeURIComponent(user)}`);
  if (!response.ok) throw new Error(`The workspace answered ${response.status}`);
  return response.json();
}

/** Hears of changes until the returned function is called. `onOpen` runs at every (re)connection: reload then. */
export function listen(user, { onOpen, onChange, onLost }) {
  const source = new EventSource(`/page/events?user=${encodeURIComponent(user)}`);
  source.addEventListener('open', onOpen);
  source.addEventListener('message', (event) => onChange(JSON.parse(event.data)));
  source.addEventListener('error', onLost);
  return () => source.close();
}
