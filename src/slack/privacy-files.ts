import type { CallAside } from './asides.ts';
import type { SlackUploader } from './client.ts';
import { slackFailure, UploadFailed } from './failures.ts';
import { escapeText } from './text.ts';

/** An account in a workspace. */
interface Somebody {
  readonly tenant: string;
  readonly id: string;
}

/** Nobody waits for it, and it has to arrive. */
const PATIENCE_MS = 10 * 60_000;
const UPLOAD_TRIES = 3;
/** Slack's answers to a deletion that mean: it is not there. */
const GONE = new Set(['file_not_found', 'file_deleted']);

export interface PrivateFilesDeps {
  readonly callAside: CallAside;
  readonly client: SlackUploader;
}

/** Files in a direct message, for one person: the words first, the files below them. */
export function createPrivateFiles({ callAside, client }: PrivateFilesDeps) {
  async function upload(workspace: string, name: string, bytes: Uint8Array): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      const { upload_url: url, file_id: file } = await callAside({
        workspace,
        method: 'files.getUploadURLExternal',
        args: { filename: name, length: bytes.length },
        patienceMs: PATIENCE_MS,
      });
      try {
        await client.upload(String(url), bytes);
        return String(file);
      } catch (error) {
        if (!(error instanceof UploadFailed) || tries >= UPLOAD_TRIES) throw error;
      }
    }
  }

  return {
    /** Nothing is written before the first word. */
    deliverTo({ tenant: workspace, id }: Somebody) {
      let message: { readonly channel: string; readonly ts: string } | undefined;
      const call = (method: string, args: Record<string, unknown>) =>
        callAside({ workspace, method, args, patienceMs: PATIENCE_MS });

      async function say(text: string): Promise<void> {
        if (message) {
          await call('chat.update', { ...message, text: escapeText(text) });
          return;
        }
        const { channel, ts } = await call('chat.postMessage', { channel: id, text: escapeText(text) });
        message = { channel: String(channel), ts: String(ts) };
      }

      return {
        afterwards: 'When you write `forget me`, these files go, too.',
        say,
        async give(name: string, text: string, named: (file: string) => Promise<void>): Promise<void> {
          if (!message) throw new Error('a file comes below words');
          const file = await upload(workspace, name, Buffer.from(text));
          await named(file);
          await call('files.completeUploadExternal', {
            files: [{ id: file, title: name }],
            channel_id: message.channel,
            thread_ts: message.ts,
          });
        },
      };
    },

    /** Resolves also when it is gone already. Throws when Slack could not be told. */
    async remove({ tenant: workspace }: Somebody, file: string): Promise<void> {
      try {
        await callAside({ workspace, method: 'files.delete', args: { file }, patienceMs: PATIENCE_MS });
      } catch (error) {
        const failure = slackFailure(error);
        if (failure?.kind !== 'refused' || !GONE.has(failure.code)) throw error;
      }
    },
  };
}
