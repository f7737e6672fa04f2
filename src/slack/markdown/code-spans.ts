import type { LookAhead } from './look-ahead.ts';
import type { Source } from './source.ts';

/** Longer runs of backticks open no code. */
const LONGEST_RUN = 60;

export interface CodeSpans {
  /** Is code open? Only such as is known to close. */
  open(): boolean;
  /**
   * Reads a run of backticks from `at`. `inert`: it stands where none can open code. Returns how much of it is read, 0
   * while the text so far does not tell what it is.
   */
  read(at: number, inert: boolean): number;
  /** May one that is inert close code? */
  mayClose(): boolean;
  /** Forgets what is open: a new block begins. */
  reset(): void;
}

/** Knows where code begins and ends in a paragraph. Source: CommonMark 0.31, "Code spans". */
export function createCodeSpans(source: Source, lookAhead: LookAhead): CodeSpans {
  /** The length of the run that opened the code we are in. */
  let code: number | undefined;
  /** Runs that do not close as far as we look, outermost first: the next one as long, if there is one, does it after all. */
  let lone: number[] = [];

  return {
    open: () => code !== undefined,
    mayClose: () => lone.length > 0,
    reset() {
      code = undefined;
      lone = [];
    },
    read(at, inert) {
      const { text, done } = source;
      let end = at;
      while (text[end] === '`' && end - at <= LONGEST_RUN) end += 1;
      const length = end - at;
      // No author writes so many: each stands for itself, so that a message can end between them.
      if (length > LONGEST_RUN) return 1;
      if (end === text.length && !done) return 0;
      const outer = lone.indexOf(length);
      if (outer >= 0) {
        // All that seemed to begin or end within it was text of it.
        lone = lone.slice(0, outer);
        code = undefined;
        return length;
      }
      if (inert) return 1;
      if (code !== undefined) {
        if (code === length) code = undefined;
        return length;
      }
      const closes = lookAhead.codeCloses(end, length);
      if (closes === undefined) return 0;
      if (closes) code = length;
      else lone.push(length);
      return length;
    },
  };
}
