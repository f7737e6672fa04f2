/** Calls a minute that Slack grants an app in a workspace. Source: docs.slack.dev, "Rate limits", and each method's page. */
const TIERS: Readonly<Record<number, readonly string[]>> = {
  1: ['apps.connections.open'],
  20: [
    'agents.sessions.rename',
    'chat.startStream',
    'chat.stopStream',
    'conversations.list',
    'reactions.remove',
    'users.list',
  ],
  50: [
    'agents.sessions.setStatus',
    'bots.info',
    'chat.delete',
    'chat.update',
    'conversations.history',
    'conversations.info',
    'conversations.open',
    'conversations.replies',
    'files.delete',
    'reactions.add',
    'reactions.get',
    'team.info',
  ],
  100: [
    'assistant.threads.setStatus',
    'assistant.threads.setSuggestedPrompts',
    'assistant.threads.setTitle',
    'auth.test',
    'chat.appendStream',
    'chat.postEphemeral',
    'conversations.members',
    'files.completeUploadExternal',
    'files.getUploadURLExternal',
    'files.info',
    'users.info',
    'views.open',
    'views.publish',
    'views.push',
    'views.update',
  ],
};

const PER_MINUTE = new Map(
  Object.entries(TIERS).flatMap(([limit, methods]) =>
    methods.map((method): [string, number] => [method, Number(limit)]),
  ),
);

/** `chat.postMessage`: one a second in a channel, with a short burst. */
const POST_BURST = 4;
const MINUTE_MS = 60_000;

export interface RateLimits {
  /** Seconds to wait, or undefined when the call may go on. A refused call is not counted. */
  retryAfter(method: string, channel: string | undefined): number | undefined;
  /** How many calls of each method were answered 429. */
  readonly refused: ReadonlyMap<string, number>;
  clear(): void;
}

/**
 * One app in one workspace, so a limit is counted per method (and per channel for `chat.postMessage`). Time is `now`: a
 * clock that runs faster makes minutes shorter.
 */
export function createRateLimits(mode: 'slack' | 'off', now: () => number): RateLimits {
  const windows = new Map<string, number[]>();
  const refused = new Map<string, number>();

  function within(key: string, limit: number, periodMs: number): number | undefined {
    const at = now();
    const recent = (windows.get(key) ?? []).filter((time) => at - time < periodMs);
    windows.set(key, recent);
    const oldest = recent[recent.length - limit];
    if (oldest !== undefined) return Math.max(1, Math.ceil((oldest + periodMs - at) / 1000));
    recent.push(at);
    return undefined;
  }

  function wait(method: string, channel: string | undefined): number | undefined {
    if (method === 'chat.postMessage') {
      return within(`post:${channel ?? ''}`, POST_BURST, POST_BURST * 1000);
    }
    const limit = PER_MINUTE.get(method);
    return limit === undefined ? undefined : within(method, limit, MINUTE_MS);
  }

  return {
    refused,
    retryAfter(method, channel) {
      if (mode === 'off') return undefined;
      const seconds = wait(method, channel);
      if (seconds !== undefined) refused.set(method, (refused.get(method) ?? 0) + 1);
      return seconds;
    },
    clear() {
      windows.clear();
      refused.clear();
    },
  };
}
