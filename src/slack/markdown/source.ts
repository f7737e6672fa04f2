/** The agent's text as far as it has come. It only grows. */
export interface Source {
  readonly text: string;
  /** Nothing follows. */
  readonly done: boolean;
}

export interface SourceLine {
  /** Without its line break. */
  readonly content: string;
  /** Behind its line break. */
  readonly end: number;
  /** Nothing can be added to it. */
  readonly complete: boolean;
}

/** The line, or the rest of one, that begins at `from`. */
export function lineAt({ text, done }: Source, from: number): SourceLine {
  const found = text.indexOf('\n', from);
  if (found < 0) return { content: text.slice(from), end: text.length, complete: done };
  return { content: text.slice(from, found), end: found + 1, complete: true };
}

/** `end`, or one less where it would divide a surrogate pair: half a character cannot be sent. */
export const wholeEnd = (text: string, end: number): number =>
  /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;

/** Both kinds of line break are one to us. */
export const withoutReturn = (content: string): string =>
  content.endsWith('\r') ? content.slice(0, -1) : content;
