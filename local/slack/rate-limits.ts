/** Calls a minute that Slack grants an app in a workspace. Source: docs.slack.dev, "Rate limits", and each method's page. */
const PER_MINUTE: Readonly<Record<string, number>> = {
  'chat.update': 50,
  'chat.delete': 50,
  'chat.postEphemeral': 100,
  'chat.startStream': 20,
  'chat.appendStream': 100,
  'chat.stopStream': 20,
  'assistant.threads.setStatus': 100,
  'assistant.threads.setTitle': 100,
  'assistant.threads.setSuggestedPrompts': 100,
  'agents.sessions.setStatus': 50,
  'agents.sessions.rename': 20,
  'conversations.replies': 50,
  'conversations.history': 50,
  'conversations.info': 50,
  'conversations.list': 20,
  'conversations.open': 50,
  'users.info': 100,
  'users.list': 20,
  'reactions.add': 50,
  'views.open': 100,
  'views.publish': 100,
  'auth.test': 100,
};

/** `chat.postMessage`: one a second in a channel, with a short burst. */
const POST_BURST = 4;
const MINUTE_MS = 60_000;

export interface RateLimits {
  /** Seconds to wait, or undefined when the call may go on. A refused call is not counted. */
  retryAfter(method: string, channel: string | undefined): number | undefined;
}

export function createRateLimits(mode: 'slack' | 'off', now: () => number): RateLimits {
  const windows = new Map<string, number[]>();

  function within(key: string, limit: number, periodMs: number): number | undefined {
    const at = now();
    const recent = (windows.get(key) ?? []).filter((time) => at - time < periodMs);
    windows.set(key, recent);
    const oldest = recent[recent.length - limit];
    if (oldest !== undefined) return Math.max(1, Math.ceil((oldest + periodMs - at) / 1000));
    recent.push(at);
    return undefined;
  }

  return {
    retryAfter(method, channel) {
      if (mode === 'off') return undefined;
      if (method === 'chat.postMessage')
        return within(`post:${channel ?? ''}`, POST_BURST, POST_BURST * 1000);
      const limit = PER_MINUTE[method];
      return limit === undefined ? undefined : within(method, limit, MINUTE_MS);
    },
  };
}
