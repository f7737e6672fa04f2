import { MARK, UNNAMED_IMAGE } from './marks.ts';

/** An address that can stand as a link's label and target alike. */
const BRACKETED = new RegExp(`<(https?://[^\\s<>()[\\]\\\\\`*~|${MARK}]{1,1000})>`, 'y');
const BRACKETED_BEGUN = new RegExp(
  `<(?:h(?:t(?:t(?:ps?(?::(?:/(?:/[^\\s<>()[\\]\\\\\`*~|${MARK}]{0,1000})?)?)?)?)?)?)?$`,
  'y',
);
const PLAIN = new RegExp(`[^&<>\\\\\`*~![\\]():${MARK}]{1,200}`, 'y');
const AMBIGUOUS = /&(?:amp|lt|gt);/y;
const AMBIGUOUS_BEGUN = /&(?:a(?:mp?)?|lt?|gt?)?$/y;
const NEW_BLOCK = /\n[ \t]*(?:\r?\n|[-*+][ \t]|>|#{1,6}[ \t]|\d{1,9}[.)][ \t]|~~~|```)/g;

function matches(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Longer runs of backticks open no code. */
const LONGEST_RUN = 60;
/** How far ahead is read to tell whether what is open closes: nothing longer is kept whole. */
const AHEAD = 2_500;

/** The rest of the paragraph from `from`, and whether more of it may follow. */
function ahead(text: string, from: number, done: boolean): { rest: string; grows: boolean } {
  NEW_BLOCK.lastIndex = from;
  const window = text.slice(0, from + AHEAD + 12);
  const end = NEW_BLOCK.exec(window)?.index ?? window.length;
  const rest = text.slice(from, Math.min(end, from + AHEAD));
  return { rest, grows: !done && end === text.length && rest.length < AHEAD };
}

/** Does a code span that opened with `length` backticks close? Undefined while the text so far does not tell. */
function codeCloses(text: string, from: number, length: number, done: boolean): boolean | undefined {
  const { rest, grows } = ahead(text, from, done);
  for (const run of rest.matchAll(/`+/g)) {
    const ended = run.index + run[0].length < rest.length || !grows;
    if (run[0].length === length && ended) return true;
  }
  return grows ? undefined : false;
}

/** Does one of `depth` open brackets turn out to be a link's? Undefined while the text so far does not tell. */
function linkCloses(text: string, from: number, depth: number, done: boolean): boolean | undefined {
  const { rest, grows } = ahead(text, from, done);
  let open = depth;
  for (const found of rest.matchAll(/\\[\s\S]|[[\]]/g)) {
    if (found[0] === '[') open += 1;
    if (found[0] !== ']') continue;
    const next = rest[found.index + 1];
    if (next === undefined && grows) return undefined;
    if (open <= depth && (next === '(' || next === '[')) return true;
    open -= 1;
    if (open <= 0) return false;
    depth = Math.min(depth, open);
  }
  return grows ? undefined : false;
}

/** Does the target of a link close? */
function targetCloses(text: string, from: number, done: boolean): boolean | undefined {
  const { rest, grows } = ahead(text, from, done);
  if (rest.includes(')')) return true;
  return grows ? undefined : false;
}

/** Where the word begins that `at` stands in; not before `from`. */
function wordStart(text: string, at: number, from: number): number {
  let start = at;
  while (start > from && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return start;
}

interface Run {
  readonly character: string;
  readonly before: string;
  length: number;
}

export interface Inline {
  /** Forgets what is open: a new block begins. */
  reset(): void;
  /** A new line begins. `definition`: where the colon of a link or footnote definition stands, or -1. */
  line(definition: number): void;
  /**
   * Would a cut at `at`, between two words, fall inside a link, an image or code, or inside emphasis that began
   * within the last `patience` characters as sent? Undefined while the text so far does not tell.
   */
  inside(text: string, at: number, done: boolean, patience: number): boolean | undefined;
  /**
   * Sends `text` from `from` to `to` (no white space inside) in the form Slack takes. Returns where it had to stop
   * because what follows is not known yet, or `to`.
   */
  send(text: string, from: number, to: number, done: boolean, code: boolean): number;
}

/**
 * Reads a paragraph as it grows: escapes what Slack would take for markup of its own, makes images links,
 * and knows what is open. `emit` gets the text to send; `sent` tells how much was sent so far.
 */
export function createInline(emit: (text: string) => void, sent: () => number): Inline {
  let run: Run | undefined;
  let code: { readonly length: number; readonly brackets: readonly number[] } | undefined;
  let brackets: number[] = [];
  let target: { depth: number } | undefined;
  let emphasis = new Map<string, number>();
  let previous = '';
  let escaped = false;
  let emptyImage = false;
  let definition = -1;
  let looked = { at: 0, address: false };

  function endRun(next: string): void {
    if (!run) return;
    const { character, before, length } = run;
    run = undefined;
    if (code) return;
    const key = character.repeat(Math.min(length, 3));
    if (emphasis.has(key) && !/^\s?$/.test(before)) emphasis.delete(key);
    else if (!/^\s?$/.test(next) && !/[\p{L}\p{N}]/u.test(before)) emphasis.set(key, sent());
  }

  function begins(character: string): void {
    if (run?.character === character) run.length += 1;
    else {
      endRun(character);
      run = { character, before: previous, length: 1 };
    }
  }

  /** Reads a run of backticks. Returns its length, 0 while the text so far does not tell what it is. */
  function backticks(text: string, at: number, done: boolean): number {
    if (previous === '`') return 1;
    let end = at;
    while (text[end] === '`' && end - at <= LONGEST_RUN) end += 1;
    const length = end - at;
    // No author writes so many: each stands for itself, so that a message can end between them.
    if (length > LONGEST_RUN) return 1;
    if (end === text.length && !done) return 0;
    if (code) {
      if (code.length === length) {
        brackets = [...code.brackets];
        code = undefined;
      }
      return length;
    }
    const closes = codeCloses(text, end, length, done);
    if (closes === undefined) return 0;
    if (closes) code = { length, brackets: [...brackets] };
    return length;
  }

  function bracket(character: string): void {
    if (target) {
      if (character === '(') target.depth += 1;
      if (character === ')') target.depth -= 1;
      if (target.depth === 0) target = undefined;
    } else if (character === '[') brackets.push(sent());
    else if (character === ']') brackets.pop();
    else if (character === '(' && previous === ']') target = { depth: 1 };
  }

  /** The form of one ampersand. In an address Slack does not decode, so there it stays where that reads the same. */
  function ampersand(text: string, at: number, done: boolean): string | undefined {
    // Addresses are looked for once: from the last ampersand on, if that stands in the same word.
    const start = wordStart(text, at, looked.at);
    const same = start === looked.at;
    const word = text.slice(same ? Math.max(0, start - 7) : start, at);
    looked = { at, address: (same && looked.address) || /:\/\/|\]\(|mailto:/.test(word) };
    const address = target !== undefined || looked.address;
    if (!address || matches(AMBIGUOUS, text, at)) return '&amp;';
    return !done && matches(AMBIGUOUS_BEGUN, text, at) ? undefined : '&';
  }

  /** Sends one special character, or an address in brackets. Returns its length in the text, 0 to wait for more. */
  function special(text: string, at: number, done: boolean, literal: boolean): number {
    const c = text.charAt(at);
    if (c === '&') {
      const form = ampersand(text, at, done);
      if (form !== undefined) emit(form);
      return form === undefined ? 0 : 1;
    }
    const free = !literal && !escaped && !code && brackets.length === 0 && !target && previous !== '!';
    if (c === '<' && free) {
      const url = matches(BRACKETED, text, at)?.[1];
      if (url !== undefined) {
        const safe = url.replaceAll(/&(?=(?:amp|lt|gt);)/g, '&amp;');
        emit(`[${MARK}${safe}](${safe})`);
        return url.length + 2;
      }
      if (!done && matches(BRACKETED_BEGUN, text, at)) return 0;
    }
    if (c === '<' || c === '>') emit(c === '<' ? '&lt;' : '&gt;');
    else if (c === MARK) emit(MARK + MARK);
    else if (c === '[' && !literal && !escaped && previous === '!' && !code) {
      emit(`${MARK}[`);
      emptyImage = true;
    } else if (c === ']' && emptyImage) emit(`${UNNAMED_IMAGE}]`);
    else if (at === definition) emit(`${MARK}:`);
    else emit(c);
    return 1;
  }

  return {
    reset() {
      run = undefined;
      code = undefined;
      brackets = [];
      target = undefined;
      emphasis = new Map();
      previous = '';
      escaped = false;
      emptyImage = false;
    },
    line(at) {
      endRun('\n');
      previous = '\n';
      escaped = false;
      emptyImage = false;
      definition = at;
    },
    inside(text, at, done, patience) {
      endRun(' ');
      // Code is open only where it is known to close.
      if (code) return true;
      if (target) {
        const closes = targetCloses(text, at, done);
        if (closes !== false) return closes;
        target = undefined;
      }
      if (brackets.length > 0) {
        const closes = linkCloses(text, at, brackets.length, done);
        if (closes !== false) return closes;
        brackets = [];
      }
      const now = sent();
      return [...emphasis.values()].some((began) => now - began <= patience);
    },
    send(text, from, to, done, literal) {
      let at = from;
      if (from > 0 && /\s/.test(text.charAt(from - 1))) {
        endRun(' ');
        previous = ' ';
        escaped = false;
        emptyImage = false;
      }
      while (at < to) {
        const plain = matches(PLAIN, text, at)?.[0].slice(0, to - at);
        if (plain) {
          if (!literal) endRun(plain.charAt(0));
          emit(plain);
          at += plain.length;
          previous = plain.charAt(plain.length - 1);
          escaped = false;
          emptyImage = false;
          continue;
        }
        const c = text.charAt(at);
        if (!literal && c !== '*' && c !== '~') endRun(c);
        if (c === '`' && !literal && !escaped) {
          const length = backticks(text, at, done);
          if (length === 0) return at;
          emit(text.slice(at, at + length));
          at += length;
          previous = c;
          emptyImage = false;
          continue;
        }
        const opensImage = c === '[' && previous === '!' && !escaped;
        const taken = special(text, at, done, literal);
        if (taken === 0) return at;
        if (!opensImage) emptyImage = false;
        const bare = !literal && !escaped;
        escaped = bare && c === '\\' && !code;
        if (bare && taken === 1) {
          if (c === '*' || c === '~') begins(c);
          else if ('[]()'.includes(c)) bracket(c);
        }
        previous = bare ? c : 'x';
        at += taken;
      }
      return at;
    },
  };
}
