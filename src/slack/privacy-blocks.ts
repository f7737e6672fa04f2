import { z } from 'zod';
import type { Json } from './json.ts';
import type { PrivateWord } from './link-blocks.ts';
import { escapeText } from './text.ts';

/** The button that opens the form in which somebody confirms that they want to be forgotten, and the form. */
export const FORGET_ACTION = 'threadcore_forget';
export const FORGET_FORM = 'threadcore_forget_form';
/** The one field of the form. */
export const FORGET_FIELD = 'words';

const plain = (text: string): Json => ({ type: 'plain_text', text });
const section = (text: string): Json => ({ type: 'section', text: { type: 'mrkdwn', text } });

/** What is going to be erased, with the button. Pure. */
export function wordsBeforeForgetting(text: string): PrivateWord {
  const button = {
    type: 'button',
    action_id: FORGET_ACTION,
    style: 'danger',
    text: plain('Forget me…'),
    value: 'forget',
    accessibility_label: 'Forget me. Asks you to type the words first.',
  };
  return {
    text: escapeText(text),
    blocks: [section(escapeText(text)), { type: 'actions', elements: [button] }],
  };
}

const placeSchema = z.object({ channel: z.string(), thread: z.string() });
/** Where it was asked for: the answer goes there. */
export type FormPlace = z.infer<typeof placeSchema>;

/** Pure. */
export const forgetForm = (place: FormPlace, words: string): Json => ({
  type: 'modal',
  callback_id: FORGET_FORM,
  title: plain('Forget me'),
  submit: plain('Erase everything'),
  close: plain('Cancel'),
  private_metadata: JSON.stringify(place),
  blocks: [
    section(
      'Everything that I keep about you is erased: conversations, names, what I have learnt, settings, feedback, exported files, and your account link. It cannot be undone.',
    ),
    {
      type: 'input',
      block_id: FORGET_FIELD,
      label: plain(`Type “${words}” to confirm`),
      element: { type: 'plain_text_input', action_id: FORGET_FIELD, max_length: 40 },
    },
  ],
});

const viewSchema = z.object({
  private_metadata: z.string(),
  state: z.object({
    values: z.object({
      [FORGET_FIELD]: z.object({ [FORGET_FIELD]: z.object({ value: z.string().nullish() }) }),
    }),
  }),
});

/** What was typed, and where it had been asked for; undefined for what is none of ours. Pure. */
export function readForgetForm(
  view: unknown,
): { readonly place: FormPlace; readonly typed: string } | undefined {
  const parsed = viewSchema.safeParse(view);
  if (!parsed.success) return undefined;
  try {
    const place = placeSchema.parse(JSON.parse(parsed.data.private_metadata));
    return { place, typed: parsed.data.state.values[FORGET_FIELD]?.[FORGET_FIELD]?.value ?? '' };
  } catch {
    return undefined;
  }
}
