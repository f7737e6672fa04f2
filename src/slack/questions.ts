import { type Admission, type AdmissionRules, admit } from '../chat/admission.ts';
import { type Command, parseCommand } from '../chat/command.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import type { Commands } from '../commands/commands.ts';
import { TOO_LATE } from '../commands/intake-words.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Once } from '../turns/once.ts';
import type { QuestionChanges } from '../turns/question-changes.ts';
import { placeOf, REDELIVERED_S, type TellAcceptance } from './acceptance.ts';
import { isAmongPeople, normaliseMessage } from './normalise.ts';
import { type Change, normaliseChange } from './normalise-change.ts';
import type { createWaitingNote } from './waiting-note.ts';
import { REFUSED, type Whisper } from './whisper.ts';
import type { WordsFor } from './words-for.ts';

export interface QuestionsDeps {
  readonly rules: AdmissionRules;
  /** thread: also without a mention where the bot takes part in a thread; mention: only when it is named. */
  readonly followUps: 'thread' | 'mention';
  readonly accept: Pick<Accept, 'acceptTurn' | 'takesPart' | 'othersWrote'>;
  readonly changes: Pick<QuestionChanges, 'amendQuestion' | 'cancelQuestion'>;
  readonly once: Once;
  readonly commands: Pick<Commands, 'runOnce'>;
  readonly tell: TellAcceptance;
  /** A command's answer as it is shown. */
  readonly wordsFor: WordsFor;
  /** Something of theirs may be another now. */
  readonly changed: (who: Sender) => void;
  readonly botUserId: () => string | undefined;
  readonly whisper: Whisper;
  readonly waitingNote: Pick<ReturnType<typeof createWaitingNote>, 'clear'>;
  readonly onIgnored: (why: string) => void;
  readonly onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) => void;
  readonly log: Logger;
}

/**
 * What people write, change and delete. Answers a listener for message events; it throws when something could not be
 * stored, so that Slack delivers the event again. Before the acknowledgement only Redis is asked, and the guardrail about a name.
 */
export function createQuestions(deps: QuestionsDeps): (envelope: unknown) => Promise<void> {
  async function edited(change: Extract<Change, { kind: 'edited' }>): Promise<void> {
    const { at, editor, text, files, stamp } = change;
    const outcome = await deps.changes.amendQuestion({ claim: at.claim, editor, text, files, stamp });
    if (outcome === 'unknown') return deps.onIgnored('edit_of_no_question');
    if (outcome !== 'running' || !(await deps.once(`told:${at.claim}:${stamp}`, REDELIVERED_S))) return;
    const { tenant, conversation, thread } = at;
    deps.whisper(
      { key: { platform: 'slack', tenant, conversation, thread }, sender: { id: editor, tenant } },
      TOO_LATE,
    );
  }

  async function deleted({ at }: Extract<Change, { kind: 'deleted' }>): Promise<void> {
    const outcome = await deps.changes.cancelQuestion(at.claim);
    if (outcome === 'unknown') return deps.onIgnored('deletion_of_no_question');
    const { tenant, conversation, thread } = at;
    if (outcome === 'cancelled')
      deps.waitingNote.clear({ key: { platform: 'slack', tenant, conversation, thread } });
  }

  async function written(message: InboundMessage): Promise<void> {
    const admission = admit(message, deps.rules);
    if (admission !== 'admitted') {
      deps.onIgnored(admission);
      const { tenant, conversation: channel } = message.key;
      deps.log.warn(
        { admission, tenant, channel, sender: message.sender.id },
        'a message was refused by the allowlists',
      );
      await heard(message);
      if (!message.addressed) return;
      deps.onRefused(message.sender, admission);
      deps.whisper(message, REFUSED);
      return;
    }
    const command = parseCommand(message.text);
    if (command && command.name !== 'help' && message.files.length === 0) {
      if (!(await isQuestion(message, command))) return;
    }
    const acceptance = await deps.accept.acceptTurn(message);
    if (acceptance.outcome === 'full' || acceptance.outcome === 'quota') await heard(message);
    await deps.tell(message, acceptance);
  }

  /** A message that is meant for the bot itself. At the top of a channel it means all that its author asked there. */
  async function isQuestion(message: InboundMessage, command: Command): Promise<boolean> {
    const { key, sender, messageId } = message;
    // People write such words to each other, too.
    if (!message.addressed && !(await deps.accept.takesPart(key))) return ignored('no_mention');
    const asker = { key: key.thread === messageId ? { ...key, thread: '' } : key, sender };
    const answer = await deps.commands.runOnce(command, asker, `command:${placeOf(message)}`);
    if (!answer) return false;
    if (answer.question) return true;
    if (!answer.found && !message.addressed) return ignored('no_mention');
    // Said once, too. Only afterwards: a command that failed has to be carried out when Slack delivers it again.
    if (!(await deps.once(`told:${placeOf(message)}`, REDELIVERED_S))) return false;
    const { text, blocks } = await deps.wordsFor(command, answer, sender);
    deps.whisper(message, text, blocks.length > 0 ? blocks : undefined);
    deps.changed(sender);
    return false;
  }

  /** It is no question, and what others ask in this thread may be about it. */
  async function heard({ kind, key, messageId }: InboundMessage): Promise<void> {
    if (isAmongPeople(kind, key.thread, messageId)) await deps.accept.othersWrote(key);
  }

  function ignored(why: string): false {
    deps.onIgnored(why);
    return false;
  }

  return async (envelope) => {
    const change = normaliseChange(envelope, deps.botUserId());
    if (change?.kind === 'ignored') return deps.onIgnored(change.why);
    if (change?.kind === 'edited') return edited(change);
    if (change?.kind === 'deleted') return deleted(change);
    const normalised = normaliseMessage(envelope, deps.botUserId());
    if (normalised.kind === 'ignored') {
      deps.onIgnored(normalised.why);
      if (normalised.heardIn) await deps.accept.othersWrote(normalised.heardIn);
      return;
    }
    const { message } = normalised;
    if (message.addressed || deps.followUps === 'thread') return written(message);
    deps.onIgnored('no_mention');
    await heard(message);
  };
}
