/** What the page knows of the workspace, kept up to date by the changes that arrive. */

export const key = (channel, ts) => `${channel}:${ts}`;

export function slugOf(channel) {
  return channel.kind === 'im' ? 'dm' : channel.name;
}

/** How the control API addresses it. */
export function addressOf(channel) {
  if (channel.kind === 'im') return 'dm';
  return channel.kind === 'mpim' ? channel.id : `#${channel.name}`;
}

export function createWorkspace() {
  let state;
  let messages = new Map();
  let threads = new Map();
  /** By channel id: the first message that was not seen. */
  const unread = new Map();
  const unreadThreads = new Set();

  function repliesOf(root) {
    return [...messages.values()].filter(
      (item) =>
        item.channel === root.channel &&
        item.thread_ts === root.ts &&
        item.ts !== root.ts &&
        !item.is_ephemeral,
    );
  }

  /** The root tells how many replies it has; the count is kept here so that only the reply itself needs to be sent. */
  function countReply(message) {
    const root = messages.get(key(message.channel, message.thread_ts));
    if (root === undefined || root.ts === message.ts || message.is_ephemeral) return;
    const replies = repliesOf(root);
    const latest = replies
      .map((item) => item.ts)
      .sort()
      .at(-1);
    messages.set(key(root.channel, root.ts), { ...root, reply_count: replies.length, latest_reply: latest });
  }

  return {
    unread,
    unreadThreads,
    get ready() {
      return state !== undefined;
    },
    get state() {
      return state;
    },
    load(loaded) {
      state = loaded;
      messages = new Map(state.messages.map((message) => [key(message.channel, message.ts), message]));
      threads = new Map(state.threads.map((thread) => [key(thread.channel, thread.threadTs), thread]));
    },
    users: () => new Map(state.users.map((user) => [user.id, user])),
    people: () => state.users,
    names: {
      user: (id) => state.users.find((user) => user.id === id)?.realName ?? id,
      channel: (id) => state.channels.find((channel) => channel.id === id)?.name ?? id,
      slug(id) {
        const found = state.channels.find((channel) => channel.id === id);
        return found === undefined ? id : slugOf(found);
      },
    },
    /** What a conversation is called for the person who looks. */
    title(channel) {
      if (channel.kind === 'im') return 'Cloud Engineer';
      if (channel.kind !== 'mpim') return channel.name;
      const others = channel.members.filter((id) => id !== state.me.id);
      return others.map((id) => state.users.find((user) => user.id === id)?.realName ?? id).join(', ');
    },
    message: (channel, ts) => messages.get(key(channel, ts)),
    thread: (channel, ts) => threads.get(key(channel, ts)),
    inChannel: (channel) =>
      [...messages.values()]
        .filter((item) => item.channel === channel.id)
        .sort((a, b) => Number(a.ts) - Number(b.ts)),
    repliesOf,
    /** Returns the message that was there before. */
    takeMessage(message) {
      const id = key(message.channel, message.ts);
      const known = messages.get(id);
      messages.set(id, message);
      if (message.thread_ts !== undefined && message.thread_ts !== message.ts) countReply(message);
      return known;
    },
    /** Marks what a person has not seen. True when it is in the channel that is open behind a hidden page. */
    noteUnread(message, open, openThread, hidden) {
      if (message.user === state.me.id) return false;
      const here = message.channel === open.id;
      if ((!here || hidden) && !unread.has(message.channel)) unread.set(message.channel, message.ts);
      const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
      if (inThread && message.thread_ts !== openThread) unreadThreads.add(message.thread_ts);
      return here && hidden;
    },
    takeDeleted({ channel, ts }) {
      const gone = messages.get(key(channel, ts));
      messages.delete(key(channel, ts));
      if (gone?.thread_ts !== undefined) countReply(gone);
    },
    takeThread(thread) {
      threads.set(key(thread.channel, thread.threadTs), thread);
    },
    takeViews(views) {
      state = { ...state, views };
    },
  };
}
