import { WebAPIRequestError, WebClient } from '@slack/web-api';
import { slackFailure, UploadFailed } from './failures.ts';

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
export type SlackAnswer = Readonly<Record<string, unknown>>;

/**
 * Slack's Web API: one try a call, with a time-out. Waiting and repeating is decided by the caller, who knows what
 * a doubled call would do.
 */
export function createSlackClient(options: SlackClientOptions) {
  const web = new WebClient(options.token, {
    slackApiUrl: options.apiUrl,
    timeout: options.timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    // A queue inside the client would send a call long after its lease was checked.
    maxRequestConcurrency: Number.POSITIVE_INFINITY,
    allowAbsoluteUrls: false,
    fetch: fetchFromSlack,
    logger: SILENT,
  });
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
        const answer = await web.apiCall(method, args);
        options.observe(method, 'ok');
        return answer as unknown as SlackAnswer;
      } catch (thrown) {
        // What the SDK did not name broke while the answer was read: the call may have been carried out.
        const error = slackFailure(thrown) ? thrown : new WebAPIRequestError(asError(thrown));
        options.observe(method, slackFailure(error)?.kind ?? 'error');
        throw error;
      }
    },
  };
}

/** A 429 without a readable `Retry-After` would be an error of unknown kind to the SDK; one second is a fair guess. */
const fetchFromSlack: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  if (answer.status !== 429 || /^\d+$/.test(answer.headers.get('retry-after') ?? '')) return answer;
  await answer.body?.cancel();
  return new Response(null, { status: 429, headers: { 'retry-after': '1' } });
};

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Failures are logged where they are handled, with the turn they belong to. */
const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => 'error' as never,
  setName() {},
};
