import { z } from 'zod';
import type { FeedbackValue } from '../turns/feedback.ts';

/** Blocks as plain data. */
type Json = Readonly<Record<string, unknown>>;

/** The thumbs under an answer. */
export const FEEDBACK_ACTION = 'turn_feedback';
/** “Tell us why”, where there is no press to open the form from. */
export const FEEDBACK_WHY_ACTION = 'feedback_why';
/** The form for the reason, and its one field. */
export const FEEDBACK_FORM = 'feedback_reason';
const FIELD = 'reason';
/** “Why?” under what was withheld. */
export const WHY_ACTION = 'turn_why';
/** “This was a mistake”, beside it. */
export const DISPUTE_ACTION = 'turn_dispute';

const REASON_LIMIT = 1_000;
const TURN_ID = /^turn-[a-z0-9]{1,64}$/;

const plain = (text: string): Json => ({ type: 'plain_text', text });

/** The last block of a finished answer. Source: Slack, Block Kit, "Context actions" and "Feedback buttons". */
export function feedbackBlocks(turnId: string): Json[] {
  return [
    {
      type: 'context_actions',
      elements: [
        {
          type: 'feedback_buttons',
          action_id: FEEDBACK_ACTION,
          positive_button: {
            text: plain('Good answer'),
            accessibility_label: 'This answer helped',
            value: `up:${turnId}`,
          },
          negative_button: {
            text: plain('Bad answer'),
            accessibility_label: 'This answer did not help',
            value: `down:${turnId}`,
          },
        },
      ],
    },
  ];
}

/** What a pressed thumb says; undefined when the value is not one of ours. */
export function readFeedbackValue(value: string): { turnId: string; value: FeedbackValue } | undefined {
  const [direction, turnId = ''] = value.split(':', 2);
  if ((direction !== 'up' && direction !== 'down') || !isTurnId(turnId)) return undefined;
  return { turnId, value: direction };
}

export function isTurnId(text: string): boolean {
  return TURN_ID.test(text);
}

/** A button that opens the form. */
export function tellWhyBlocks(text: string, turnId: string): Json[] {
  return [
    { type: 'section', text: { type: 'mrkdwn', text } },
    {
      type: 'actions',
      elements: [
        { type: 'button', action_id: FEEDBACK_WHY_ACTION, value: turnId, text: plain('Tell us why') },
      ],
    },
  ];
}

/** Buttons under a question or an answer that was withheld. */
export function whyBlocks(turnId: string): Json[] {
  return [
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: WHY_ACTION,
          value: turnId,
          text: plain('Why?'),
          accessibility_label: 'Why was this withheld?',
        },
        {
          type: 'button',
          action_id: DISPUTE_ACTION,
          value: turnId,
          text: plain('This was a mistake'),
          accessibility_label: 'This was a mistake: tell your administrators',
        },
      ],
    },
  ];
}

const originSchema = z.object({
  turn: z.string().regex(TURN_ID),
  channel: z.string(),
  thread: z.string(),
});

/** The answer that a form is about, and where the thanks go. */
export type FormOrigin = z.infer<typeof originSchema>;

/** The form in which a person says what was wrong. */
export function reasonForm(origin: FormOrigin): Json {
  return {
    type: 'modal',
    callback_id: FEEDBACK_FORM,
    title: plain('What was wrong?'),
    submit: plain('Send'),
    close: plain('Skip'),
    private_metadata: JSON.stringify(origin),
    blocks: [
      {
        type: 'input',
        block_id: FIELD,
        label: plain('What should the answer have been like?'),
        element: {
          type: 'plain_text_input',
          action_id: FIELD,
          multiline: true,
          max_length: REASON_LIMIT,
        },
      },
    ],
  };
}

const submissionSchema = z.object({
  private_metadata: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(originSchema),
  state: z.object({
    values: z.object({ [FIELD]: z.object({ [FIELD]: z.object({ value: z.string().nullish() }) }) }),
  }),
});

/** What was written into the form; undefined when the view is not one of ours. */
export function readReasonForm(view: unknown): { origin: FormOrigin; reason: string } | undefined {
  const parsed = submissionSchema.safeParse(view);
  if (!parsed.success) return undefined;
  const reason = parsed.data.state.values[FIELD]?.[FIELD]?.value ?? '';
  return { origin: parsed.data.private_metadata, reason: reason.trim().slice(0, REASON_LIMIT) };
}
