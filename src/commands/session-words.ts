import { oneLine } from '../chat/one-line.ts';
import type { SearchHit, SessionList } from './conversation-answers.ts';
import type { ListState } from './session-buttons.ts';

/** The words around lists of conversations that have buttons; the buttons say the rest. Plain text. Pure. */

const IDLE_NAMED = 5;

export function listTitle({ archived, total, words }: SessionList): string {
  const what = archived ? 'Archived conversations' : 'Your conversations';
  return words === '' ? `${what} (${total})` : `${what} with “${oneLine(words, 100)}”`;
}

export function nothingListed({ archived, words }: Pick<SessionList, 'archived' | 'words'>): string {
  if (words !== '')
    return 'None has these words in its name, tags or project. Search looks through what was said, too.';
  return archived ? 'Nothing is archived.' : 'There is none yet. Ask me something: that begins one.';
}

export const askedSoOften = (turns: number): string =>
  turns === 0 ? 'nothing asked yet' : turns === 1 ? '1 question' : `${turns} questions`;

/** Before a session is deleted. */
export const goneForGood = (name: string): string =>
  `“${name}” and what I remember of it go for good. What stands in the chat stays there.`;

/** Those that were long idle may go to the archive, all at a press. */
export function idleOffer(idle: readonly { readonly name: string }[]): { text: string; label: string } {
  const names = idle.slice(0, IDLE_NAMED).map(({ name }) => `“${oneLine(name, 40)}”`);
  const rest = idle.length > IDLE_NAMED ? ` and ${idle.length - IDLE_NAMED} more` : '';
  return {
    text: `You have many active conversations. Longest idle: ${names.join(', ')}${rest}. Archived ones can be restored.`,
    label: idle.length === 1 ? 'Archive it' : `Archive these ${idle.length}`,
  };
}

/** The list beside this one: the archived ones, the active ones, or all of them. */
export function otherList({ archived, words }: Pick<SessionList, 'archived' | 'words'>): {
  readonly label: string;
  readonly says: string;
  readonly list: ListState;
} {
  if (words !== '') return { label: 'Show all', says: 'Show all of them', list: {} };
  return archived
    ? { label: 'Active', says: 'Show the active ones', list: {} }
    : { label: 'Archived', says: 'Show the archived ones', list: { archived: true } };
}

/** Where something was found. */
export function foundIn({ entry, source }: SearchHit): string {
  if (entry) return `${entry.number}. ${oneLine(entry.name, 80)}`;
  return source === 'note' ? 'What I noted about you' : 'From a conversation that is no longer listed';
}

/** What it was found in, where that is a session. */
export const foundAs = ({ source }: SearchHit): string =>
  source === 'note' ? 'a note of mine' : 'what was said';

/** As somebody writes them into one field. */
export const tagsIn = (text: string): string[] =>
  text
    .split(/[,;\n]/)
    .map((tag) => tag.trim().replace(/^#/, ''))
    .filter((tag) => tag !== '');

export const EARLIER_ONES = 'There are earlier questions than these.';
export const NOTHING_SAID = 'Nothing is known of what was said in it.';
export const NOTHING_FOUND = 'Nothing of what you and I have said has these words.';
export const NOT_ALL_SEARCHED = 'Not everything could be looked through just now.';
export const NO_ANSWER = 'no answer';
export const NAME_MISSING = 'A name needs letters or digits.';
export const NO_LONGER_THERE = 'This conversation is no longer there. Perhaps you have deleted it meanwhile.';
