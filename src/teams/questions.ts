import { type Admission, type AdmissionRules, admit } from '../chat/admission.ts';
import { type Command, parseCommand } from '../chat/command.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import type { Commands } from '../commands/commands.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Accept } from '../turns/accept-turn.ts';
import type { Acceptance } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import type { QuestionChanges } from '../turns/question-changes.ts';
import type { TeamsActivity } from './activity.ts';
import type { Background } from './background.ts';
import { linkCard } from './cards.ts';
import { forgetCard } from './forgetting.ts';
import { activityClaim, normaliseActivity, rootOf, whereabouts } from './normalise.ts';
import type { Reference, References } from './references.ts';
import { NoPrivateChat, type Voice } from './voice.ts';
import {
  LANE_FULL,
  NOT_HERE,
  pausedText,
  quotaText,
  REFUSED,
  SENT_ALONE,
  SUPERSEDED,
  TOO_LATE,
} from './words.ts';

/** Teams delivers an activity again within minutes. */
const REDELIVERED_S = 3_600;

/** Commands whose answer concerns nobody but their author. */
const PRIVATE: ReadonlySet<Command['name']> = new Set(['link', 'unlink', 'whoami', 'export', 'forget me']);

export interface QuestionsDeps {
  readonly rules: AdmissionRules;
  readonly accept: Pick<Accept, 'acceptTurn'>;
  readonly changes: Pick<QuestionChanges, 'amendQuestion' | 'cancelQuestion'>;
  readonly once: Once;
  readonly commands: Pick<Commands, 'runOnce'>;
  readonly references: Pick<References, 'remember'>;
  readonly voice: Voice;
  readonly background: Background;
  /** Why an operator has paused intake; empty when nobody said. */
  readonly pauseReason: () => Promise<string>;
  readonly onIgnored: (why: string) => void;
  readonly onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) => void;
  readonly log: Logger;
}

/**
 * What people write, change and delete. Each throws when something could not be stored, so that Teams delivers it again.
 * Before the answer only Redis is asked.
 */
export function createQuestions(deps: QuestionsDeps) {
  const say = (activity: TeamsActivity, text: string) =>
    deps.background('an explanation could not be shown', () => deps.voice.say(placeOf(activity), { text }));

  function sayAlone(
    activity: TeamsActivity,
    message: InboundMessage,
    answer: Parameters<Voice['sayAlone']>[1],
  ) {
    deps.background('a private answer could not be shown', async () => {
      const place = placeOf(activity);
      if (message.kind === 'direct') return deps.voice.say(place, answer);
      try {
        await deps.voice.sayAlone({ id: message.sender.id, tenant: message.key.tenant }, answer);
      } catch (error) {
        if (!(error instanceof NoPrivateChat)) throw error;
        return deps.voice.say(place, { text: NOT_HERE });
      }
      await deps.voice.say(place, { text: SENT_ALONE });
    });
  }

  /** A message that is meant for the bot itself. At the top of a channel it means all that its author asked there. */
  async function told(activity: TeamsActivity, message: InboundMessage, command: Command): Promise<void> {
    const [claim = ''] = message.claims;
    const { key, sender, kind, messageId } = message;
    const atTop = kind === 'channel' && rootOf(key.thread) === messageId;
    const asker = { key: atTop ? { ...key, thread: '' } : key, sender };
    const answer = await deps.commands.runOnce(command, asker, `command:${claim}`);
    if (!answer) return;
    if (!answer.found && !message.addressed) return deps.onIgnored('no_mention');
    if (!(await deps.once(`told:${claim}`, REDELIVERED_S))) return;
    const word = {
      text: answer.text,
      ...(answer.button ? { card: linkCard(answer.text, answer.button) } : {}),
      ...(answer.form ? { card: forgetCard(answer.text, answer.form.ask ?? '') } : {}),
    };
    if (PRIVATE.has(command.name)) sayAlone(activity, message, word);
    else say(activity, answer.text);
  }

  /** What the person should know about a question besides its answer. */
  async function tell(
    activity: TeamsActivity,
    message: InboundMessage,
    acceptance: Acceptance,
  ): Promise<void> {
    switch (acceptance.outcome) {
      case 'accepted':
        if ((acceptance.superseded ?? 0) > 0) say(activity, SUPERSEDED);
        if (acceptance.paused) say(activity, pausedText(await deps.pauseReason()));
        return;
      case 'full':
      case 'quota':
        // Said once, however often the message is delivered.
        if (!(await deps.once(`told:${message.claims[0]}`, REDELIVERED_S))) return;
        return say(activity, acceptance.outcome === 'full' ? LANE_FULL : quotaText(acceptance));
      case 'duplicate':
      case 'unaddressed':
        return;
      default:
        return acceptance satisfies never;
    }
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
        deps.onRefused(message.sender, admission);
        return say(activity, REFUSED);
      }
      await deps.references.remember(activity, message);
      const command = parseCommand(message.text);
      if (command && command.name !== 'help' && message.files.length === 0)
        return told(activity, message, command);
      await tell(activity, message, await deps.accept.acceptTurn(message));
    },

    async edited(activity: TeamsActivity): Promise<void> {
      const normalised = normaliseActivity({ ...activity, type: 'message' });
      if (normalised.kind === 'ignored') return deps.onIgnored(normalised.why);
      const { claims, sender, text, files } = normalised.message;
      const [claim = ''] = claims;
      const stamp = stampOf(activity);
      const outcome = await deps.changes.amendQuestion({ claim, editor: sender.id, text, files, stamp });
      if (outcome === 'unknown') return deps.onIgnored('edit_of_no_question');
      if (outcome === 'running' && (await deps.once(`told:${claim}:${stamp}`, REDELIVERED_S)))
        say(activity, TOO_LATE);
    },

    async deleted(activity: TeamsActivity): Promise<void> {
      const where = whereabouts(activity);
      if (!where || !activity.id) return deps.onIgnored('malformed');
      const outcome = await deps.changes.cancelQuestion(activityClaim(where.key, activity.id));
      if (outcome === 'unknown') deps.onIgnored('deletion_of_no_question');
    },
  };
}

/** Where an activity is answered. */
export function placeOf({ serviceUrl, conversation, recipient }: TeamsActivity): Reference {
  const { id = '', name } = recipient ?? {};
  return { serviceUrl, conversation: conversation.id, bot: { id, ...(name ? { name } : {}) } };
}

/** Grows from edit to edit. */
function stampOf({ timestamp }: TeamsActivity): string {
  return timestamp instanceof Date ? timestamp.toISOString() : (timestamp ?? '');
}
