import { WebAPIRequestError, WebClient } from '@slack/web-api';
import { slackFailure } from './failures.ts';

export interface SlackClientOptions {
  readonly token: string;
  /** Ends with a slash: `https://slack.com/api/`. */
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly observe: (method: string, outcome: string) => void;
}

export type SlackClient = ReturnType<typeof createSlackClient>;
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
