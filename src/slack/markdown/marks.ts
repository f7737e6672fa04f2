/**
 * An invisible character (U+200B) that marks what we add to the agent's text, so that it can be taken out again.
 * A run of them stands as twice its length when the agent wrote it; ours always stand alone.
 */
export const MARK = '\u200b';

/** Stands for the items that a cut list goes on in, at the beginning of the next message. */
export const CONTINUED = `…${MARK}`;

/** What an image without a description is called. */
export const UNNAMED_IMAGE = `${MARK}image`;

const ADDED = new RegExp(
  [
    `(${MARK}${MARK})`,
    // An address in angle brackets, written out as a link.
    `\\[${MARK}(https?://[^\\]\\s]+)\\]\\(\\2\\)`,
    `${UNNAMED_IMAGE}(?=\\])`,
    MARK,
  ].join('|'),
  'g',
);

/** The agent's text from what was made of it. */
export function withoutAdditions(text: string): string {
  return text
    .replace(ADDED, (_whole, own?: string, url?: string) => (own ? MARK : url ? `<${url}>` : ''))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
