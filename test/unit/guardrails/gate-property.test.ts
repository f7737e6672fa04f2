import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGate } from '../../../src/guardrails/gate.ts';
import { type Change, copyTree } from '../../faults/tree.ts';
import { caseOf, flawsOf } from './gate-case.ts';

/** `GATE_CASES=50000` is the long run, about four minutes on one core; another `GATE_SEED` tries other cases. */
const CASES = Number(process.env.GATE_CASES ?? 400);
const FIRST = Number(process.env.GATE_SEED ?? 1);
const HOUR_MS = 3_600_000;

async function firstFlaw(create: typeof createGate, cases: number): Promise<string | undefined> {
  for (let seed = FIRST; seed < FIRST + cases; seed += 1) {
    const flaws = await flawsOf(caseOf(seed), create);
    if (flaws.length > 0) return `seed ${seed}: ${flaws[0]}`;
  }
  return undefined;
}

it('nothing forbidden is ever shown, and what is shown is the guarded text, whatever the cuts, waits and orders', {
  timeout: HOUR_MS,
}, async () => {
  expect(await firstFlaw(createGate, CASES)).toBeUndefined();
});

// Found by the law above.
it.each([18_136])('case %i is right', async (seed) => {
  expect(await flawsOf(caseOf(seed), createGate)).toEqual([]);
});

const ROOM = 'src/guardrails';
const DEFECTS: [string, Change][] = [
  ['windows do not overlap', { under: ROOM, from: /HELD_BACK = 200/, to: 'HELD_BACK = 0' }],
  ['too little is held back', { under: ROOM, from: /HELD_BACK = 200/, to: 'HELD_BACK = 120' }],
  [
    'what was judged first is shown first',
    {
      under: ROOM,
      from: /for \(let first = calls\[0\]; first\?\.verdict; first = calls\[0\]\) \{\n\s*calls\.shift\(\);/,
      to: 'for (let first = calls.find((one) => one.verdict); first?.verdict; first = calls.find((one) => one.verdict)) { calls.splice(calls.indexOf(first), 1);',
    },
  ],
  ['a block lets the text through', { under: ROOM, from: /block\(verdict\);\n {6}return;/, to: '' }],
  [
    'a check that fails lets the text through',
    {
      under: ROOM,
      from: /\.catch\(\(\) => unavailable\('the check failed'\)\)/,
      to: ".catch(() => ({ kind: 'allow' as const }))",
    },
  ],
  [
    'a mask is forgotten at the border',
    {
      under: ROOM,
      from: /spans = spans\.filter\(\(span\) => span\.end > to\);/,
      to: 'spans = []; out = to;',
    },
  ],
  [
    'a name is masked once by each window',
    { under: ROOM, from: /if \(start >= out\) \{/, to: 'if (start >= base) {' },
  ],
];

it.each(DEFECTS)('the cases notice when %s', async (_name, change) => {
  const tree = await copyTree([change]);
  try {
    const planted = (await import(join(tree.folder, 'src/guardrails/gate.ts'))) as {
      createGate: typeof createGate;
    };
    expect(await firstFlaw(planted.createGate, 400)).toBeDefined();
  } finally {
    await tree.remove();
  }
});
