import type { Logger } from '../telemetry/logger.ts';
import { ReplyRefused } from '../turns/reply.ts';
import type { PostedPart } from '../turns/turn.ts';
import { UploadFailed } from './failures.ts';
import { notAttached, type Upload } from './files-choice.ts';
import {
  asRecord,
  asRecords,
  NoAnswer,
  SlackRefusal,
  type ThreadMessage,
  type ThreadWriter,
} from './thread-writer.ts';

export interface FileDeliveryDeps {
  readonly writer: ThreadWriter;
  /** Sends the bytes to where Slack wants them. Throws when they did not arrive. */
  readonly upload: (url: string, bytes: Uint8Array) => Promise<void>;
  readonly channel: string;
  readonly thread: string;
  readonly log: Logger;
}

const UPLOAD_TRIES = 3;
const UPLOAD_BACKOFF_MS = 500;

/**
 * The files of a reply, as one message below its text. Slack names a file before it is shown, and that name goes on
 * record first: after an unknown outcome, or a lost worker, the thread is searched for it before it is shown again.
 * What remains: Slack may bring a file into the thread a moment after it answered, and who looks in between shows it
 * again under the same name.
 */
export function createFileDelivery(deps: FileDeliveryDeps, recorded: readonly PostedPart[]) {
  const { writer, channel, thread, log } = deps;
  let posted: readonly PostedPart[] = recorded;

  const sharesOneOf =
    (ids: ReadonlySet<string>) =>
    (message: ThreadMessage): boolean =>
      asRecords(message.files).some((file) => ids.has(String(file.id)));

  /** A file of Slack's that holds the bytes and is shown nowhere yet. */
  async function put({ name, alt, bytes }: Upload): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      const place = asRecord(
        await writer.attempt(
          'files.getUploadURLExternal',
          { filename: name, length: bytes.length, ...(alt ? { alt_txt: alt } : {}) },
          'final',
        ),
      );
      try {
        writer.assertHeld();
        await deps.upload(String(place.upload_url), bytes);
        return String(place.file_id);
      } catch (error) {
        if (error instanceof UploadFailed && tries < UPLOAD_TRIES)
          await writer.pause(UPLOAD_BACKOFF_MS * tries);
        else throw error;
      }
    }
  }

  /** Shows files that Slack has. Once, as far as Slack lets us see. */
  async function share(files: readonly { readonly id: string; readonly title?: string }[]): Promise<void> {
    const ids = new Set(files.map((file) => file.id));
    let doubted = false;
    const isShared = async () => {
      doubted = true;
      return (await writer.findMessage(sharesOneOf(ids))) && {};
    };
    try {
      await writer.attempt(
        'files.completeUploadExternal',
        { files, channel_id: channel, thread_ts: thread },
        'final',
        isShared,
      );
    } catch (error) {
      // Refused after a call that may have been carried out: perhaps because it was.
      if (!(doubted && error instanceof SlackRefusal && (await isShared()))) throw error;
    }
    posted = files.map(({ id }) => ({ id, streaming: false, file: 'shared' as const }));
  }

  /** What an earlier worker had named may be shown already; if not, it is now. False: it has to be uploaded again. */
  async function resume(uploads: readonly Upload[]): Promise<boolean> {
    const ids = posted.map((part) => part.id);
    if (posted.some((part) => part.file === 'shared')) return true;
    if (ids.length === 0) return false;
    if (await writer.findMessage(sharesOneOf(new Set(ids)))) {
      posted = posted.map((part) => ({ ...part, file: 'shared' as const }));
      return true;
    }
    try {
      const titles = uploads.length === ids.length ? uploads.map((upload) => upload.title) : [];
      await share(ids.map((id, i) => ({ id, ...(titles[i] ? { title: titles[i] } : {}) })));
      return true;
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      return false;
    }
  }

  return {
    posted: (): readonly PostedPart[] => posted,
    /** Answers what the reader has to know of files that could not be shown. `record` keeps `posted` for a successor. */
    async deliver(uploads: readonly Upload[], record: () => Promise<void>): Promise<string[]> {
      const remarks: string[] = [];
      const failed = (names: readonly Upload[], error: unknown) => {
        if (!isFailure(error)) throw error;
        log.warn(
          { err: error },
          'a file of the agent could not be attached: is the scope files:write granted?',
        );
        remarks.push(...names.map(({ name }) => notAttached(name, 'Slack did not take it')));
      };
      if (uploads.length === 0) return remarks;
      const kept: { upload: Upload; id: string }[] = [];
      try {
        if (await resume(uploads)) return remarks;
        for (const upload of uploads) {
          try {
            kept.push({ upload, id: await put(upload) });
          } catch (error) {
            failed([upload], error);
          }
        }
        if (kept.length === 0) return remarks;
        posted = kept.map(({ id }) => ({ id, streaming: false, file: 'named' as const }));
        await record();
        await share(kept.map(({ id, upload }) => ({ id, title: upload.title })));
      } catch (error) {
        failed(
          kept.map(({ upload }) => upload),
          error,
        );
      }
      return remarks;
    },
  };
}

/** What costs the reader a file, but not the answer. Everything else is thrown on. */
function isFailure(error: unknown): boolean {
  return (
    error instanceof SlackRefusal ||
    error instanceof NoAnswer ||
    error instanceof ReplyRefused ||
    error instanceof UploadFailed
  );
}
