import { MARK, withoutAdditions } from './marks.ts';
import type { PartPlan } from './parts.ts';

const FENCE_AT_END = /(?:^|\n)([ >]*)(`{3,}|~{3,})$/;
/** A line that opens a list item again, and the blank line after it. The agent's own marks are two. */
const REOPENED_LINE = new RegExp(`^[ >]*(?:[-*+]|\\d{1,9}[.)]) +…${MARK}\\n[ >]*\\n`, 'gm');
/** A blank line that sets a list apart from the table before it, by the mark after the list's markers. */
const SET_APART = new RegExp(
  `^[ >]*\\n(?=[ \\t>]*\\d{1,9}[.)](?:[ \\t>]|[-*+][ \\t]|\\d{1,9}[.)][ \\t])+${MARK}(?:${MARK}${MARK})*(?!${MARK}))`,
  'gm',
);
/** What opens an item again before words that go on in their line, and a quote's marker before them. */
const REOPENED_WORDS = new RegExp(
  `^(?:[ >]*(?:[-*+]|\\d{1,9}[.)]) +…|[ >]+)${MARK}(?=(?:${MARK}${MARK})*(?!${MARK}))`,
);

/** The text of one message's end without the fence that closed it, and what the next message has to drop for it. */
function withoutClosing(text: string): { text: string; fence?: { prefix: string; mark: string } } {
  const found = FENCE_AT_END.exec(text);
  if (!found) return { text };
  const [, prefix = '', mark = ''] = found;
  return { text: text.slice(0, text.length - prefix.length - mark.length), fence: { prefix, mark } };
}

/**
 * The agent's text, to the character, from the messages it was cut into: the inverse of `planParts`. Text is read from
 * what is sent; tables and their rows shown as code, from the Markdown they stand for.
 */
export function recover(parts: readonly PartPlan[]): string {
  let text = '';
  let fence: { prefix: string; mark: string } | undefined;
  for (const [at, { pieces }] of parts.entries()) {
    for (const [index, piece] of pieces.entries()) {
      if (piece.source !== undefined) {
        text += piece.source;
        continue;
      }
      if (piece.kind === 'table') continue;
      let sent = piece.text.replaceAll(REOPENED_LINE, '').replaceAll(SET_APART, '');
      if (at > 0 && index === 0) {
        sent = sent.replace(REOPENED_WORDS, '');
        if (fence) {
          const lineEnd = sent.indexOf('\n');
          const opened = sent.slice(0, lineEnd);
          sent = sent.slice(lineEnd + 1);
          // One tick more in the closing fence: the line itself was cut, and the break before the fence was ours.
          if (!opened.slice(fence.prefix.length).trimStart().startsWith(fence.mark)) {
            text = text.slice(0, -1);
            sent = sent.slice(fence.prefix.length);
          }
        }
      }
      fence = undefined;
      if (index === pieces.length - 1 && at < parts.length - 1)
        ({ text: sent, fence } = withoutClosing(sent));
      text += withoutAdditions(sent);
    }
  }
  return text;
}
