import { mask } from './replay.ts';
import {
  type Block,
  type Check,
  type Redaction,
  type Span,
  secretBlock,
  unavailable,
  type Verdict,
} from './verdict.ts';
import { nextWindow } from './windows-decision.ts';

/**
 * Lets the words of an agent through once they were checked, while they come in.
 *
 * The text is checked in overlapping windows (`windows-decision.ts`), several at a time; what they masked is united and
 * masked once, and released strictly in order. Short texts beside it (titles, names, …) ride along with the windows. At
 * the first block nothing more comes out.
 */

/** So long is new text waited for before what there is, is checked. Milliseconds. */
const FLUSH_MS = 1_500;
/** Windows that are checked at a time. */
const MOST_CALLS = 4;
/** Characters that wait in here before whoever writes has to wait as well. */
const MOST_HELD = 8_000;
/** Characters of texts beside that one call takes along. */
const MOST_BESIDE = 8_000;

export interface GateDeps {
  readonly check: Check;
  /** What must never come out, whoever else lets it through: the name of the rule that `text` breaks. */
  readonly forbidden: (text: string) => string | undefined;
  /** More of the guarded text. */
  readonly onText: (text: string) => void;
  /** Texts beside were cleared: `cleared` knows them now. */
  readonly onCleared: () => void;
  readonly onBlock: (block: Block) => void;
  readonly onMasked?: (masked: Redaction) => void;
  /** Calls back after so many milliseconds; answers how to take that back. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Ends the checks: the turn was given up. */
  readonly signal: AbortSignal;
}

export interface Gate {
  /** More of the text. What it returns, if anything, resolves when there is room again. */
  write(text: string): Promise<void> | undefined;
  /** Asks for short texts; those known already cost nothing. */
  ask(texts: readonly string[]): void;
  /** The guarded form of a text beside; undefined until it was checked. */
  cleared(text: string): string | undefined;
  /** What was masked in a text beside; undefined until it was checked. */
  maskedIn(text: string): readonly Span[] | undefined;
  /** All that was written is checked or being checked, and nothing more comes: one call away from the end, or none. */
  nearEnd(): boolean;
  /** Nothing comes after `rest`. Resolves when all is out, or nothing more will be. */
  end(rest?: string): Promise<Block | undefined>;
  /** Lets nothing out any more. */
  close(): void;
}

interface Call {
  readonly from: number;
  readonly end: number;
  border: number;
  readonly beside: readonly string[];
  verdict?: Verdict;
}

export function createGate(deps: GateDeps): Gate {
  /** The text from `base` on; everything before it is out. Offsets below are of the whole text. */
  let held = '';
  let base = 0;
  let border = 0;
  let seen = 0;
  let windows = 0;
  let ended = false;
  /** The text is out up to here, or masked. */
  let out = 0;
  let spans: Span[] = [];
  /** Found at the very end of a window: more text may make it something else, and the next window tells. */
  let tentative: Span[] = [];
  const calls: Call[] = [];
  const besides = new Map<string, readonly Span[] | undefined>();
  let waiting: string[] = [];
  let lastCallAt: number | undefined;
  let firstWordAt: number | undefined;
  let cancelTimer: (() => void) | undefined;
  let blocked: Block | undefined;
  let closed = false;
  let moved = Promise.withResolvers<void>();

  const total = () => base + held.length;
  const pending = () => calls.filter((call) => call.verdict === undefined).length;
  const shut = () => closed || blocked !== undefined;
  const besideWaits = () => waiting.reduce((sum, text) => sum + text.length, 0);
  const full = () =>
    pending() >= MOST_CALLS || held.length > MOST_HELD || (waiting.length > 0 && besideWaits() > MOST_HELD);
  const finished = () => ended && calls.length === 0 && waiting.length === 0 && out >= total();

  const maskedIn = (text: string) => (text.trim() === '' ? [] : besides.get(text));

  /** Whoever waits looks again. */
  function tell(): void {
    const told = moved;
    moved = Promise.withResolvers<void>();
    told.resolve();
  }

  function block(verdict: Block): void {
    if (shut()) return;
    blocked = verdict;
    stop();
    deps.onBlock(verdict);
  }

  function stop(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    held = '';
    calls.length = 0;
    waiting = [];
    tell();
  }

  function due(): boolean {
    const since = lastCallAt ?? firstWordAt;
    return since !== undefined && deps.now() - since >= FLUSH_MS;
  }

  /** Sends whatever is ready to be checked. */
  function pump(): void {
    while (!shut() && pending() < MOST_CALLS) {
      const text = held.slice(border - base);
      const window = nextWindow({ text, seen: seen - border, windows, ended, due: due() });
      // The first texts beside are not kept waiting; later ones go along with the text, or when it is time, or many.
      const now = lastCallAt === undefined || due() || ended || besideWaits() >= MOST_BESIDE;
      if (!window && !(waiting.length > 0 && now)) break;
      send(text, window);
    }
    if (shut()) return;
    if (ended && seen === total() && border < seen) closeLast();
    arm();
  }

  function send(text: string, window: { readonly end: number; readonly border: number } | undefined): void {
    const words = window ? text.slice(0, window.end) : '';
    const rule = window && deps.forbidden(words);
    if (rule !== undefined) {
      block(secretBlock(rule));
      return;
    }
    const beside = takeBeside();
    const call: Call = window
      ? { from: border, end: border + window.end, border: border + window.border, beside }
      : { from: border, end: border, border, beside };
    if (window) {
      windows += 1;
      seen = call.end;
      border = call.border;
    }
    calls.push(call);
    lastCallAt = deps.now();
    const texts = window ? [words, ...beside] : [...beside];
    void deps
      .check(texts, deps.signal)
      .catch(() => unavailable('the check failed'))
      .then((verdict) => judged(call, verdict));
  }

  function takeBeside(): string[] {
    const taken: string[] = [];
    let length = 0;
    while (waiting.length > 0 && length < MOST_BESIDE) {
      const next = waiting.shift() ?? '';
      taken.push(next);
      length += next.length;
    }
    return taken;
  }

  function judged(call: Call, verdict: Verdict): void {
    if (shut()) return;
    if (verdict.kind === 'block') {
      block(verdict);
      return;
    }
    call.verdict = verdict;
    if (verdict.kind === 'redact') deps.onMasked?.(verdict);
    let news = false;
    for (let first = calls[0]; first?.verdict; first = calls[0]) {
      calls.shift();
      news = release(first, first.verdict) || news;
    }
    if (news) deps.onCleared();
    pump();
    tell();
  }

  /** True when texts beside were cleared. */
  function release(call: Call, verdict: Verdict): boolean {
    const hasWindow = call.end > call.from;
    const masked = verdict.kind === 'redact' ? verdict.spans : [];
    const ahead = hasWindow ? 1 : 0;
    for (const [i, text] of call.beside.entries()) besides.set(text, masked[i + ahead] ?? []);
    if (hasWindow) {
      const found = (masked[0] ?? []).map((span) => ({
        ...span,
        start: span.start + call.from,
        end: span.end + call.from,
      }));
      // A space follows the last word of a window.
      const cut = (span: Span) =>
        span.end >= call.end - 1 && span.start >= call.border && call.border < call.end;
      tentative = found.filter(cut);
      spans.push(...found.filter((span) => !cut(span)));
      showTo(call.border);
    }
    return call.beside.length > 0;
  }

  /** The last window has seen the text to its end, and nothing follows. */
  function closeLast(): void {
    const last = calls.findLast((call) => call.end > call.from);
    border = seen;
    if (last) {
      last.border = seen;
      return;
    }
    spans.push(...tentative);
    showTo(seen);
    tell();
  }

  /** Releases the text up to `to`, with what was masked in it. */
  function showTo(to: number): void {
    spans.sort((a, b) => a.start - b.start || b.end - a.end);
    let text = '';
    for (const { start, end, label } of spans) {
      if (start >= to) break;
      if (start >= out) {
        text += held.slice(out - base, start - base) + label;
        out = end;
      } else if (end > out) out = end;
    }
    if (out < to) {
      text += held.slice(out - base, to - base);
      out = to;
    }
    spans = spans.filter((span) => span.end > to);
    held = held.slice(to - base);
    base = to;
    if (text !== '') deps.onText(text);
  }

  function arm(): void {
    if (cancelTimer || ended || shut()) return;
    const since = lastCallAt ?? firstWordAt;
    if (since === undefined || (total() === seen && waiting.length === 0)) return;
    const left = since + FLUSH_MS - deps.now();
    // Past that, whatever comes next is checked as soon as some of it can be shown.
    if (left <= 0) return;
    cancelTimer = deps.after(left, () => {
      cancelTimer = undefined;
      pump();
    });
  }

  async function room(): Promise<void> {
    while (!shut() && full()) await moved.promise;
  }

  return {
    write(text) {
      if (shut()) return undefined;
      if (text !== '') {
        firstWordAt ??= deps.now();
        held += text;
        pump();
      }
      return full() ? room() : undefined;
    },
    ask(texts) {
      if (shut()) return;
      for (const text of texts) {
        if (besides.has(text)) continue;
        const rule = deps.forbidden(text);
        if (rule !== undefined) {
          block(secretBlock(rule));
          return;
        }
        besides.set(text, undefined);
        waiting.push(text);
      }
      pump();
    },
    cleared(text) {
      const spans = maskedIn(text);
      return spans && mask(text, spans);
    },
    maskedIn,
    nearEnd: () => shut() || (ended && seen === total()),
    async end(rest = '') {
      if (!shut()) held += rest;
      ended = true;
      cancelTimer?.();
      cancelTimer = undefined;
      pump();
      while (!shut() && !finished()) await moved.promise;
      return blocked;
    },
    close() {
      closed = true;
      stop();
    },
  };
}
