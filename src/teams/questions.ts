import { type Admission, type AdmissionRules, admit } from '../chat/admission.ts';
import { parseCommand } from '../chat/command.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import { refusedText, TOO_LATE } from '../commands/intake-words.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Once } from '../turns/once.ts';
import type { QuestionChanges } from '../turns/question-changes.ts';
import type { TeamsActivity } from './activity.ts';
import type { Background } from './background.ts';
import type { CommandAnswers } from './command-answers.ts';
import { activityClaim, normaliseActivity, whereabouts } from './normalise.ts';
import type { References } from './references.ts';
import { REDELIVERED_S, type Telling } from './telling.ts';
import type { ThreadNotes } from './thread-notes.ts';

export interface QuestionsDeps {
  readonly rules: AdmissionRules;
  readonly accept: Pick<Accept, 'acceptTurn' | 'takesPart' | 'othersWrote'>;
  readonly threads: Pick<ThreadNotes, 'hear' | 'amend' | 'unhear'>;
  readonly background: Background;
  readonly changes: Pick<QuestionChanges, 'amendQuestion' | 'cancelQuestion'>;
  readonly once: Once;
  readonly answerCommand: CommandAnswers;
  readonly references: Pick<References, 'remember'>;
  readonly telling: Telling;
  readonly onIgnored: (why: string) => void;
  readonly onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) => void;
  readonly log: Logger;
}

/**
 * What people write, change and delete. Each throws when something could not be stored, so that Teams delivers it again.
 * Before the answer only Redis is asked, and the guardrail about a name.
 */
export function createQuestions(deps: QuestionsDeps) {
  const { telling } = deps;

  /** Whether a message is meant for the bot itself. */
  async function isCommand(activity: TeamsActivity, message: InboundMessage): Promise<boolean> {
    const command = parseCommand(message.text);
    if (!command || message.files.length > 0) return false;
    const { addressed, claims } = message;
    const [claim = ''] = claims;
    const carried = await deps.answerCommand({ activity, where: message, command, claim, addressed });
    if (carried === 'unheard') deps.onIgnored('no_mention');
    return carried !== 'question';
  }

  /** What is written among people is background for what others ask there. */
  function hear({ from }: TeamsActivity, message: InboundMessage): void {
    if (message.kind === 'direct' || message.text.trim() === '') return;
    deps.background('what was said in a thread could not be kept', () =>
      deps.threads.hear(message, from?.name || 'somebody'),
    );
  }

  return {
    async written(activity: TeamsActivity): Promise<void> {
      const normalised = normaliseActivity(activity);
      if (normalised.kind === 'ignored') return deps.onIgnored(normalised.why);
      const { message } = normalised;
      const admission = admit(message, deps.rules);
      if (admission !== 'admitted') {
        deps.onIgnored(admission);
        const { tenant, conversation } = message.key;
        deps.log.warn(
          { admission, tenant, conversation, sender: message.sender.id },
          'a message was refused by the allowlists',
        );
        if (!message.addressed) return;
        // Said once, however often the message is delivered.
        if (!(await deps.once(`told:${message.claims[0]}`, REDELIVERED_S))) return;
        deps.onRefused(message.sender, admission);
        return telling.say(activity, { text: refusedText('teams') });
      }
      // Only apps that were given leave to read along hear what people write to each other. It is nobody's business here.
      if (!message.addressed && !(await deps.accept.takesPart(message.key)))
        return deps.onIgnored('no_mention');
      await deps.references.remember(activity, message);
      if (await isCommand(activity, message)) return;
      hear(activity, message);
      if (!message.addressed && message.kind === 'group') {
        // The whole chat is one thread: not everything in it is for the bot.
        await deps.accept.othersWrote(message.key);
        return deps.onIgnored('no_mention');
      }
      await telling.tell(activity, message, await deps.accept.acceptTurn(message));
    },

    async edited(activity: TeamsActivity): Promise<void> {
      const normalised = normaliseActivity({ ...activity, type: 'message' });
      if (normalised.kind === 'ignored') return deps.onIgnored(normalised.why);
      const { claims, kind, sender, text, files } = normalised.message;
      if (kind !== 'direct') await deps.threads.amend(normalised.message);
      const [claim = ''] = claims;
      const stamp = stampOf(activity);
      const outcome = await deps.changes.amendQuestion({ claim, editor: sender.id, text, files, stamp });
      if (outcome === 'unknown') return deps.onIgnored('edit_of_no_question');
      if (outcome === 'running' && (await deps.once(`told:${claim}:${stamp}`, REDELIVERED_S)))
        telling.say(activity, { text: TOO_LATE });
    },

    async deleted(activity: TeamsActivity): Promise<void> {
      const where = whereabouts(activity);
      if (!where || !activity.id) return deps.onIgnored('malformed');
      await deps.threads.unhear(where.key, where.sender, activity.id);
      const outcome = await deps.changes.cancelQuestion(activityClaim(where.key, activity.id));
      if (outcome === 'unknown') deps.onIgnored('deletion_of_no_question');
    },
  };
}

/** Grows from edit to edit. */
function stampOf({ timestamp }: TeamsActivity): string {
  return timestamp instanceof Date ? timestamp.toISOString() : (timestamp ?? '');
}
