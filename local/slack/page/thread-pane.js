import { createMessageList } from './message-list.js';
import { el } from './render.js';

/** The pane beside the channel: a thread with its title, its agent session, the status line and suggested prompts. */

const SESSIONS = { processing: 'Working', suspended: 'Paused', closed: 'Closed' };
const NEXT_LOADING_MS = 2500;

export function createThreadPane({ workspace, sendPrompt }) {
  const byId = (id) => document.getElementById(id);
  const pane = byId('thread-pane');
  const list = createMessageList(byId('thread-messages'), { onEnter: () => byId('thread-reply').focus() });
  let loading = [];
  let turn = 0;

  setInterval(() => {
    if (loading.length === 0) return;
    turn += 1;
    byId('loading').textContent = loading[turn % loading.length];
  }, NEXT_LOADING_MS);

  function drawStatus(thread, streaming) {
    const working = thread?.session === 'processing';
    const text = thread?.status || (working && !streaming ? 'is working…' : '');
    byId('status-line').hidden = text === '' && !working;
    const said = text === '' ? '' : `Cloud Engineer ${text}`;
    if (byId('status').textContent !== said) byId('status').textContent = said;
    byId('stop').hidden = !working;
    const next = thread?.status ? (thread.loadingMessages ?? []) : [];
    if (next.join() !== loading.join()) {
      loading = next;
      turn = 0;
      byId('loading').textContent = next[0] ?? '';
    }
  }

  return {
    draw(channel, ts, context) {
      const root = ts === null ? undefined : workspace.message(channel.id, ts);
      pane.hidden = root === undefined;
      document.body.classList.toggle('with-thread', root !== undefined);
      if (root === undefined) return;
      workspace.unreadThreads.delete(ts);
      const messages = workspace
        .inChannel(channel)
        .filter((item) => item.ts === root.ts || item.thread_ts === root.ts);
      list.draw(messages, { ...context, inThread: true }, { where: `${channel.id}:${ts}` });
      const thread = workspace.thread(channel.id, ts);
      byId('thread-title').textContent = thread?.title || 'Thread';
      byId('thread-note').textContent =
        channel.kind === 'im' ? '' : `${channel.kind === 'mpim' ? '' : '# '}${workspace.title(channel)}`;
      const badge = SESSIONS[thread?.session] ?? '';
      byId('thread-session').textContent = badge;
      byId('thread-session').hidden = badge === '';
      drawStatus(
        thread,
        messages.some((item) => item.state === 'streaming'),
      );
      drawPrompts(byId('thread-prompts'), thread?.prompts ?? [], sendPrompt);
    },
  };
}

/** Suggested prompts as buttons; only drawn anew when they change. */
export function drawPrompts(box, prompts, send) {
  const version = JSON.stringify(prompts);
  box.hidden = prompts.length === 0;
  if (box.dataset.version === version) return;
  box.dataset.version = version;
  box.replaceChildren(
    ...prompts.map(({ title, message }) =>
      el(
        'button',
        { type: 'button', class: 'small prompt', title: message, onclick: () => send(message) },
        title,
      ),
    ),
  );
}
