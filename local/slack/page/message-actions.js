import { act } from './connection.js';
import { ask } from './dialogs.js';
import { addressOf } from './workspace.js';

/** What the person who looks does with a message. `page`: `{user(), channel(), openThread(ts), edit(message), announce(text)}`. */
export function createMessageActions(page) {
  const on =
    (run) =>
    async (...args) => {
      try {
        await run(page.user(), addressOf(page.channel()), ...args);
      } catch (error) {
        page.announce(error.message);
      }
    };

  return {
    openThread: page.openThread,
    edit: page.edit,
    click: on((user, channel, message, element, value) =>
      act.click(user, channel, message.ts, element.action_id, value),
    ),
    react: on((user, channel, message, name) => act.react(user, channel, message.ts, name)),
    shortcut: on((user, channel, message, callbackId) => act.shortcut(user, callbackId, channel, message.ts)),
    saveEdit: on(async (user, channel, message, text) => {
      await act.edit(user, channel, message.ts, text);
      page.edit(undefined);
    }),
    remove: on(async (user, channel, message) => {
      const agreed = await ask({
        title: 'Delete this message?',
        text: 'It is gone for everybody, and the app hears of it.',
        yes: 'Delete',
        danger: true,
      });
      if (agreed) await act.remove(user, channel, message.ts);
    }),
    copyLink: on(async (user, _channel, message) => {
      const query = new URLSearchParams({
        user,
        channel: page.slug(),
        thread: message.thread_ts ?? message.ts,
      });
      await navigator.clipboard.writeText(`${location.origin}/?${query}`);
      page.announce('Link copied');
    }),
  };
}
