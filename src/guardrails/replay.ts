import type { Span } from './verdict.ts';

/** Something that the guardrail says it masked. */
export interface Masked {
  readonly match: string;
}

/** How a guardrail writes what it masked: `{EMAIL}`, `{name of a pattern}`. */
const LABEL = /\{[^{}\n]{1,100}\}/y;

/** So many ways to read an output are tried before it counts as unreadable. */
const MOST_CHOICES = 20_000;

interface Path {
  readonly at: number;
  readonly out: number;
  readonly spans: { readonly span: Span; readonly before: Path['spans'] } | undefined;
}

/**
 * Where in `raw` the guardrail masked: the spans which, replayed on the raw text, give its own output. Undefined when
 * none do. Which of several equal words it masked is read from the output, not guessed. Pure.
 */
export function locate(raw: string, output: string, masked: readonly Masked[]): Span[] | undefined {
  const byFirst = new Map<string, string[]>();
  for (const match of new Set(masked.map((one) => one.match))) {
    if (match === '') continue;
    const first = match.charAt(0);
    byFirst.set(first, [...(byFirst.get(first) ?? []), match]);
  }
  for (const list of byFirst.values()) list.sort((a, b) => b.length - a.length);

  const open: Path[] = [{ at: 0, out: 0, spans: undefined }];
  const seen = new Set<string>();
  for (let path = open.pop(); path; path = open.pop()) {
    let { at, out } = path;
    for (;;) {
      if (output.charAt(out) === '{') {
        const options = maskedHere(raw, at, byFirst);
        LABEL.lastIndex = out;
        const label = options.length > 0 ? LABEL.exec(output)?.[0] : undefined;
        if (label !== undefined) {
          const place = `${at} ${out}`;
          if (seen.has(place) || seen.size >= MOST_CHOICES) break;
          seen.add(place);
          // Tried in reverse: the longest match first, the raw text as it stands last.
          if (raw.charAt(at) === '{') open.push({ at: at + 1, out: out + 1, spans: path.spans });
          for (const match of options.toReversed()) {
            const span = { start: at, end: at + match.length, label };
            open.push({ at: span.end, out: out + label.length, spans: { span, before: path.spans } });
          }
          break;
        }
      }
      if (at === raw.length && out === output.length) return inOrder(path);
      if (at >= raw.length || raw.charCodeAt(at) !== output.charCodeAt(out)) break;
      at += 1;
      out += 1;
    }
  }
  return undefined;
}

function maskedHere(raw: string, at: number, byFirst: ReadonlyMap<string, readonly string[]>): string[] {
  return (byFirst.get(raw.charAt(at)) ?? []).filter((match) => raw.startsWith(match, at));
}

function inOrder(path: Path): Span[] {
  const spans: Span[] = [];
  for (let link = path.spans; link; link = link.before) spans.push(link.span);
  return spans.reverse();
}

/** Spans in order, those that overlap as one, under the label of the first. Pure. */
export function unite(spans: readonly Span[]): Span[] {
  const united: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = united.at(-1);
    if (last && span.start < last.end) united.splice(-1, 1, { ...last, end: Math.max(last.end, span.end) });
    else united.push(span);
  }
  return united;
}

/** The text with its spans (in order, none over another) masked. Pure. */
export function mask(raw: string, spans: readonly Span[]): string {
  let text = '';
  let at = 0;
  for (const { start, end, label } of spans) {
    text += raw.slice(at, start) + label;
    at = end;
  }
  return text + raw.slice(at);
}
