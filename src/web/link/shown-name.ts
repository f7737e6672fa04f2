import { type Html, html } from './html.ts';

const LONGEST = 80;
/** Breaks of lines and paragraphs, and every kind of space. */
const SPACES = /[\s\u0085]+/gu;
/**
 * What a reader does not see, or what moves the text around it: control characters, bidi overrides, zero-width and
 * other invisible characters, halves of characters, and code points without a meaning of their own.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A name that others have chosen, as plain words on one line, at most 80 characters. May be empty. */
export function plainName(name: string): string {
  const plain = name.replace(SPACES, ' ').replace(UNSEEN, '').replace(/ +/g, ' ').trim();
  const characters = [...plain];
  return characters.length <= LONGEST ? plain : `${characters.slice(0, LONGEST - 1).join('')}…`;
}

/** The name set apart, so that one written from right to left does not reorder the words around it. */
export function shownName(name: string, nameless: string): Html {
  return html`<bdi>${plainName(name) || nameless}</bdi>`;
}
