import type { App, BlockAction, ViewSubmitAction } from '@slack/bolt';
import { type AdmissionRules, admit } from '../chat/admission.ts';
import { FORGET_WORDS, type PrivacyCommands } from '../commands/privacy.ts';
import type { CallAside } from './asides.ts';
import type { Background } from './background.ts';
import { personIn, presser } from './interactions.ts';
import { kindOf } from './normalise.ts';
import { FORGET_ACTION, FORGET_FIELD, FORGET_FORM, forgetForm, readForgetForm } from './privacy-blocks.ts';
import { escapeText } from './text.ts';
import type { Listener, Whisper } from './whisper.ts';

export interface PrivacyListenersDeps {
  readonly callAside: CallAside;
  readonly rules: AdmissionRules;
  readonly privacy: Pick<PrivacyCommands, 'forget'>;
  readonly background: Background;
  readonly whisper: Whisper;
  readonly onIgnored: (why: string) => void;
}

const WRONG_WORDS = `These are not the words. Type: ${FORGET_WORDS}`;

/** The last steps before somebody is forgotten: the button, and the form in which they type the words. */
export function listenToPrivacy(app: App, deps: PrivacyListenersDeps): void {
  const admitted = (who: Listener): boolean => {
    const admission = admit({ ...who, kind: kindOf(who.key.conversation) }, deps.rules);
    if (admission !== 'admitted') deps.onIgnored(admission);
    return admission === 'admitted';
  };

  app.action<BlockAction>(FORGET_ACTION, async ({ ack, body }) => {
    const who = presser(body);
    if (admitted(who)) {
      const place = { channel: who.key.conversation, thread: who.key.thread };
      const args = { trigger_id: body.trigger_id, view: forgetForm(place, FORGET_WORDS) };
      deps.background('the form to be forgotten could not be opened', async () => {
        await deps.callAside({ workspace: who.key.tenant, method: 'views.open', args, patienceMs: 0 });
      });
    }
    await ack();
  });

  app.view<ViewSubmitAction>(FORGET_FORM, async ({ ack, body }) => {
    const form = readForgetForm(body.view);
    if (!form) {
      deps.onIgnored('malformed');
      return ack();
    }
    const who = personIn(body, form.place.channel, form.place.thread);
    if (!admitted(who)) return ack();
    const answer = await deps.privacy.forget(who, form.typed);
    if (!answer) return ack({ response_action: 'errors', errors: { [FORGET_FIELD]: WRONG_WORDS } });
    deps.whisper(who, escapeText(answer.text));
    return ack();
  });
}
