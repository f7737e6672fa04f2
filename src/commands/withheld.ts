import type { Sender } from '../chat/vocabulary.ts';

/** What people can do about a question or an answer that was withheld. */
export interface WithheldAnswers {
  /** Why that of this turn was, in plain words for the person who asks. */
  explain(turnId: string, who: Sender): Promise<string>;
  /** Somebody thinks that it was a mistake: puts it on record. False when there is nothing to be disputed. */
  dispute(turnId: string, who: Sender): Promise<boolean>;
}

/** `noted`: it was put on record. */
export const disputedText = (noted: boolean): string =>
  noted
    ? 'Thank you. I have put on record that you think this was a mistake; the people who tune the rules will see it.'
    : 'There is nothing on record any more about what was withheld here.';
