import type { createGate as CreateGate } from '../../../src/guardrails/gate.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { type Check, unavailable } from '../../../src/guardrails/verdict.ts';
import { createPassingTime } from './passing-time.ts';
import { answerOf } from './scripted-guardrail.ts';

/** Letters that stand in forbidden spans only: one of them on show is a leak. */
const FORBIDDEN_LETTERS = 'ΓΔΘΛΞΠΣΦΨΩ';
const LEAK = new RegExp(`[${FORBIDDEN_LETTERS}]`);
const LONGEST_SPAN = 200;

export interface Case {
  readonly pieces: readonly string[];
  readonly guarded: string;
  /** Undefined: nothing in it blocks. */
  readonly shownBeforeBlock: string | undefined;
  readonly masked: readonly string[];
  readonly blocked: readonly string[];
  readonly failsAt: number | undefined;
  readonly latency: () => number;
  readonly gap: () => number;
}

/** A generator of numbers from 0 to below 1, the same for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An answer with forbidden words anywhere, cut anyhow, and a guardrail that takes any time in any order. */
export function caseOf(seed: number): Case {
  const random = numbers(seed);
  const below = (most: number) => Math.floor(random() * most);
  const letters = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join('');
  const masked: string[] = [];
  const blocked: string[] = [];
  let text = '';
  let guarded = '';
  let shownBeforeBlock: string | undefined;
  const spaces = random() < 0.9 ? ' \n 0' : '';
  const spaced = random() < 0.5;
  const parts = 1 + below(random() < 0.2 ? 400 : 60);
  const mayBlock = random() < 0.2;
  for (let i = 0; i < parts; i += 1) {
    const kind = random();
    const forbidden = kind < 0.06;
    const length = forbidden ? 1 + below(LONGEST_SPAN) : 1 + below(kind > 0.98 ? 300 : 10);
    if (forbidden) {
      const word = letters(spaced ? `${FORBIDDEN_LETTERS}  ` : FORBIDDEN_LETTERS, length).trim() || 'Ω';
      // No forbidden word stands within another one: what the whole would be masked as must be certain.
      const clashes = [...masked, ...blocked].some((other) => other.includes(word) || word.includes(other));
      if (clashes || (masked.length > 0 && guarded.endsWith('}'))) continue;
      if (mayBlock && random() < 0.3) {
        blocked.push(word);
        shownBeforeBlock ??= guarded;
        guarded += word;
      } else {
        masked.push(word);
        guarded += '{NAME}';
      }
      text += word;
    } else {
      const word = letters('abcdefghij{}.,12', length) + (spaces && letters(spaces, 1));
      text += word;
      guarded += word;
    }
  }
  const pieces: string[] = [];
  const most = 1 + below(random() < 0.3 ? 3_000 : 40);
  for (let at = 0; at < text.length; ) {
    const length = 1 + below(most);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  const slow = random() < 0.5 ? 3_000 : 200;
  const pace = random() < 0.3 ? 0 : random() < 0.5 ? 30 : 400;
  return {
    pieces,
    guarded,
    shownBeforeBlock,
    masked,
    blocked,
    failsAt: random() < 0.1 ? below(4) : undefined,
    latency: () => below(slow),
    gap: () => below(pace),
  };
}

/** What is wrong with how the gate treated a case; nothing, if all is well. */
export async function flawsOf(given: Case, createGate: typeof CreateGate): Promise<string[]> {
  const time = createPassingTime();
  const flaws: string[] = [];
  let shown = '';
  let calls = 0;
  let failed = false;
  const check: Check = async (texts) => {
    const number = calls;
    calls += 1;
    await time.pause(given.latency());
    if (number === given.failsAt) {
      failed = true;
      if (number % 2 === 0) throw new Error('planted');
      return unavailable('planted');
    }
    return judge(answerOf(texts, given), texts);
  };
  const gate = createGate({
    check,
    forbidden: () => undefined,
    onText(text) {
      shown += text;
      if (LEAK.test(text)) flaws.push(`shown: ${text.slice(0, 80)}`);
      if (!given.guarded.startsWith(shown)) flaws.push('what is shown is not the guarded text');
    },
    onCleared: () => undefined,
    onBlock: () => undefined,
    after: time.after,
    now: time.now,
    signal: new AbortController().signal,
  });
  let ended = false;
  const run = (async () => {
    for (const piece of given.pieces) {
      await time.pause(given.gap());
      await gate.write(piece);
    }
    const block = await gate.end();
    ended = true;
    return block;
  })();
  await time.pass(() => ended);
  if (!ended) return [...flaws, 'it never ends'];
  const block = await run;
  const expected = given.shownBeforeBlock !== undefined || failed;
  if (expected !== (block !== undefined)) flaws.push(`${block ? 'blocked' : 'not blocked'} by mistake`);
  if (!block && shown !== given.guarded) flaws.push('the whole is not the guarded text');
  if (given.shownBeforeBlock !== undefined && shown.length > given.shownBeforeBlock.length)
    flaws.push('more was shown than what stands before the block');
  const chars = given.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const most = 2 + Math.ceil(chars / 700) + Math.ceil(time.now() / 1_500);
  if (calls > most) flaws.push(`${calls} calls for ${chars} characters in ${time.now()} ms`);
  return flaws;
}
