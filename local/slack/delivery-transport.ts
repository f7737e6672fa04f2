import { signedHeaders } from './signing.ts';

/** One attempt to hand something to the app, however it travels. */
export interface Outgoing {
  readonly kind: 'events_api' | 'interactive' | 'slash_commands';
  readonly payload: Readonly<Record<string, unknown>>;
  /** Set when this repeats an attempt that was not acknowledged. */
  readonly retry: { readonly number: number; readonly reason: string } | undefined;
}

export type Attempt =
  | { readonly outcome: number; readonly body: string; readonly noRetry: boolean }
  | { readonly outcome: 'http_timeout' | 'connection_failed'; readonly body: ''; readonly noRetry: false };

export interface Transport {
  /** Never rejects: what went wrong is the outcome. */
  send(item: Outgoing, signal: AbortSignal): Promise<Attempt>;
}

export const failed = (outcome: 'http_timeout' | 'connection_failed'): Attempt => ({
  outcome,
  body: '',
  noRetry: false,
});

function encode({ kind, payload }: Outgoing): { readonly type: string; readonly body: string } {
  const form = 'application/x-www-form-urlencoded';
  if (kind === 'events_api') return { type: 'application/json', body: JSON.stringify(payload) };
  const fields = kind === 'interactive' ? { payload: JSON.stringify(payload) } : payload;
  return { type: form, body: new URLSearchParams(fields as Record<string, string>).toString() };
}

/** Signed requests to the app's request URL. Source: docs.slack.dev, "Events API" and "Handling user interaction". */
export function createHttpTransport(options: {
  eventsUrl: () => string;
  signingSecret: string;
  ackTimeoutMs: number;
}): Transport {
  const { eventsUrl, signingSecret, ackTimeoutMs } = options;
  return {
    async send(item, stopped) {
      const { type, body } = encode(item);
      const retry: Record<string, string> =
        item.retry === undefined
          ? {}
          : {
              'x-slack-retry-num': String(item.retry.number),
              'x-slack-retry-reason': item.retry.reason,
            };
      // Wall-clock time: the receiver compares it with its own clock, which no test turns.
      const signed = signedHeaders(signingSecret, body, Date.now());
      const timeout = AbortSignal.timeout(ackTimeoutMs);
      try {
        const response = await fetch(eventsUrl(), {
          method: 'POST',
          headers: { 'content-type': type, 'user-agent': 'Slackbot 1.0 (stand-in)', ...retry, ...signed },
          body,
          redirect: 'manual',
          signal: AbortSignal.any([timeout, stopped]),
        });
        const noRetry = response.headers.get('x-slack-no-retry') === '1';
        return { outcome: response.status, body: await response.text(), noRetry };
      } catch {
        // The outcome is the answer: the caller records it and retries as Slack would.
        return failed(timeout.aborted ? 'http_timeout' : 'connection_failed');
      }
    },
  };
}
