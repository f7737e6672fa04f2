import { z } from 'zod';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import type { AccountCommands, Asker } from '../commands/account.ts';
import type { Commands } from '../commands/commands.ts';
import type { Accept, Retry } from '../turns/accept-turn.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { CARD_TYPE, card, type Json, VERBS, words } from './cards.ts';
import { whereabouts } from './normalise.ts';
import type { References } from './references.ts';
import {
  ALREADY_RETRIED,
  LANE_FULL,
  pausedText,
  QUOTA_USED,
  REFUSED,
  RETRIED,
  RETRY_NOT_YOURS,
  TOO_OLD,
} from './words.ts';

const valueSchema = z.object({
  action: z.object({
    verb: z.string(),
    data: z
      .object({ turn: z.string().max(100).optional(), proposal: z.string().max(200).optional() })
      .nullish(),
  }),
});

/** After these, pressing the same button again leads nowhere: the words take the card's place. */
const SPENT: ReadonlySet<Retry> = new Set(['accepted', 'kept', 'already_retried', 'too_old']);
const RETRY_ANSWERS: Record<Retry, string> = {
  accepted: RETRIED,
  kept: pausedText(''),
  already_retried: ALREADY_RETRIED,
  not_yours: RETRY_NOT_YOURS,
  too_old: TOO_OLD,
  busy: LANE_FULL,
  quota: QUOTA_USED,
};

export interface PressesDeps {
  readonly rules: AdmissionRules;
  readonly accept: Pick<Accept, 'retryTurn'>;
  readonly commands: Pick<Commands, 'stopTurn'>;
  readonly account: Pick<AccountCommands, 'answer'>;
  readonly references: Pick<References, 'remember'>;
  readonly onIgnored: (why: string) => void;
}

/**
 * What people press on cards (`adaptiveCard/action`). Answers what the presser sees; throws when something could not be
 * stored. Source: Teams, "Universal Actions for Adaptive Cards", response format.
 */
export function createPresses(deps: PressesDeps): (activity: TeamsActivity) => Promise<Answer> {
  async function pressed(
    verb: string,
    data: { turn?: string | undefined; proposal?: string | undefined },
    asker: Asker,
  ): Promise<Json> {
    switch (verb) {
      case VERBS.stop:
        return saying((await deps.commands.stopTurn(data.turn ?? '', asker)).text);
      case VERBS.retry: {
        const result = await deps.accept.retryTurn(data.turn ?? '', asker.sender);
        return SPENT.has(result) ? replacing(RETRY_ANSWERS[result]) : saying(RETRY_ANSWERS[result]);
      }
      case VERBS.linkYes:
      case VERBS.linkNo:
        return replacing(await deps.account.answer(data.proposal ?? '', asker, verb === VERBS.linkYes));
      default:
        deps.onIgnored('unknown_action');
        return failing('BadRequest', 'I do not know this button any more.');
    }
  }

  return async (activity) => {
    const value = valueSchema.safeParse(activity.value);
    const where = whereabouts(activity);
    if (!value.success || !where) {
      deps.onIgnored('malformed');
      return { status: 200, body: failing('BadRequest', 'I could not read this.') };
    }
    const admission = admit(where, deps.rules);
    if (admission !== 'admitted') {
      deps.onIgnored(admission);
      return { status: 200, body: saying(REFUSED) };
    }
    await deps.references.remember(activity, where);
    const { verb, data } = value.data.action;
    return { status: 200, body: await pressed(verb, data ?? {}, where) };
  };
}

/** A word to the presser alone; the card stays. */
const saying = (text: string): Json => ({
  statusCode: 200,
  type: 'application/vnd.microsoft.activity.message',
  value: text,
});

/** For the presser, the card becomes this. */
const replacing = (text: string): Json => ({ statusCode: 200, type: CARD_TYPE, value: card([words(text)]) });

const failing = (code: string, message: string): Json => ({
  statusCode: 400,
  type: 'application/vnd.microsoft.error',
  value: { code, message },
});
