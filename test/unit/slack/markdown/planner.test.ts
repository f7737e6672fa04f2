import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPlanner, planParts } from '../../../../src/slack/markdown/plan-parts.ts';
import { recover } from '../../../../src/slack/markdown/recover.ts';
import { brink } from './brinks.ts';
import { document, soup } from './documents.ts';

/** How many documents each law is tried on. `MARKDOWN_DOCUMENTS=20000` is the long run. */
const DOCUMENTS = Number(process.env.MARKDOWN_DOCUMENTS ?? 150);
const seed = process.env.MARKDOWN_SEED ? { seed: Number(process.env.MARKDOWN_SEED) } : {};

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Where a text is cut on its way: anywhere, with neighbours, and character by character somewhere near a message's end. */
function cutsOf(text: string, shares: readonly number[], closely: boolean): number[] {
  const near = 8_700 + Math.floor((shares[0] ?? 0) * 3_000);
  const all = [
    ...shares.flatMap((one) => [0, 1, 2].map((more) => Math.floor(one * text.length) + more)),
    ...(closely ? Array.from({ length: 12 }, (_, at) => near + at) : []),
    text.length,
  ];
  return [...new Set(all.map((end) => Math.min(end, text.length)))].sort((a, b) => a - b);
}

test('however a text comes, each plan is the one that is made of all of it at once', {
  timeout: 1_800_000,
}, () => {
  fc.assert(
    fc.property(
      fc.oneof({ weight: 3, arbitrary: document }, soup, { weight: 2, arbitrary: brink }),
      fc.array(share, { minLength: 2, maxLength: 5 }),
      fc.boolean(),
      (text, shares, closely) => {
        const plan = createPlanner();
        for (const end of cutsOf(text, shares, closely)) {
          const sofar = text.slice(0, end);
          expect(plan(sofar, false)).toEqual(planParts(sofar, false));
        }
        expect(plan(text, true)).toEqual(planParts(text, true));
        expect(recover(plan(text, true))).toBe(text);
      },
    ),
    { numRuns: DOCUMENTS, ...seed },
  );
});

test('what has not changed since the last plan is the same object', () => {
  const text = `${'Words of a paragraph.\n\n'.repeat(1_000)}| a |\n|---|\n| b |\n\nand more`;
  const plan = createPlanner();
  let before = plan('', false);
  for (let end = 100; end < text.length; end += 100) {
    const now = plan(text.slice(0, end), false);
    for (const [at, part] of before.entries()) if (part.closed) expect(now[at]).toBe(part);
    before = now;
  }
  const open = plan(text, false).at(-1);
  expect(open?.pieces.map(({ kind }) => kind)).toEqual(['text', 'table', 'text']);
  const longer = plan(`${text}\n\nand still more`, false).at(-1);
  expect(longer?.pieces[0]).toBe(open?.pieces[0]);
  expect(longer?.pieces[1]).toBe(open?.pieces[1]);
  expect(plan(`${text}\n\nand still more`, false).at(-1)).toBe(longer);
});

test('a plan that was handed out does not change when the text grows', () => {
  const plan = createPlanner();
  const early = plan('Three inst', false);
  const copy = structuredClone(early);
  plan('Three instances\n\n| a |\n|---|\n| b |\n\nrun.', false);
  expect(early).toEqual(copy);
});

test('a text that does not go on from the last one is read anew', () => {
  const plan = createPlanner();
  const long = 'some words\n\n'.repeat(2_000);
  for (const [text, done] of [
    [long, false],
    [`${long}and more`, false],
    [long, false],
    ['another answer', false],
    ['another answer', true],
    ['another answer', true],
    ['another answer', false],
    ['another answer, and more of it', false],
    ['', false],
    [long, true],
    [`${long}and more`, true],
  ] as const)
    expect(plan(text, done)).toEqual(planParts(text, done));
});
