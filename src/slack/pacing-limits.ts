import type { CallWindow } from '../store/call-pacing.ts';

/**
 * How often Slack takes each method. Source: docs.slack.dev, "Rate limits" and the tier on each method's page. A minute
 * is counted a second longer than it is, because calls arrive later than they were allowed, and not all equally late.
 */
export interface CallLimit extends CallWindow {
  readonly each: 'workspace' | 'channel';
  /** Progress is spread: some answers at once would else use the minute up in half of it, and stand still for the other. */
  readonly spread?: CallWindow;
}

export type CallLimits = Readonly<Record<string, CallLimit>>;

const MINUTE_MS = 61_000;
const perMinute = (calls: number, progress: number, aside = progress): CallLimit => ({
  calls,
  progress,
  aside,
  periodMs: MINUTE_MS,
  each: 'workspace',
});

const SPREAD_MS = 15_250;
const spread = (limit: CallLimit): CallLimit => {
  const progress = Math.ceil((limit.progress * SPREAD_MS) / limit.periodMs);
  return { ...limit, spread: { calls: limit.calls, progress, aside: progress, periodMs: SPREAD_MS } };
};

export const SLACK_LIMITS: CallLimits = {
  // Never waited for: without a start, an answer is posted and edited.
  'chat.startStream': perMinute(20, 20),
  'chat.stopStream': perMinute(20, 16),
  // The rest shows the last words of streams whose end has to wait.
  'chat.appendStream': spread(perMinute(100, 75)),
  'chat.update': spread(perMinute(50, 30, 20)),
  'chat.delete': perMinute(50, 50),
  // One a second with a short burst.
  'chat.postMessage': { calls: 4, progress: 3, aside: 2, periodMs: 4_500, each: 'channel' },
  'assistant.threads.setStatus': spread(perMinute(600, 500, 300)),
  'conversations.replies': perMinute(50, 50, 25),
  'files.getUploadURLExternal': perMinute(100, 100),
  'files.completeUploadExternal': perMinute(100, 100),
  // Only courtesies use these.
  'agents.sessions.setStatus': perMinute(50, 50),
  'assistant.threads.setSuggestedPrompts': perMinute(100, 100),
  'chat.postEphemeral': perMinute(100, 100),
  'views.open': perMinute(100, 100),
  'views.push': perMinute(100, 100),
  'views.update': perMinute(100, 100),
  'views.publish': perMinute(100, 100),
};

/** A stream is ended before Slack ends it, which it does about five minutes after the start. */
export const STREAM_LIFE_MS = 240_000;
/**
 * An answer of which nothing was taken for so long comes before those that show words every second: out of what is kept
 * for last words. Later than its status line speaks up, where there is one.
 */
export const OVERDUE_MS = 11_500;
/** Between two appends to a stream. */
export const APPEND_PACE_MS = 800;

const EDIT_PACE_MS = { first: 1_500, last: 5_000, slowsFrom: 15_000, slowestFrom: 90_000 } as const;

/** Between two edits of a message that has stood for `ageMs`: the longer it takes, the less a reader watches. */
export function editPaceMs(ageMs: number): number {
  const { first, last, slowsFrom, slowestFrom } = EDIT_PACE_MS;
  const share = Math.min(1, Math.max(0, (ageMs - slowsFrom) / (slowestFrom - slowsFrom)));
  return Math.round(first + share * (last - first));
}
