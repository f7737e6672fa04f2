import { z } from 'zod';
import { listOf, listSchema } from '../commands/session-buttons.ts';
import { LIMITS } from '../sessions/session-entry.ts';
import { SUGGESTED } from './answer-cards.ts';
import { baseOf } from './normalise.ts';
import type { Place } from './session-cards.ts';

const text = (most: number) =>
  z
    .string()
    .transform((value) => value.trim().slice(0, most))
    .optional();

/** As `session-cards.ts` has written it. */
const placeSchema = z
  .union([z.object({ at: z.string().max(300) }), z.object({ in: z.string().max(300) })])
  .transform(
    (place): Place =>
      'at' in place
        ? { conversation: baseOf(place.at), thread: place.at }
        : { conversation: place.in, thread: '' },
  );

/** What comes with a press: what stands in the button, and what was filled in. Anybody can send anything here. */
const dataSchema = z.object({
  turn: z.string().max(100).optional(),
  proposal: z.string().max(200).optional(),
  task: z.string().max(100).optional(),
  language: z.enum(['en', 'de']).optional(),
  command: z.enum(SUGGESTED).optional(),
  id: z
    .string()
    .regex(/^[\w-]{1,100}$/)
    .optional(),
  list: listSchema.transform(listOf).optional(),
  place: placeSchema.optional(),
  talk: z.literal(true).optional(),
  name: text(LIMITS.name),
  tags: text(LIMITS.tags * (LIMITS.tag + 2)),
  project: text(LIMITS.project),
  find: text(100),
});
export type PressData = z.output<typeof dataSchema>;

/** Source: Teams, "Universal Actions for Adaptive Cards", invoke request. */
const valueSchema = z.object({
  action: z.object({
    type: z.literal('Action.Execute'),
    verb: z.string(),
    data: dataSchema.nullish(),
  }),
});

/** Undefined for what is none of ours. */
export function readPress(value: unknown): { verb: string; data: PressData } | undefined {
  const parsed = valueSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { verb, data } = parsed.data.action;
  return { verb, data: data ?? {} };
}
