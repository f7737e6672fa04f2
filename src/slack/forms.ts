import { z } from 'zod';
import type { Json } from './json.ts';
import { plain } from './pieces.ts';

/** What forms are made of. Source: Slack, Block Kit, "Input block"; "Modals". */

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly initial?: string;
  readonly most: number;
  readonly optional?: true;
  readonly multiline?: true;
}

export const textField = (field: Field): Json => ({
  type: 'input',
  block_id: field.name,
  label: plain(field.label),
  ...(field.hint ? { hint: plain(field.hint) } : {}),
  optional: field.optional === true,
  element: {
    type: 'plain_text_input',
    action_id: field.name,
    max_length: field.most,
    ...(field.multiline ? { multiline: true } : {}),
    ...(field.initial ? { initial_value: field.initial } : {}),
  },
});

export const choiceField = (
  name: string,
  label: string,
  choices: readonly (readonly [value: string, label: string])[],
): Json => {
  const options = choices.map(([value, text]) => ({ text: plain(text), value }));
  return {
    type: 'input',
    block_id: name,
    label: plain(label),
    element: { type: 'radio_buttons', action_id: name, options, initial_option: options[0] },
  };
};

/** A form; `about`: what it is for, as it comes back with it. At most 3,000 characters. */
export const form = (
  id: string,
  title: string,
  submit: string,
  about: unknown,
  blocks: readonly Json[],
): Json => ({
  type: 'modal',
  callback_id: id,
  title: plain(title),
  submit: plain(submit),
  close: plain('Cancel'),
  private_metadata: JSON.stringify(about),
  blocks,
});

const valuesSchema = z.object({
  state: z.object({
    values: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          value: z.string().nullish(),
          selected_option: z.object({ value: z.string() }).nullish(),
        }),
      ),
    ),
  }),
});

/** What was filled in, by the name of the field; empty where nothing was. */
export function filledIn(view: unknown): (name: string) => string {
  const parsed = valuesSchema.safeParse(view);
  const values = parsed.success ? parsed.data.state.values : {};
  return (name) => {
    const field = values[name]?.[name];
    return (field?.value ?? field?.selected_option?.value ?? '').trim();
  };
}

/** What a view is about, as `form` has written it; undefined for what is none of ours. */
export function aboutOf<T>(
  schema: z.ZodType<T>,
  view: { readonly private_metadata?: unknown },
): T | undefined {
  try {
    return schema.safeParse(JSON.parse(String(view.private_metadata))).data;
  } catch {
    return undefined;
  }
}
