import { z } from 'zod';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import { refusedText } from '../commands/intake-words.ts';
import { FORGET_WORDS, type PrivacyCommands } from '../commands/privacy.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { card, field, type Json, press, words } from './cards.ts';
import { whereabouts } from './normalise.ts';
import { broken, forbidden, replacing, saying } from './press-answers.ts';
import type { References } from './references.ts';
import { NOT_STORED } from './words.ts';

const VERB = 'forget_me';
const FIELD = 'typed';

/** What is going to be erased, with the field for the words that confirm it. `ask` names the question. Pure. */
export function forgetCard(text: string, ask: string): Json {
  const label = `Type “${FORGET_WORDS}” to confirm`;
  const button = press({
    title: 'Erase everything',
    verb: VERB,
    data: { ask },
    says: 'Erase everything that is kept about you. It cannot be undone.',
    style: 'destructive',
  });
  return card([words(text), field(FIELD, label, 40)], [button], { says: text });
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
  readonly log: Logger;
}

/** The last step before somebody is forgotten. Undefined for a press of another card. Never throws. */
export function createForgetting(deps: ForgettingDeps) {
  return async (activity: TeamsActivity): Promise<Answer | undefined> => {
    const value = valueSchema.safeParse(activity.value);
    const where = whereabouts(activity);
    if (!value.success || !where) return undefined;
    const admission = admit(where, deps.rules);
    if (admission !== 'admitted') {
      deps.onIgnored(admission);
      return forbidden(refusedText('teams'));
    }
    try {
      await deps.references.remember(activity, where);
      const { ask, typed } = value.data.action.data;
      const { text, spent } = await deps.privacy.forgetAsked(where, ask, typed);
      return spent ? replacing(text) : saying(text);
    } catch (error) {
      deps.log.error({ err: error }, 'a press could not be carried out');
      return broken(NOT_STORED);
    }
  };
}
