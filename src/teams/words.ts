import { spoken } from '../chat/duration.ts';
import type { Acceptance } from '../turns/lanes.ts';

/** What the bot says in Teams besides answers. */
export const REFUSED =
  'I am not allowed to answer here. Ask your administrator to allow this tenant, channel or person for the cloud engineer bot.';
export const NOT_HERE =
  'That is for you alone, so I do not write it here. I have no chat with you yet: open one with me and write the same there.';
export const SENT_ALONE = 'I have answered you in our own chat.';
export const LANE_FULL =
  'You have too many unanswered questions in this thread. Wait until I have caught up, then ask again.';
export const QUOTA_USED =
  'You, or your tenant, have asked as much as is allowed for now. Try again a little later; your administrator can raise the limit.';
export const TOO_LATE =
  'I had already begun with your question when you changed it: the answer is for the earlier text. Ask again if it does not fit.';
export const SUPERSEDED =
  'Only your newest question in this thread is answered; the ones that still waited are set aside.';
export const ALREADY_RETRIED = 'This question has already been asked again; look further down.';
export const RETRIED = 'Asked again.';
export const RETRY_NOT_YOURS =
  'Only the person who asked can retry. Mention me to ask the question yourself.';
export const TOO_OLD = 'This question is too old to retry. Please ask it again.';

export function pausedText(reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `I am paused for now${why}. Your question is kept, and I answer it when I go on.`;
}

export function quotaText({ whose, waitMs }: Extract<Acceptance, { outcome: 'quota' }>): string {
  const who = whose === 'person' ? 'You have' : 'Your tenant has';
  return `${who} asked as much as is allowed in an hour, so I did not take this question. Ask it again in ${spoken(waitMs)}.`;
}
