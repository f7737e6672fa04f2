import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBlocks } from '../../../../local/slack/block-rules.ts';
import { findLiveMentions } from '../../../../local/slack/live-mentions.ts';
import { type PartPlan, planParts } from '../../../../src/slack/markdown/plan-parts.ts';
import { recover } from '../../../../src/slack/markdown/recover.ts';
import { blocksOf, chunksSince, fallbackText } from '../../../../src/slack/markdown/sending.ts';
import { document, soup } from './documents.ts';

/** How many documents each law is tried on. `MARKDOWN_DOCUMENTS=20000` is the long run. */
const DOCUMENTS = Number(process.env.MARKDOWN_DOCUMENTS ?? 150);
const seed = process.env.MARKDOWN_SEED ? { seed: Number(process.env.MARKDOWN_SEED) } : {};

/** Why `later` is not a continuation of `earlier`, if it is not. */
function broken(earlier: readonly PartPlan[], later: readonly PartPlan[]): string | undefined {
  for (const [at, part] of earlier.entries()) {
    const whole = later[at];
    if (!whole) return `part ${at} is gone`;
    if (part.closed && JSON.stringify(part) !== JSON.stringify(whole)) return `closed part ${at} changed`;
    if (chunksSince(part, whole) === undefined) return `part ${at} was taken back`;
  }
  return undefined;
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });

test('however a text is cut on its way, nothing that was shown is taken back', { timeout: 1_800_000 }, () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: document }, soup), shares, (text, cuts) => {
      const ends = cuts.map((share) => Math.floor(share * text.length));
      // Neighbours as well: what one more character decides is where mistakes are.
      const ordered = [...new Set([...ends.flatMap((end) => [end, end + 1]), text.length])].sort(
        (a, b) => a - b,
      );
      let before: PartPlan[] = [];
      for (const end of ordered) {
        const now = planParts(text.slice(0, end), false);
        expect(broken(before, now)).toBeUndefined();
        before = now;
      }
      expect(broken(before, planParts(text, true))).toBeUndefined();
    }),
    { numRuns: DOCUMENTS, ...seed },
  );
});

test('a short text grows character by character without a step back', { timeout: 1_800_000 }, () => {
  fc.assert(
    fc.property(soup, (text) => {
      let before: PartPlan[] = [];
      for (let end = 0; end <= text.length; end += 1) {
        const now = planParts(text.slice(0, end), false);
        expect(broken(before, now)).toBeUndefined();
        before = now;
      }
      expect(broken(before, planParts(text, true))).toBeUndefined();
    }),
    { numRuns: Math.ceil(DOCUMENTS / 2), ...seed },
  );
});

test('every message keeps Slack’s limits and mentions nobody, and together they are the agent’s text', {
  timeout: 1_800_000,
}, () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: document }, soup), (text) => {
      const parts = planParts(text, true);
      expect(recover(parts)).toBe(text);
      for (const part of parts) {
        const blocks = blocksOf(part);
        const size = part.pieces.reduce(
          (sum, piece) => sum + (piece.kind === 'text' ? piece.text.length : 0),
          0,
        );
        expect(size).toBeLessThanOrEqual(11_500);
        expect(blocks.length).toBeLessThanOrEqual(45);
        expect(checkBlocks(blocks)).toBeUndefined();
        const tables = part.pieces.filter((piece) => piece.kind === 'table');
        expect(tables.length).toBeLessThanOrEqual(1);
        expect(findLiveMentions(fallbackText(part), blocks as never)).toEqual({
          users: [],
          groups: [],
          channels: [],
          links: [],
        });
        for (const piece of part.pieces) {
          if (piece.kind === 'table') continue;
          expect(piece.text).not.toContain('<');
          if (text.isWellFormed()) expect(piece.text.isWellFormed()).toBe(true);
        }
        expect(fallbackText(part)).not.toContain('<');
      }
    }),
    { numRuns: DOCUMENTS, ...seed },
  );
});
