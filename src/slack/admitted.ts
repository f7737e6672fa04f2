import { type AdmissionRules, admit } from '../chat/admission.ts';
import { kindOf } from './normalise.ts';
import { type Listener, REFUSED, type Whisper } from './whisper.ts';

/**
 * Whether somebody may use the bot in this place: whoever may not ask may not press either, also when the allowlists
 * have changed since. They are told so in private, but for `quietly`.
 */
export type Admitted = (who: Listener, quietly?: 'quietly') => boolean;

export function createAdmitted(deps: {
  readonly rules: AdmissionRules;
  readonly whisper: Whisper;
  readonly onIgnored: (why: string) => void;
}): Admitted {
  return (who, quietly) => {
    const admission = admit({ ...who, kind: kindOf(who.key.conversation) }, deps.rules);
    if (admission === 'admitted') return true;
    deps.onIgnored(admission);
    if (!quietly && who.key.conversation !== '') deps.whisper(who, REFUSED);
    return false;
  };
}
