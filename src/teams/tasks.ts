import type { InboundMessage } from '../chat/vocabulary.ts';
import { findTask, type TaskLanguage } from '../contract/tasks.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Once } from '../turns/once.ts';
import type { TeamsActivity } from './activity.ts';
import type { Whereabouts } from './normalise.ts';
import { placeOf, REDELIVERED_S, type Telling } from './telling.ts';
import type { Voice } from './voice.ts';

export interface TasksDeps {
  readonly accept: Pick<Accept, 'acceptTurn'>;
  readonly once: Once;
  readonly voice: Pick<Voice, 'say'>;
  readonly telling: Pick<Telling, 'tell'>;
}

export const languageOf = ({ locale }: TeamsActivity): TaskLanguage =>
  /^de\b/i.test(locale ?? '') ? 'de' : 'en';

/**
 * Asks the predefined question in the place of the button, after showing who asks what: no message of theirs does. False:
 * there is no such task any more. Throws when it could not be stored, or the bot cannot write there.
 */
export function createTasks({ accept, once, voice, telling }: TasksDeps) {
  return async (
    activity: TeamsActivity,
    where: Whereabouts,
    pressed: { readonly id: string; readonly language: TaskLanguage; readonly claim: string },
  ): Promise<boolean> => {
    const text = findTask(pressed.id)?.prompt[pressed.language];
    if (text === undefined) return false;
    if (!(await once(`shown:${pressed.claim}`, REDELIVERED_S))) return true;
    await voice.say(placeOf(activity), { text: `${activity.from?.name ?? 'You'}: ${text}` });
    const message: InboundMessage = {
      ...where,
      text,
      messageId: activity.id ?? pressed.claim,
      addressed: true,
      files: [],
      claims: [pressed.claim],
      ...(activity.locale ? { locale: activity.locale } : {}),
    };
    await telling.tell(activity, message, await accept.acceptTurn(message));
    return true;
  };
}
