import { spoken } from '../chat/duration.ts';
import type { Platform } from '../chat/vocabulary.ts';
import type { Retry } from '../turns/accept-turn.ts';
import type { Acceptance } from '../turns/lanes.ts';

/** What people are told about their questions besides answers. Plain words, on every platform the same. */

/** What a tenant is called there. */
const TENANTS: Readonly<Record<Platform, string>> = { slack: 'workspace', teams: 'tenant' };

export const refusedText = (platform: Platform): string =>
  `I am not allowed to answer here. Ask your administrator to allow this ${TENANTS[platform]}, channel or person for the cloud engineer bot.`;
export const LANE_FULL =
  'You have too many unanswered questions in this thread. Wait until I have caught up, then ask again.';
export const SUPERSEDED =
  'Only your newest question in this thread is answered; the ones that still waited are set aside.';
export const TOO_LATE =
  'I had already begun with your question when you changed it: the answer is for the earlier text. Ask again if it does not fit.';

/** `reason`: of the operator; empty when nobody said. */
export function pausedText(reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `I am paused for now${why}. Your question is kept, and I answer it when I go on.`;
}

export function quotaText(
  { whose, waitMs }: Extract<Acceptance, { outcome: 'quota' }>,
  platform: Platform,
): string {
  const who = whose === 'person' ? 'You have' : `Your ${TENANTS[platform]} has`;
  return `${who} asked as much as is allowed in an hour, so I did not take this question. Ask it again in ${spoken(waitMs)}.`;
}

/** After these, pressing Retry again leads nowhere. */
export const RETRY_SPENT: ReadonlySet<Retry> = new Set(['accepted', 'kept', 'already_retried', 'too_old']);

/** What came of a Retry, for whoever pressed it. */
export function retryText(result: Retry, platform: Platform): string {
  switch (result) {
    case 'accepted':
      return 'Asked again.';
    case 'kept':
      return pausedText('');
    case 'already_retried':
      return 'This question has already been asked again; look further down in the thread.';
    case 'not_yours':
      return 'Only the person who asked can retry. Mention me to ask the question yourself.';
    case 'too_old':
      return 'This question is too old to retry. Please ask it again.';
    case 'busy':
      return LANE_FULL;
    case 'quota':
      return `You, or your ${TENANTS[platform]}, have asked as much as is allowed for now. Try again a little later; your administrator can raise the limit.`;
    default:
      return result satisfies never;
  }
}
