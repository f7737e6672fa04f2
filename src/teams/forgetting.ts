import { z } from 'zod';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import { FORGET_WORDS, type PrivacyCommands } from '../commands/privacy.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { card, type Json, words } from './cards.ts';
import { whereabouts } from './normalise.ts';
import type { References } from './references.ts';
import { REFUSED } from './words.ts';

const VERB = 'forget_me';
const FIELD = 'typed';

/** What is going to be erased, with the field for the words that confirm it. `ask` names the question. Pure. */
export function forgetCard(text: string, ask: string): Json {
  const field = {
    type: 'Input.Text',
    id: FIELD,
    label: `Type “${FORGET_WORDS}” to confirm`,
    maxLength: 40,
    isRequired: true,
    errorMessage: `Type the words: ${FORGET_WORDS}`,
  };
  const button = {
    type: 'Action.Execute',
    title: 'Erase everything',
    verb: VERB,
    data: { ask },
    style: 'destructive',
    tooltip: 'Erase everything that is kept about you. It cannot be undone.',
  };
  return card([words(text), field], [button]);
}

const valueSchema = z.object({
  action: z.object({
    verb: z.literal(VERB),
    data: z.object({ ask: z.string().max(100), [FIELD]: z.string().max(200).default('') }),
  }),
});

export interface ForgettingDeps {
  readonly rules: AdmissionRules;
  readonly privacy: Pick<PrivacyCommands, 'forgetAsked'>;
  readonly references: Pick<References, 'remember'>;
  readonly onIgnored: (why: string) => void;
}

/** The last step before somebody is forgotten. Undefined for a press of another card. Throws when it could not be stored. */
export function createForgetting(deps: ForgettingDeps) {
  return async (activity: TeamsActivity): Promise<Answer | undefined> => {
    const value = valueSchema.safeParse(activity.value);
    const where = whereabouts(activity);
    if (!value.success || !where) return undefined;
    const admission = admit(where, deps.rules);
    if (admission !== 'admitted') {
      deps.onIgnored(admission);
      return saying(REFUSED);
    }
    await deps.references.remember(activity, where);
    const { ask, typed } = value.data.action.data;
    const { text, spent } = await deps.privacy.forgetAsked(where, ask, typed);
    return spent ? replacing(text) : saying(text);
  };
}

const answer = (type: string, value: unknown): Answer => ({
  status: 200,
  body: { statusCode: 200, type, value },
});
const saying = (text: string) => answer('application/vnd.microsoft.activity.message', text);
const replacing = (text: string) => answer('application/vnd.microsoft.card.adaptive', card([words(text)]));
