import { checkBlocks } from './block-rules.ts';
import { isRefusal } from './content-rules.ts';
import type { Events } from './events.ts';
import { type Answer, type Block, type Message, refuse, type SharedFile } from './model.ts';
import type { Posting } from './posting.ts';
import type { Presenter } from './present.ts';
import { APP } from './seed.ts';
import type { State } from './state.ts';

export interface PostedFile {
  readonly name: string;
  readonly mimetype?: string;
  readonly content: string | Buffer;
  readonly altText?: string;
}

export interface CompleteArguments {
  readonly files: readonly { readonly id: string; readonly title?: string | undefined }[];
  readonly channel_id?: string | undefined;
  readonly channels?: string | undefined;
  readonly thread_ts?: string | undefined;
  readonly initial_comment?: string | undefined;
  readonly blocks?: unknown;
}

export interface Files {
  /** Keeps what a person attached. */
  keep(file: PostedFile, userId: string): SharedFile;
  /** Notes that this message shows its files, and tells the app. */
  shared(message: Message): void;
  uploadUrl(args: { filename: string; length: number; alt_txt?: string | undefined }): Answer;
  /** The bytes that arrived at an upload URL. Returns the HTTP answer. */
  receive(ticket: string, content: Buffer): { readonly status: number; readonly text: string };
  complete(args: CompleteArguments): Answer;
  info(id: string): Answer;
  remove(id: string): Answer;
}

interface Upload {
  readonly fileId: string;
  readonly name: string;
  readonly length: number;
  readonly altText: string | undefined;
  content: Buffer | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  webp: 'image/webp',
};

function typeOf(name: string): string {
  return TYPES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}

/**
 * Files and their upload in three steps. Source: docs.slack.dev, `files.getUploadURLExternal`,
 * `files.completeUploadExternal`, "Working with files".
 */
export function createFiles(deps: {
  state: State;
  posting: Posting;
  events: Events;
  presenter: Presenter;
  now: () => number;
  baseUrl: () => string;
}): Files {
  const { state, posting, events, presenter, now, baseUrl } = deps;
  const uploads = new Map<string, Upload>();

  const findUpload = (fileId: string) => [...uploads].find(([, upload]) => upload.fileId === fileId);

  function store(file: Omit<SharedFile, 'createdAt' | 'shares' | 'size'>): SharedFile {
    const kept = { ...file, size: file.content.length, createdAt: Math.floor(now() / 1000), shares: [] };
    state.keepFile(kept);
    return kept;
  }

  function shared(message: Message): void {
    for (const file of message.files) {
      file.shares.push({ channel: message.channel, ts: message.ts, threadTs: message.threadTs });
      void events.fileShared(file, message);
    }
  }

  return {
    shared,
    keep: ({ name, mimetype = 'text/plain', content, altText }, userId) =>
      store({
        id: state.nextId('F'),
        name,
        title: name,
        mimetype,
        content: typeof content === 'string' ? Buffer.from(content) : content,
        userId,
        altText,
      }),
    uploadUrl({ filename, length, alt_txt: altText }) {
      const fileId = state.nextId('F');
      const ticket = state.nextId('UP');
      uploads.set(ticket, { fileId, name: filename, length, altText, content: undefined });
      return { ok: true, upload_url: `${baseUrl()}/upload/v1/${ticket}`, file_id: fileId };
    },
    receive(ticket, content) {
      const upload = uploads.get(ticket);
      if (upload === undefined) return { status: 404, text: 'No such upload' };
      if (content.length !== upload.length) {
        return { status: 400, text: `Announced were ${upload.length} bytes, ${content.length} came` };
      }
      upload.content = content;
      return { status: 200, text: `OK - ${content.length}` };
    },
    complete(args) {
      const found = args.files.map(({ id }) => findUpload(id));
      if (found.some((item) => item?.[1].content === undefined)) return refuse('file_not_found');
      const target = args.channel_id ?? args.channels;
      const channel = target === undefined ? undefined : posting.writable(target);
      if (channel !== undefined && isRefusal(channel)) return channel;
      const badThread =
        channel === undefined || args.thread_ts === undefined
          ? undefined
          : posting.checkThread(channel.id, args.thread_ts);
      if (badThread !== undefined) return badThread;
      const badBlocks = args.blocks === undefined ? undefined : checkBlocks(args.blocks);
      if (badBlocks !== undefined) return badBlocks;
      const files = found.flatMap((item, index) => {
        const [ticket, upload] = item ?? [];
        if (ticket === undefined || upload?.content === undefined) return [];
        uploads.delete(ticket);
        const { fileId: id, name, altText, content } = upload;
        const title = args.files[index]?.title ?? name;
        return [store({ id, name, title, mimetype: typeOf(name), content, userId: APP.botUserId, altText })];
      });
      if (channel !== undefined) {
        const message = posting.addBotMessage({
          channel: channel.id,
          content: { text: args.initial_comment ?? '', blocks: (args.blocks ?? []) as readonly Block[] },
          threadTs: args.thread_ts,
          files,
        });
        shared(message);
        void events.posted(message);
      }
      return { ok: true, files: files.map(presenter.file) };
    },
    info(id) {
      const file = state.files.get(id);
      if (file === undefined) return refuse('file_not_found');
      const shares: Record<string, Record<string, object[]>> = {};
      for (const { channel, ts, threadTs } of file.shares) {
        const kind = state.channel(channel)?.kind === 'channel' ? 'public' : 'private';
        shares[kind] ??= {};
        shares[kind][channel] = [
          ...(shares[kind][channel] ?? []),
          { ts, ...(threadTs === undefined ? {} : { thread_ts: threadTs }) },
        ];
      }
      return { ok: true, file: { ...presenter.file(file), shares }, comments: [] };
    },
    remove(id) {
      const file = state.files.get(id);
      if (file === undefined) return refuse('file_not_found');
      if (file.userId !== APP.botUserId) return refuse('cant_delete_file');
      state.dropFile(id);
      for (const { channel, ts } of file.shares) {
        const message = state.message(channel, ts);
        if (message !== undefined) state.changed(message);
      }
      return { ok: true };
    },
  };
}
