import type { Json } from '../json.ts';
import { escapeText } from '../text.ts';
import { MARK } from './marks.ts';
import type { PartPlan, Piece } from './parts.ts';

const isBlank = (piece: Piece): boolean => piece.kind === 'text' && piece.text.trim() === '';

/** The blocks of a part, for `chat.postMessage` and `chat.update`. Empty while it has nothing to show. */
export function blocksOf(part: PartPlan): Json[] {
  return part.pieces.flatMap((piece) =>
    isBlank(piece) ? [] : [piece.kind === 'table' ? piece.block : { type: 'markdown', text: piece.text }],
  );
}

/**
 * The chunks that bring a stream from showing `before` to showing `part`; none if it does already.
 * Undefined when `part` does not continue `before`: a stream takes nothing back.
 */
export function chunksSince(before: PartPlan | undefined, part: PartPlan): Json[] | undefined {
  const chunks: Json[] = [];
  const shown = before?.pieces ?? [];
  if (shown.length > part.pieces.length) return undefined;
  for (const [at, piece] of part.pieces.entries()) {
    const old = shown[at];
    if (old === piece) continue;
    if (piece.kind === 'table') {
      if (old !== undefined && (old.kind !== 'table' || old.source !== piece.source)) return undefined;
      if (old === undefined) chunks.push({ type: 'blocks', blocks: [piece.block] });
      continue;
    }
    if (old !== undefined && (old.kind !== 'text' || !piece.text.startsWith(old.text))) return undefined;
    if (at < shown.length - 1 && old?.text !== piece.text) return undefined;
    // Blank text waits for words: Slack refuses an empty chunk.
    const sent = old === undefined || isBlank(old) ? '' : old.text;
    const more = piece.text.slice(sent.length);
    if (!isBlank(piece) && more !== '') chunks.push({ type: 'markdown_text', text: more });
  }
  return chunks;
}

/** The words of one table cell. */
function wordsIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsIn).join('');
  if (typeof value !== 'object' || value === null) return '';
  const { text, elements } = value as Record<string, unknown>;
  return (typeof text === 'string' ? text : '') + wordsIn(elements);
}

/** A part as escaped text, for notifications and screen readers: Slack's `text` beside blocks. */
export function fallbackText(part: PartPlan): string {
  return part.pieces
    .map((piece) => {
      if (piece.kind === 'text') return piece.text;
      const rows = piece.block.rows as readonly (readonly unknown[])[];
      return rows
        .map((row) => `${escapeText(row.map((cell) => wordsIn(cell).trim()).join(' | '))}\n`)
        .join('');
    })
    .join('')
    .replaceAll(MARK, '')
    .trim();
}
