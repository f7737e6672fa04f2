import { z } from 'zod';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import type { FeedbackStore } from '../turns/feedback.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { whereabouts } from './normalise.ts';
import type { References } from './references.ts';

/** Source: Teams, "Bot messages with AI-generated content", feedback buttons. */
const valueSchema = z.object({
  actionName: z.literal('feedback'),
  actionValue: z.object({
    reaction: z.enum(['like', 'dislike']),
    /** JSON, as text. */
    feedback: z.string().nullish().catch(undefined),
  }),
});
const reasonSchema = z.object({ feedbackText: z.string().nullish() });
/** More is no reason any more. Characters. */
const REASON_LIMIT = 3_000;

export interface FeedbackDeps {
  readonly rules: AdmissionRules;
  readonly references: Pick<References, 'turnOf'>;
  readonly recordFeedback: FeedbackStore['record'];
  readonly onIgnored: (why: string) => void;
}

/** What people say with Teams' own thumbs below an answer. Throws when it could not be stored. */
export function createTeamsFeedback(deps: FeedbackDeps): (activity: TeamsActivity) => Promise<Answer> {
  return async (activity) => {
    const value = valueSchema.safeParse(activity.value);
    const where = whereabouts(activity);
    if (!value.success || !where || !activity.replyToId) {
      deps.onIgnored('malformed');
      return { status: 200, body: {} };
    }
    const admission = admit(where, deps.rules);
    const turnId =
      admission === 'admitted' ? await deps.references.turnOf(where.key, activity.replyToId) : undefined;
    if (turnId === undefined) {
      deps.onIgnored(admission === 'admitted' ? 'no_feedback' : admission);
      return { status: 200, body: {} };
    }
    const { reaction, feedback } = value.data.actionValue;
    const reason = reasonOf(feedback);
    await deps.recordFeedback({
      turnId,
      by: where.sender,
      value: reaction === 'like' ? 'up' : 'down',
      ...(reason === '' ? {} : { reason }),
    });
    return { status: 200, body: {} };
  };
}

function reasonOf(feedback: string | null | undefined): string {
  try {
    const parsed = reasonSchema.safeParse(JSON.parse(feedback ?? '{}'));
    return (parsed.data?.feedbackText ?? '').trim().slice(0, REASON_LIMIT).toWellFormed();
  } catch {
    // A thumb counts without its words.
    return '';
  }
}
