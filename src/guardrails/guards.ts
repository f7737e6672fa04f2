import type { Direction } from '../chat/block-messages.ts';
import type { Policy } from '../chat/policies.ts';
import { secretIn } from '../chat/secrets.ts';
import { createBoundedCheck, type Haste } from './bounded-check.ts';
import type { Grounding, Guardrail } from './client.ts';
import { createGate, type Gate, type GateDeps } from './gate.ts';
import { createKeptVerdicts } from './kept-verdicts.ts';
import { mask } from './replay.ts';
import { ALLOW, type Block, type ExampleOf, secretBlock, type Verdict } from './verdict.ts';

/**
 * enforce: what a policy minds is withheld. shadow: it passes, and what would have been withheld is told. Secrets are
 * withheld in every mode.
 */
export type GuardMode = 'enforce' | 'shadow';

/** As the agent may read it, or why it may not. */
export type Read = { readonly text: string } | Block;

/** A policy minded something. */
export interface Intervention {
  readonly direction: Direction;
  readonly policies: readonly Policy[];
  readonly action: 'blocked' | 'masked';
  /** A piece of it without personal data. */
  readonly example?: ExampleOf;
}

export interface GuardsDeps {
  readonly check: Guardrail['check'];
  readonly mode: GuardMode;
  /** What is masked in a question is masked for the agent as well. */
  readonly redactInput: boolean;
  readonly redactOutput: boolean;
  readonly after: GateDeps['after'];
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** What is made of what an agent is about to read. */
export interface Reading {
  /** The question as the agent may read it, or why it may not. */
  question(text: string, signal: AbortSignal, found: (one: Intervention) => void): Promise<Read>;
  /**
   * What others said, in its order: each as the agent may read it; undefined for what it may not, and for what could not
   * be judged soon. Each is judged by itself, once: beside many words that nobody minds, those that somebody does would pass.
   */
  thread(
    texts: readonly string[],
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Promise<readonly (string | undefined)[]>;
  /** Texts that are attached to a question: likewise, but they are waited for. */
  files(
    texts: readonly string[],
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Promise<readonly (string | undefined)[]>;
}

export interface Guards extends Reading {
  readonly mode: GuardMode;
  /** Why a whole answer may not be shown to its end: it says what is not in its source, or is not about the question. */
  grounded(
    answer: string,
    on: Grounding,
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Promise<Block | undefined>;
  /** The gate that an answer passes. */
  answer(
    on: Pick<GateDeps, 'onText' | 'onCleared' | 'onBlock'>,
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Gate;
}

/** What contextual grounding takes. Characters. Source: Bedrock user guide, contextual grounding check. */
const GROUNDING = { source: 100_000, query: 1_000, answer: 5_000 } as const;
/** A question is answered without what others said, where that cannot be judged soon; it will be in a later turn. */
const THREAD_HASTE: Haste = { withinMs: 5_000, mostAheadMs: 1_000 };

const withExample = (example: ExampleOf | undefined) => (example === undefined ? {} : { example });

/** By our own rule alone. */
function readUnguarded(text: string, found: (one: Intervention) => void): Read {
  const rule = secretIn(text);
  if (rule === undefined) return { text };
  found({ direction: 'question', policies: ['secret'], action: 'blocked' });
  return secretBlock(rule);
}

const eachUnguarded = (texts: readonly string[], found: (one: Intervention) => void) =>
  texts.map((text) => ('text' in readUnguarded(text, found) ? text : undefined));

/** Without a guardrail. */
export const UNGUARDED: Reading = {
  question: async (text, _signal, found) => readUnguarded(text, found),
  thread: async (texts, _signal, found) => eachUnguarded(texts, found),
  files: async (texts, _signal, found) => eachUnguarded(texts, found),
};

export function createGuards(deps: GuardsDeps): Guards {
  const { mode, after, now } = deps;
  const kept = createKeptVerdicts(now);

  function gateOf(
    direction: Direction,
    on: Pick<GateDeps, 'onText' | 'onCleared' | 'onBlock'>,
    signal: AbortSignal,
    found: (one: Intervention) => void,
    check = deps.check,
  ): Gate {
    const redacts = direction === 'question' ? deps.redactInput : deps.redactOutput;
    return createGate({
      ...on,
      async check(texts, ends) {
        const verdict = await check(direction === 'question' ? 'INPUT' : 'OUTPUT', texts, ends);
        return verdict.kind === 'redact' && !redacts ? ALLOW : verdict;
      },
      forbidden: secretIn,
      onMasked: ({ policies, example }) =>
        found({ direction, policies, action: 'masked', ...withExample(example) }),
      onBlock(block) {
        // Whoever left is told nothing.
        if (!signal.aborted)
          found({ direction, policies: [block.policy], action: 'blocked', ...withExample(block.example) });
        on.onBlock(block);
      },
      after,
      now,
      signal,
    });
  }

  async function guarded(
    text: string,
    signal: AbortSignal,
    found: (one: Intervention) => void,
    check = deps.check,
  ): Promise<Read> {
    let passed = '';
    let whole: Verdict | undefined;
    const gate = gateOf(
      'question',
      {
        onText(more) {
          passed += more;
        },
        onCleared: () => undefined,
        onBlock: () => undefined,
      },
      signal,
      found,
      async (source, texts, ends) => {
        const verdict = await check(source, texts, ends);
        if (texts[0] === text) whole = verdict;
        return verdict;
      },
    );
    const block = await gate.end(text);
    // What was masked in several windows is not known as one verdict.
    const verdict = block ?? (passed === text ? ALLOW : whole);
    if (verdict) kept.note(text, verdict);
    return block ?? { text: passed };
  }

  /** What came of the same text lately; told again, since it is withheld again. */
  function again(text: string, found: (one: Intervention) => void): Read | undefined {
    const known = kept.of(text);
    if (!known) return undefined;
    if (known.kind === 'allow') return { text };
    if (known.kind === 'block') {
      found({ direction: 'question', policies: [known.policy], action: 'blocked' });
      return known;
    }
    found({ direction: 'question', policies: known.policies, action: 'masked' });
    return { text: mask(text, known.spans) };
  }

  /** In shadow mode nobody waits for what changes nothing. It never rejects. */
  async function question(text: string, signal: AbortSignal, found: (one: Intervention) => void) {
    if (mode === 'enforce') return await guarded(text, signal, found);
    const read = readUnguarded(text, found);
    if ('text' in read) void guarded(text, signal, found);
    return read;
  }

  /** Likewise. */
  async function lookOn(
    texts: readonly string[],
    found: (one: Intervention) => void,
    judge: (texts: readonly string[]) => Promise<unknown>,
  ) {
    const read = eachUnguarded(texts, found);
    void judge(read.filter((text) => text !== undefined));
    return read;
  }

  async function each(
    texts: readonly string[],
    signal: AbortSignal,
    found: (one: Intervention) => void,
    haste?: Haste,
  ): Promise<readonly (string | undefined)[]> {
    const { check, close } = createBoundedCheck(deps, haste);
    const judge = async (text: string) => {
      const read = again(text, found) ?? (await guarded(text, signal, found, check));
      return [text, 'text' in read ? read.text : undefined] as const;
    };
    const read = new Map(await Promise.all([...new Set(texts)].map(judge)));
    close();
    return texts.map((text) => read.get(text));
  }

  return {
    mode,
    question,
    async thread(texts, signal, found) {
      // The newest matter most.
      const judge = (said: readonly string[]) => each(said.toReversed(), signal, found, THREAD_HASTE);
      return mode === 'enforce' ? (await judge(texts)).toReversed() : await lookOn(texts, found, judge);
    },
    async files(texts, signal, found) {
      const judge = (attached: readonly string[]) => each(attached, signal, found);
      return mode === 'enforce' ? await judge(texts) : await lookOn(texts, found, judge);
    },
    async grounded(answer, { source, query }, signal, found) {
      const grounding = {
        source: source.slice(0, GROUNDING.source),
        query: query.slice(0, GROUNDING.query),
      };
      const verdict = await deps.check('OUTPUT', [answer.slice(0, GROUNDING.answer)], signal, {
        grounding,
      });
      if (verdict.kind !== 'block' || signal.aborted) return undefined;
      const { policy } = verdict;
      // Everything else is for the windows to judge.
      if (policy !== 'grounding' && policy !== 'unavailable') return undefined;
      found({ direction: 'answer', policies: [policy], action: 'blocked' });
      return mode === 'enforce' ? verdict : undefined;
    },
    answer: (on, signal, found) => gateOf('answer', on, signal, found),
  };
}
