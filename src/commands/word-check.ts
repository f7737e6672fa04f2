import { cleanLine } from '../sessions/session-name.ts';
import type { Asker } from './account.ts';

/** Why nothing of it may be kept, in words for the person; `at`: which of the texts it is about. */
export interface Refused {
  readonly refused: string;
  readonly at: number;
}

/**
 * Judges what somebody has typed besides questions: each text as it may be kept and shown, in the same order, or why none of
 * them may be. Never rejects.
 */
export type CheckWords = (
  asker: Asker,
  texts: readonly string[],
) => Promise<{ readonly texts: readonly string[] } | Refused>;

const passed: unique symbol = Symbol('passed');

/** Words that were let through, perhaps masked. Nothing but a check makes them, and nothing else is kept as a name. */
export interface Checked {
  readonly text: string;
  readonly [passed]: true;
}

/** Names are cut shorter than this anyway; a secret that begins in one is known by its first 200 characters. */
const LONGEST = 1_000;

export function createWordCheck(check: CheckWords) {
  async function texts<T extends readonly string[]>(
    asker: Asker,
    given: T,
  ): Promise<{ readonly words: { readonly [K in keyof T]: Checked } } | Refused> {
    const wanted = [...new Set(given)].filter((text) => text !== '');
    const answer = wanted.length === 0 ? { texts: [] } : await check(asker, wanted);
    if ('refused' in answer) return { ...answer, at: Math.max(0, given.indexOf(wanted[answer.at] ?? '')) };
    const read = new Map(wanted.map((text, i) => [text, answer.texts[i] ?? '']));
    const words = given.map((text): Checked => ({ text: read.get(text) ?? '', [passed]: true }));
    return { words: words as unknown as { readonly [K in keyof T]: Checked } };
  }

  return {
    /** As they are. */
    texts,
    /** Names and the like, of one line: as they would be kept, without what nobody sees in them. */
    lines: <T extends readonly string[]>(asker: Asker, given: T) =>
      texts(
        asker,
        given.map((text) => cleanLine(text, LONGEST)) as unknown as {
          readonly [K in keyof T]: string;
        },
      ),
  };
}
