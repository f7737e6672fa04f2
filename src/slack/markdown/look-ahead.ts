import type { Source } from './source.ts';

/** How far ahead is read to tell whether what is open closes: nothing longer is kept whole. */
const AHEAD = 2_500;
const NEW_BLOCK = /\n[ \t]*(?:\r?\n|[-*+][ \t]|>|#{1,6}[ \t]|\d{1,9}[.)][ \t]|~~~|```)/g;
/** What one more character makes a list item of. */
const ITEM_BEGUN = /\n[ \t]*\d{1,9}\)$/;

/** The rest of the paragraph from `from`, and whether more of it may follow. */
function ahead({ text, done }: Source, from: number): { rest: string; grows: boolean } {
  NEW_BLOCK.lastIndex = from;
  const window = text.slice(0, from + AHEAD + 12);
  const end = NEW_BLOCK.exec(window)?.index ?? window.length;
  const rest = text.slice(from, Math.min(end, from + AHEAD));
  return { rest, grows: !done && end === text.length && rest.length < AHEAD };
}

/** Does a code span that opened with `length` backticks close? Undefined while the text so far does not tell. */
export function codeCloses(source: Source, from: number, length: number): boolean | undefined {
  const { rest, grows } = ahead(source, from);
  for (const run of rest.matchAll(/`+/g)) {
    const ended = run.index + run[0].length < rest.length || !grows;
    if (run[0].length === length && ended) return true;
  }
  return grows ? undefined : false;
}

/** Does one of `depth` open brackets turn out to be a link's? Undefined while the text so far does not tell. */
export function linkCloses(source: Source, from: number, depth: number): boolean | undefined {
  const { rest, grows } = ahead(source, from);
  let inner = depth;
  let open = depth;
  for (const found of rest.matchAll(/\\[\s\S]|[[\]]/g)) {
    if (found[0] === '[') open += 1;
    if (found[0] !== ']') continue;
    const next = rest[found.index + 1];
    if (next === undefined && grows) return undefined;
    if (open <= inner && (next === '(' || next === '[')) return true;
    open -= 1;
    if (open <= 0) return false;
    inner = Math.min(inner, open);
  }
  return grows ? undefined : false;
}

/** Does the target of a link close? */
export function targetCloses(source: Source, from: number): boolean | undefined {
  const { rest, grows } = ahead(source, from);
  if ((grows ? rest.replace(ITEM_BEGUN, '') : rest).includes(')')) return true;
  return grows ? undefined : false;
}
