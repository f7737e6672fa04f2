import { z } from 'zod';
import { checkBlocks } from './block-rules.ts';
import { type Refusal, refuse, type ViewContent } from './model.ts';

/** Limits of views, in characters. Source: docs.slack.dev, "Views" reference. */
export const VIEW_LIMITS = {
  blocks: 100,
  title: 24,
  button: 24,
  callbackId: 255,
  privateMetadata: 3000,
  externalId: 255,
  /** Bytes of JSON. */
  size: 250_000,
} as const;

const label = (max: number) =>
  z.looseObject({
    type: z.literal('plain_text'),
    text: z
      .string()
      .min(1, 'must be more than 0 characters')
      .max(max, `must be less than ${max + 1} characters`),
  });
const schema = z.looseObject({
  type: z.enum(['home', 'modal']),
  blocks: z.array(z.looseObject({ type: z.string() })),
  callback_id: z.string().max(VIEW_LIMITS.callbackId).optional(),
  private_metadata: z.string().max(VIEW_LIMITS.privateMetadata).optional(),
  external_id: z.string().max(VIEW_LIMITS.externalId).optional(),
  notify_on_close: z.boolean().optional(),
  clear_on_close: z.boolean().optional(),
});
const modal = schema.extend({
  title: label(VIEW_LIMITS.title),
  submit: label(VIEW_LIMITS.button).optional(),
  close: label(VIEW_LIMITS.button).optional(),
});

/** Checks a view as Slack does before it shows it. */
export function readView(value: unknown, type: ViewContent['type']): ViewContent | Refusal {
  const parsed = (type === 'modal' ? modal : schema).safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const messages = parsed.error.issues.map((issue) =>
      issue.code === 'invalid_type' && issue.input === undefined
        ? `[ERROR] missing required field: ${issue.path.join('/')} [json-pointer:/view]`
        : `[ERROR] ${issue.message} [json-pointer:/view/${issue.path.join('/')}]`,
    );
    return refuse('invalid_arguments', ...messages);
  }
  const view = parsed.data as ViewContent;
  if (view.type !== type)
    return refuse('invalid_arguments', `[ERROR] must be ${type} [json-pointer:/view/type]`);
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_LIMITS.size) return refuse('view_too_large');
  const bad = checkBlocks(view.blocks, '/view/blocks', VIEW_LIMITS.blocks);
  if (bad !== undefined)
    return refuse('invalid_arguments', ...(bad.response_metadata?.messages ?? [bad.error]));
  if (type === 'modal' && view.submit === undefined && view.blocks.some((block) => block.type === 'input')) {
    return refuse('invalid_arguments', '[ERROR] missing required field: submit [json-pointer:/view]');
  }
  return view;
}
