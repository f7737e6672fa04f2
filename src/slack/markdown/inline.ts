import { type BareAddress, bareAddress } from './bare-address.ts';
import { createCodeSpans } from './code-spans.ts';
import type { BlockState } from './containers.ts';
import { createLookAhead } from './look-ahead.ts';
import { MARK, UNNAMED_IMAGE } from './marks.ts';
import type { Source } from './source.ts';

/** An address that can stand as a link's label and target alike. */
const BRACKETED = new RegExp(`<(https?://[^\\s<>()[\\]\\\\\`*~|${MARK}]{1,1000})>`, 'y');
const BRACKETED_BEGUN = new RegExp(
  `<(?:h(?:t(?:t(?:ps?(?::(?:/(?:/[^\\s<>()[\\]\\\\\`*~|${MARK}]{0,1000})?)?)?)?)?)?)?$`,
  'y',
);
const PLAIN = new RegExp(`[^&<>\\\\\`*~![\\]():${MARK}]{1,200}`, 'y');
const AMBIGUOUS = /&(?:amp|lt|gt);/y;
const AMBIGUOUS_BEGUN = /&(?:a(?:mp?)?|lt?|gt?)?$/y;
/** What a link's or footnote's definition begins with. */
const DEFINED = /^ {0,3}\[(?:[^[\]\\\n]|\\.){1,999}\]$/;

function matches(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
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
  /**
   * A new line begins, its text at `from`. `literal`: it is shown to the character. `after`: the state behind it, if its
   * text may go on in the next line.
   */
  line(from: number, literal: boolean, after: BlockState | undefined): void;
  /**
   * Would a cut at `at`, between two words, fall inside a link, an image or code, or inside emphasis that began
   * within the last `patience` characters as sent? Undefined while the text so far does not tell.
   */
  inside(at: number, patience: number): boolean | undefined;
  /**
   * Sends the text from `from` to `to` (no white space inside) in the form Slack takes. Returns where it had to stop
   * because what follows is not known yet, or `to`, or a little more where that belongs together. Whoever waited goes
   * on from there.
   */
  send(from: number, to: number, code: boolean): number;
}

/**
 * Reads a paragraph as it grows: escapes what Slack would take for markup of its own, makes images links,
 * and knows what is open. `emit` gets the text to send; `sent` tells how much was sent so far.
 */
export function createInline(source: Source, emit: (text: string) => void, sent: () => number): Inline {
  let run: Run | undefined;
  const lookAhead = createLookAhead(source);
  const code = createCodeSpans(source, lookAhead);
  /** Brackets that are open, and how many of them may still turn out to begin a link. */
  let brackets = 0;
  let labels = 0;
  let address: BareAddress | undefined;
  let target: { depth: number } | undefined;
  let emphasis = new Map<string, number>();
  let previous = '';
  let escaped = false;
  let emptyImage = false;
  /** Where a link's or footnote's definition would begin in the line, or -1. */
  let lineFrom = -1;
  let looked = { at: 0, address: false };

  function endRun(next: string): void {
    if (!run) return;
    const { character, before, length } = run;
    run = undefined;
    if (code.open()) return;
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

  function bracket(character: string): void {
    if (target) {
      if (character === '(') target.depth += 1;
      if (character === ')') target.depth -= 1;
      if (target.depth === 0) target = undefined;
    } else if (character === '[') {
      brackets += 1;
      labels += 1;
    } else if (character === ']') {
      brackets = Math.max(0, brackets - 1);
      labels = Math.max(0, labels - 1);
    } else if (character === '(' && previous === ']') target = { depth: 1 };
  }

  /** The form of one ampersand. In an address Slack does not decode, so there it stays where that reads the same. */
  function ampersand(at: number): string | undefined {
    const { text, done } = source;
    // Addresses are looked for once: from the last ampersand on, if that stands in the same word.
    const start = wordStart(text, at, looked.at);
    const same = start === looked.at;
    const word = text.slice(same ? Math.max(0, start - 7) : start, at);
    const bare = (same && looked.address) || /:\/\/|\]\(|mailto:/.test(word);
    const address = target !== undefined || bare;
    const ambiguous = address && matches(AMBIGUOUS, text, at) !== null;
    if (address && !ambiguous && !done && matches(AMBIGUOUS_BEGUN, text, at)) return undefined;
    looked = { at, address: bare };
    return address && !ambiguous ? '&' : '&amp;';
  }

  /** Does the colon at `at` end what a definition defines? */
  function defines(at: number): boolean {
    const { text } = source;
    return lineFrom >= 0 && text.charAt(at - 1) === ']' && DEFINED.test(text.slice(lineFrom, at));
  }

  /** Sends one special character, or an address in brackets. Returns its length in the text, 0 to wait for more. */
  function special(at: number, literal: boolean): number {
    const { text, done } = source;
    const c = text.charAt(at);
    if (c === '&') {
      const form = ampersand(at);
      if (form !== undefined) emit(form);
      return form === undefined ? 0 : 1;
    }
    const free = !literal && !escaped && !code.open() && labels === 0 && !target && previous !== '!';
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
    else if (c === '[' && !literal && !escaped && previous === '!' && !code.open()) {
      emit(`${MARK}[`);
      emptyImage = true;
    } else if (c === ']' && emptyImage) emit(`${UNNAMED_IMAGE}]`);
    else if (c === ':' && defines(at)) emit(`${MARK}:`);
    else emit(c);
    return 1;
  }

  return {
    reset() {
      run = undefined;
      code.reset();
      brackets = 0;
      labels = 0;
      address = undefined;
      target = undefined;
      emphasis = new Map();
      previous = '';
      escaped = false;
      emptyImage = false;
    },
    line(from, literal, after) {
      endRun('\n');
      lookAhead.line(from, after);
      address = undefined;
      previous = '\n';
      escaped = false;
      emptyImage = false;
      lineFrom = literal ? -1 : from;
    },
    inside(at, patience) {
      endRun(' ');
      // Code is open only where it is known to close.
      if (code.open()) return true;
      if (target) {
        const closes = lookAhead.targetCloses(at);
        if (closes !== false) return closes;
        target = undefined;
      }
      if (labels > 0) {
        const closes = lookAhead.linkCloses(at, labels);
        if (closes !== false) return closes;
        labels = 0;
      }
      const now = sent();
      return [...emphasis.values()].some((began) => now - began <= patience);
    },
    send(from, to, literal) {
      const { text } = source;
      let at = from;
      if (from > 0 && /\s/.test(text.charAt(from - 1))) {
        endRun(' ');
        address = undefined;
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
        const inAddress = '`[]()\\'.includes(c) && (address?.holds(at) ?? false);
        const inert = escaped || inAddress;
        if (c === '`' && !literal && (!inert || code.mayClose())) {
          // What is left of a run that is too long to be one.
          const length = previous === c ? 1 : code.read(at, inert);
          if (length === 0) return at;
          emit(text.slice(at, at + length));
          at += length;
          previous = escaped ? 'x' : c;
          escaped = false;
          emptyImage = false;
          continue;
        }
        const opensImage = c === '[' && previous === '!' && !escaped;
        const taken = special(at, literal);
        if (taken === 0) return at;
        if (!opensImage) emptyImage = false;
        const bare = !literal && !escaped;
        const marks = bare && !inAddress && !code.open();
        escaped = marks && c === '\\';
        if (bare && taken === 1) {
          if (c === '*' || c === '~') begins(c);
          else if (marks && '[]()'.includes(c)) bracket(c);
          else if (marks && c === ':' && brackets === 0 && !target && !address)
            address = bareAddress(source, at);
        }
        previous = bare ? c : 'x';
        at += taken;
      }
      return at;
    },
  };
}
