import type { Channel, Message, SharedFile, Stream, ThreadState, User, View } from './model.ts';
import { morePeople, seedChannels, TEAM, USERS } from './seed.ts';

/** A change that a page may want to show. */
export type Change =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'deleted'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'thread'; readonly thread: ThreadState }
  | { readonly kind: 'channels' }
  | { readonly kind: 'views'; readonly userId: string }
  | { readonly kind: 'reset' };

/** Slack ends a stream about five minutes after its start, appended to or not; this is the lower end of what is observed. */
export const STREAM_LIFETIME_MS = 300_000;
/** `assistant.threads.setStatus` is cleared after two minutes. */
export const STATUS_LIFETIME_MS = 120_000;

export interface WorkspaceState {
  readonly team: { readonly id: string; readonly name: string; readonly domain: string };
  readonly users: readonly User[];
  readonly channels: readonly Channel[];
  readonly threads: ReadonlyMap<string, ThreadState>;
  /** The App Home of each person for whom one was published. */
  readonly homes: ReadonlyMap<string, View>;
  /** The modals that are open for each person, the one on top last. */
  readonly modals: ReadonlyMap<string, readonly View[]>;
  readonly files: ReadonlyMap<string, SharedFile>;
  /** All messages of a conversation in order, ephemeral ones included. */
  messages(channelId: string): readonly Message[];
}

/** The messages of one conversation, found quickly. Ephemeral ones are only in `all`. */
interface Shelf {
  readonly all: Message[];
  readonly byTs: Map<string, Message>;
  readonly replies: Map<string, Message[]>;
}

export type State = ReturnType<typeof createState>;

/** True while Slack would still accept appends. Reading is what notices that the lifetime is over. */
export function isStreaming(stream: Stream | undefined, now: number): stream is Stream {
  if (stream === undefined) return false;
  if (stream.ended === 'no' && now - stream.startedAt >= stream.lifetimeMs) stream.ended = 'expired';
  return stream.ended === 'no';
}

/** One workspace in memory: who is there, what was written, and who wants to hear of changes. */
export function createState(now: () => number, extraPeople = 0) {
  const more = morePeople(extraPeople);
  const users: readonly User[] = [...USERS, ...more];
  let channels = seedChannels(more);
  let shelves = new Map<string, Shelf>();
  let threads = new Map<string, ThreadState>();
  let homes = new Map<string, View>();
  let modals = new Map<string, View[]>();
  let files = new Map<string, SharedFile>();
  let lastMicros = 0;
  let serial = 0;
  const listeners = new Set<(change: Change) => void>();

  function publish(change: Change): void {
    for (const listener of listeners) listener(change);
  }

  function shelf(channelId: string): Shelf {
    const found = shelves.get(channelId) ?? { all: [], byTs: new Map(), replies: new Map() };
    shelves.set(channelId, found);
    return found;
  }

  return {
    team: TEAM,
    users,
    get channels(): readonly Channel[] {
      return channels;
    },
    get threads(): ReadonlyMap<string, ThreadState> {
      return threads;
    },
    get homes(): ReadonlyMap<string, View> {
      return homes;
    },
    get modals(): ReadonlyMap<string, readonly View[]> {
      return modals;
    },
    get files(): ReadonlyMap<string, SharedFile> {
      return files;
    },
    messages: (channelId: string): readonly Message[] => shelf(channelId).all,

    /** Unique and increasing, seconds with six digits, like every Slack `ts`. */
    nextTs(): string {
      const micros = Math.max(Math.floor(now()) * 1000, lastMicros + 100);
      lastMicros = micros;
      return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
    },
    /** An id of Slack's shape: prefix and ten characters. */
    nextId(prefix: string): string {
      serial += 1;
      return `${prefix}0${serial.toString(36).toUpperCase().padStart(9, '0')}`;
    },

    user: (id: string): User | undefined => users.find((user) => user.id === id),
    /** By id or by handle. */
    findUser: (name: string): User | undefined =>
      users.find((user) => user.id === name || user.name === name.replace(/^@/, '')),
    channel: (id: string): Channel | undefined => channels.find((channel) => channel.id === id),
    /** By id, by `#name`, or `dm` for the direct message of this user with the bot. */
    findChannel(name: string, user: User): Channel | undefined {
      const wanted = name.replace(/^#/, '');
      return channels.find((channel) =>
        channel.kind === 'im'
          ? channel.id === wanted || (wanted === 'dm' && channel.members.has(user.id))
          : channel.id === wanted || channel.name === wanted,
      );
    },
    message: (channelId: string, ts: string): Message | undefined => shelf(channelId).byTs.get(ts),
    /** Root and replies in order. */
    thread(channelId: string, ts: string): readonly Message[] {
      const { byTs, replies } = shelf(channelId);
      const root = byTs.get(ts);
      return root === undefined ? (replies.get(ts) ?? []) : [root, ...(replies.get(ts) ?? [])];
    },

    add(message: Message): void {
      const { all, byTs, replies } = shelf(message.channel);
      all.push(message);
      if (message.ephemeralFor === undefined) {
        byTs.set(message.ts, message);
        if (message.threadTs !== undefined) {
          const thread = replies.get(message.threadTs);
          if (thread === undefined) replies.set(message.threadTs, [message]);
          else thread.push(message);
        }
      }
      publish({ kind: 'message', message });
    },
    /** Call after changing a message in place. */
    changed(message: Message): void {
      publish({ kind: 'message', message });
    },
    remove(message: Message): void {
      const { all, byTs, replies } = shelf(message.channel);
      const place = all.indexOf(message);
      // Removed before, say by a response URL that serves several times.
      if (place < 0) return;
      all.splice(place, 1);
      byTs.delete(message.ts);
      const thread = replies.get(message.threadTs ?? '');
      if (thread?.includes(message) === true) thread.splice(thread.indexOf(message), 1);
      publish({ kind: 'deleted', channel: message.channel, ts: message.ts });
    },
    /** The state shown under a thread, made on first use. */
    threadState(channel: string, threadTs: string): ThreadState {
      const key = `${channel}:${threadTs}`;
      const thread = threads.get(key) ?? {
        channel,
        threadTs,
        status: '',
        loadingMessages: [],
        statusSetAt: 0,
        session: undefined,
        title: undefined,
        prompts: [],
      };
      threads.set(key, thread);
      return thread;
    },
    threadChanged(thread: ThreadState): void {
      publish({ kind: 'thread', thread });
    },
    join(channel: Channel, userId: string): void {
      channel.members.add(userId);
      publish({ kind: 'channels' });
    },
    /** Ends what has outlived its time and tells the listeners. Reading notices it anyway; this is for those who watch. */
    sweep(): void {
      const at = now();
      for (const message of [...shelves.values()].flatMap(({ all }) => all)) {
        if (message.stream?.ended === 'no' && !isStreaming(message.stream, at))
          publish({ kind: 'message', message });
      }
      for (const thread of threads.values()) {
        if (thread.status === '' || at - thread.statusSetAt < STATUS_LIFETIME_MS) continue;
        thread.status = '';
        publish({ kind: 'thread', thread });
      }
    },
    addChannel(channel: Channel): void {
      channels.push(channel);
      publish({ kind: 'channels' });
    },
    keepFile(file: SharedFile): void {
      files.set(file.id, file);
    },
    dropFile(id: string): void {
      files.delete(id);
    },
    setHome(view: View): void {
      homes.set(view.userId, view);
      publish({ kind: 'views', userId: view.userId });
    },
    setModals(userId: string, stack: View[]): void {
      if (stack.length === 0) modals.delete(userId);
      else modals.set(userId, stack);
      publish({ kind: 'views', userId });
    },
    reset(): void {
      channels = seedChannels(more);
      shelves = new Map();
      threads = new Map();
      homes = new Map();
      modals = new Map();
      files = new Map();
      publish({ kind: 'reset' });
    },
    /** Returns the function that ends the listening. */
    listen(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
