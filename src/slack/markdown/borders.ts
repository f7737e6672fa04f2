import type { BlockState, Line } from './containers.ts';

/**
 * How full a message must be before it ends at a border of each kind. What has been sent cannot be taken back, so a
 * message ends at the first border that is good enough, not at the best one. The room between the last of these and
 * the limit holds the longest thing that is never divided.
 */
export const FULL_AT = {
  heading: 6_000,
  fence: 6_500,
  block: 7_000,
  item: 7_600,
  nested: 8_000,
  line: 8_400,
  word: 8_800,
  codeLine: 10_600,
  codeWord: 11_000,
} as const;
export const FIRST_BORDER = FULL_AT.heading;
/** From here on a word may begin a message even if it looks like the beginning of a list or a definition. */
export const LAST_RESORT = 10_800;

/** From this close to the limit on, text is placed character by character. */
export const CLOSE = 300;

export type Border = keyof typeof FULL_AT;

const PLAIN_START = /^(?:[\p{L}\p{Extended_Pictographic}("'“‘«]|`{1,2}(?!`))/u;

/** What stands before a line, as far as a border needs to know it. */
export interface Before {
  readonly state: BlockState;
  /** The last line keeps with what follows it: a heading, or words that end in a colon. */
  readonly announces: boolean;
  /** A table that is shown as the agent wrote it: it is cut between rows only. */
  readonly grid: boolean;
}

/** The border before a line, by what the line begins with; undefined where no cut may be. */
export function borderBefore(
  line: Line,
  content: string,
  { state, announces, grid }: Before,
): Border | undefined {
  const { kind, kept, opened } = line;
  if (kind === 'fence-text') return state.fence ? 'codeLine' : undefined;
  if (kind === 'blank' || kind === 'fence-close' || kind === 'underline' || kind === 'lazy') return undefined;
  const start = content.trimStart();
  if (/^(?:`{3}|~{3})/.test(start)) return 'fence';
  if (grid && kind === 'continuation') return 'line';
  if (kind === 'continuation') {
    return PLAIN_START.test(start) && !/^ {4}/.test(content) ? 'line' : undefined;
  }
  if (announces || kind === 'indented') return 'line';
  if (kept.length > 0) return 'nested';
  if (opened[0]?.kind === 'item' && state.stack[0]?.kind === 'item') return 'item';
  return kind === 'heading' || kind === 'rule' ? 'heading' : 'block';
}

/** May a message of this size end before this word, of which at least the first four characters are known? */
export function mayBegin(word: string, size: number): boolean {
  if (/^(?:`{3}|~{3}|_{3}|\*{3}|\*$)/.test(word)) return false;
  return size < LAST_RESORT ? /^[^\s\-+#>=|:[\d]/.test(word) : /^[^\s\-+#>=|:]/.test(word);
}

/** How long emphasis may stay open before a cut divides it after all, in characters as sent. */
export const patienceAt = (size: number): number => (size < 10_000 ? 1_000 : 0);
