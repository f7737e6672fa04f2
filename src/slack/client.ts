import { WebClient } from '@slack/web-api';
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
    logger: SILENT,
  });
  return {
    /** Throws the SDK's errors; `slackFailure` sorts them. */
    async call(method: string, args: Record<string, unknown>): Promise<SlackAnswer> {
      try {
        const answer = await web.apiCall(method, args);
        options.observe(method, 'ok');
        return answer as unknown as SlackAnswer;
      } catch (error) {
        options.observe(method, slackFailure(error)?.kind ?? 'error');
        throw error;
      }
    },
  };
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
