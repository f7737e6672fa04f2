import type { InboundMessage } from '../chat/vocabulary.ts';
import { LANE_FULL, pausedText, quotaText, SUPERSEDED } from '../commands/intake-words.ts';
import type { Acceptance } from '../turns/lanes.ts';
import type { Once } from '../turns/once.ts';
import type { TeamsActivity } from './activity.ts';
import type { Background } from './background.ts';
import type { Reference } from './references.ts';
import type { Voice, Word } from './voice.ts';

/** Teams delivers an activity again within minutes. Seconds. */
export const REDELIVERED_S = 3_600;

export interface TellingDeps {
  readonly once: Once;
  readonly voice: Voice;
  readonly background: Background;
  /** Why an operator has paused intake; empty when nobody said. */
  readonly pauseReason: () => Promise<string>;
}

export type Telling = ReturnType<typeof createTelling>;

/** What the bot says in the place of an activity, after that was answered. */
export function createTelling({ once, voice, background, pauseReason }: TellingDeps) {
  const say = (activity: TeamsActivity, word: Word) =>
    background('an explanation could not be shown', () => voice.say(placeOf(activity), word));

  return {
    say,

    /** What the person should know about a question besides its answer. */
    async tell(activity: TeamsActivity, message: InboundMessage, acceptance: Acceptance): Promise<void> {
      switch (acceptance.outcome) {
        case 'accepted':
          if ((acceptance.superseded ?? 0) > 0) say(activity, { text: SUPERSEDED });
          if (acceptance.paused) say(activity, { text: pausedText(await pauseReason()) });
          return;
        case 'full':
        case 'quota':
          // Said once, however often the message is delivered.
          if (!(await once(`told:${message.claims[0]}`, REDELIVERED_S))) return;
          return say(activity, {
            text: acceptance.outcome === 'full' ? LANE_FULL : quotaText(acceptance, 'teams'),
          });
        case 'duplicate':
        case 'unaddressed':
          return;
        default:
          return acceptance satisfies never;
      }
    },
  };
}

/** Where an activity is answered. */
export function placeOf({ serviceUrl, conversation, recipient }: TeamsActivity): Reference {
  const { id = '', name } = recipient ?? {};
  return { serviceUrl, conversation: conversation.id, bot: { id, ...(name ? { name } : {}) } };
}
