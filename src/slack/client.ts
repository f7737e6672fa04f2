import { slackFailure, UploadFailed } from './failures.ts';
import { createWebApi, type SlackAnswer } from './web-api.ts';

export interface SlackClientOptions {
  readonly token: string;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly observe: (method: string, outcome: string) => void;
}

/** For the bytes of one file. Nobody sees them yet, so a lost worker that still sends them does no harm. */
const UPLOAD_TIMEOUT_MS = 30_000;

type FullClient = ReturnType<typeof createSlackClient>;
export type SlackClient = Pick<FullClient, 'call'>;
export type SlackUploader = Pick<FullClient, 'upload'>;

/**
 * Slack's Web API: one try a call, with a time-out. Waiting and repeating is decided by the caller, who knows what
 * a doubled call would do.
 */
export function createSlackClient(options: SlackClientOptions) {
  const webApi = createWebApi(options);
  return {
    /** The bytes of a file, to where `files.getUploadURLExternal` wants them. Throws `UploadFailed`. */
    async upload(url: string, bytes: Uint8Array): Promise<void> {
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: new Uint8Array(bytes),
          signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
        });
        await answer.body?.cancel();
        if (!answer.ok) throw new UploadFailed(`http_${answer.status}`);
        options.observe('upload', 'ok');
      } catch (error) {
        options.observe('upload', 'error');
        throw error instanceof UploadFailed ? error : new UploadFailed('no answer', { cause: error });
      }
    },
    /** Throws the SDK's errors; `slackFailure` sorts them. */
    async call(method: string, args: Record<string, unknown>): Promise<SlackAnswer> {
      try {
        const answer = await webApi(method, args);
        options.observe(method, 'ok');
        return answer;
      } catch (error) {
        options.observe(method, slackFailure(error)?.kind ?? 'error');
        throw error;
      }
    },
  };
}
