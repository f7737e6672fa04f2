import type { InboundMessage } from '../chat/vocabulary.ts';
import { LANE_FULL, pausedText, quotaText, SUPERSEDED } from '../commands/intake-words.ts';
import type { Acceptance } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import { placeClaim } from './normalise.ts';
import { escapeText } from './text.ts';
import type { createWaitingNote } from './waiting-note.ts';
import type { Whisper } from './whisper.ts';

/** Slack delivers an event again for a few minutes. */
export const REDELIVERED_S = 3_600;

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
        return deps.whisper(
          message,
          acceptance.outcome === 'full' ? LANE_FULL : quotaText(acceptance, 'slack'),
        );
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
