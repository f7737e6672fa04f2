import { spoken } from '../chat/duration.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Acceptance } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import { placeClaim } from './normalise.ts';
import { escapeText } from './text.ts';
import type { createWaitingNote } from './waiting-note.ts';
import { LANE_FULL, type Whisper } from './whisper.ts';

/** Slack delivers an event again for a few minutes. */
export const REDELIVERED_S = 3_600;

const SUPERSEDED =
  'Only your newest question in this thread is answered; the ones that still waited are set aside.';

export interface AcceptanceDeps {
  readonly once: Once;
  readonly whisper: Whisper;
  readonly waitingNote: Pick<ReturnType<typeof createWaitingNote>, 'show'>;
  /** Why an operator has paused intake; empty when nobody said. */
  readonly pauseReason: () => Promise<string>;
}

/** Tells a person what they should know about a question besides its answer. */
export type TellAcceptance = (message: InboundMessage, acceptance: Acceptance) => Promise<void>;

export function createTellAcceptance(deps: AcceptanceDeps): TellAcceptance {
  return async (message, acceptance) => {
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
  };
}

export const placeOf = ({ key, messageId }: InboundMessage) =>
  placeClaim(key.tenant, key.conversation, messageId);

function pausedText(reason: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  return `I am paused for now${why}. Your question is kept, and I answer it when I go on.`;
}

function quotaText({ whose, waitMs }: Extract<Acceptance, { outcome: 'quota' }>): string {
  const who = whose === 'person' ? 'You have' : 'Your workspace has';
  return `${who} asked as much as is allowed in an hour, so I did not take this question. Ask it again in ${spoken(waitMs)}.`;
}
