import { type Admission, type AdmissionRules, admit } from '../chat/admission.ts';
import { type Command, parseCommand } from '../chat/command.ts';
import { spoken } from '../chat/duration.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import type { Commands } from '../commands/commands.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Acceptance } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import type { QuestionChanges } from '../turns/question-changes.ts';
import { normaliseMessage, placeClaim } from './normalise.ts';
import { type Change, normaliseChange } from './normalise-change.ts';
import { escapeText } from './text.ts';
import type { createWaitingNote } from './waiting-note.ts';
import { LANE_FULL, REFUSED, type Whisper, whisperAnswer } from './whisper.ts';

/** Slack delivers an event again for a few minutes. */
const REDELIVERED_S = 3_600;

const TOO_LATE =
  'I had already begun with your question when you changed it: the answer is for the earlier text. Ask again if it does not fit.';

const SUPERSEDED =
  'Only your newest question in this thread is answered; the ones that still waited are set aside.';

export interface QuestionsDeps {
  readonly rules: AdmissionRules;
  /** thread: also without a mention where the bot takes part in a thread; mention: only when it is named. */
  readonly followUps: 'thread' | 'mention';
  readonly accept: Pick<Accept, 'acceptTurn' | 'takesPart'>;
  readonly changes: Pick<QuestionChanges, 'amendQuestion' | 'cancelQuestion'>;
  readonly once: Once;
  readonly commands: Pick<Commands, 'runOnce'>;
  /** Why an operator has paused intake; empty when nobody said. */
  readonly pauseReason: () => Promise<string>;
  readonly botUserId: () => string | undefined;
  readonly whisper: Whisper;
  readonly waitingNote: ReturnType<typeof createWaitingNote>;
  readonly onIgnored: (why: string) => void;
  readonly onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) => void;
  readonly log: Logger;
}

/**
 * What people write, change and delete. Answers a listener for message events; it throws when something could not be
 * stored, so that Slack delivers the event again. Before the acknowledgement only Redis is asked.
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
      if (!message.addressed) return;
      deps.onRefused(message.sender, admission);
      deps.whisper(message, REFUSED);
      return;
    }
    const command = parseCommand(message.text);
    if (command && command.name !== 'help' && message.files.length === 0) {
      if (!(await isQuestion(message, command))) return;
    }
    await tell(message, await deps.accept.acceptTurn(message));
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
    if (await deps.once(`told:${placeOf(message)}`, REDELIVERED_S))
      whisperAnswer(deps.whisper, message, answer);
    return false;
  }

  function ignored(why: string): false {
    deps.onIgnored(why);
    return false;
  }

  /** What the person should know about a question besides its answer. */
  async function tell(message: InboundMessage, acceptance: Acceptance): Promise<void> {
    switch (acceptance.outcome) {
      case 'accepted': {
        const { paused, place, superseded = 0, turnId } = acceptance;
        if (superseded > 0) deps.whisper(message, SUPERSEDED);
        if (paused) deps.whisper(message, escapeText(pausedText(await deps.pauseReason())));
        else if (place > 1) deps.waitingNote.show(message, turnId);
        return;
      }
      case 'full':
      case 'quota':
        // Said once, however often the message is delivered.
        if (!(await deps.once(`told:${placeOf(message)}`, REDELIVERED_S))) return;
        return deps.whisper(message, acceptance.outcome === 'full' ? LANE_FULL : quotaText(acceptance));
      case 'duplicate':
      case 'unaddressed':
        return;
      default:
        return acceptance satisfies never;
    }
  }

  return async (envelope) => {
    const change = normaliseChange(envelope, deps.botUserId());
    if (change?.kind === 'ignored') return deps.onIgnored(change.why);
    if (change?.kind === 'edited') return edited(change);
    if (change?.kind === 'deleted') return deleted(change);
    const normalised = normaliseMessage(envelope, deps.botUserId());
    if (normalised.kind === 'ignored') return deps.onIgnored(normalised.why);
    if (!normalised.message.addressed && deps.followUps === 'mention') return deps.onIgnored('no_mention');
    return written(normalised.message);
  };
}

const placeOf = ({ key, messageId }: InboundMessage) => placeClaim(key.tenant, key.conversation, messageId);

function pausedText(reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `I am paused for now${why}. Your question is kept, and I answer it when I go on.`;
}

function quotaText({ whose, waitMs }: Extract<Acceptance, { outcome: 'quota' }>): string {
  const who = whose === 'person' ? 'You have' : 'Your workspace has';
  return `${who} asked as much as is allowed in an hour, so I did not take this question. Ask it again in ${spoken(waitMs)}.`;
}
