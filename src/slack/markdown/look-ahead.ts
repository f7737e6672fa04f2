import { type BlockState, readLine, stateAfter, TELLING } from './containers.ts';
import { lineAt, type Source, withoutReturn } from './source.ts';
import { beginsDelimiter, isDelimiter } from './table.ts';

/** How far ahead is read to tell whether what is open closes: nothing longer is kept whole. */
const AHEAD = 2_500;

/** What follows in a paragraph. Each answer is undefined while the text so far does not tell. */
export interface LookAhead {
  /** A line's text begins at `from`. `after`: the state behind it; undefined where it ends what is read together. */
  line(from: number, after: BlockState | undefined): void;
  /** Does a code span close that opened with `length` backticks before `from`? */
  codeCloses(from: number, length: number): boolean | undefined;
  /** Does one of `depth` open brackets turn out to be a link's? */
  linkCloses(from: number, depth: number): boolean | undefined;
  /** Does the target of a link close? */
  targetCloses(from: number): boolean | undefined;
}

export function createLookAhead(source: Source): LookAhead {
  /** Where the first line begins that has not been passed, and what the line before it says. */
  let next = { at: 0, content: '' };
  /** The state behind that line; undefined when the paragraph ends with it. */
  let state: BlockState | undefined;
  /** Not even the line that is being placed has been passed. */
  let begun = true;

  /** Goes over one more line. False while it cannot be told whether it belongs to the paragraph. */
  function pass(): boolean {
    const { content, end, complete } = lineAt(source, next.at);
    if (begun) {
      if (!complete) return false;
      begun = false;
      next = { at: end, content: withoutReturn(content) };
      return true;
    }
    if (!state) return true;
    if (!complete && !TELLING.test(content)) return false;
    const raw = withoutReturn(content);
    const line = readLine(state, raw);
    if (!complete && line.kind === 'fence-open') return false;
    const text = raw.slice(line.at);
    const over = (line.kind !== 'continuation' && line.kind !== 'lazy') || isDelimiter(next.content, text);
    // It and the line below may turn out to begin a table.
    const below = lineAt(source, end);
    const under = withoutReturn(below.content).replace(/^[>\s]+/, '');
    if (!over && !source.done && !below.complete && (under === '' || beginsDelimiter(under))) return false;
    if (over || isDelimiter(text, under)) state = undefined;
    else {
      state = stateAfter(state, line);
      next = { at: end, content: text };
    }
    return true;
  }

  /** The rest of the paragraph from `from`, and whether more of it may follow. */
  function ahead(from: number): { rest: string; grows: boolean } {
    let known = true;
    while (known && (begun || state) && next.at < from + AHEAD && next.at < source.text.length)
      known = pass();
    const to = begun ? source.text.length : next.at;
    const rest = source.text.slice(from, Math.min(to, from + AHEAD));
    return { rest, grows: !source.done && (begun || state !== undefined) && rest.length < AHEAD };
  }

  return {
    line(from, after) {
      next = { at: from, content: '' };
      state = after?.paragraph ? after : undefined;
      begun = true;
    },
    codeCloses(from, length) {
      const { rest, grows } = ahead(from);
      for (const run of rest.matchAll(/`+/g)) {
        const ended = run.index + run[0].length < rest.length || !grows;
        if (run[0].length === length && ended) return true;
      }
      return grows ? undefined : false;
    },
    linkCloses(from, depth) {
      const { rest, grows } = ahead(from);
      let inner = depth;
      let open = depth;
      for (const found of rest.matchAll(/\\[\s\S]|[[\]]/g)) {
        if (found[0] === '[') open += 1;
        if (found[0] !== ']') continue;
        const after = rest[found.index + 1];
        if (after === undefined && grows) return undefined;
        if (open <= inner && (after === '(' || after === '[')) return true;
        open -= 1;
        if (open <= 0) return false;
        inner = Math.min(inner, open);
      }
      return grows ? undefined : false;
    },
    targetCloses(from) {
      const { rest, grows } = ahead(from);
      if (rest.includes(')')) return true;
      return grows ? undefined : false;
    },
  };
}
