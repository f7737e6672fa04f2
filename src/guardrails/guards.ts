import type { Direction } from '../chat/block-messages.ts';
import type { Policy } from '../chat/policies.ts';
import { secretIn } from '../chat/secrets.ts';
import type { Grounding, Guardrail } from './client.ts';
import { createGate, type Gate, type GateDeps } from './gate.ts';
import { ALLOW, type Block, type ExampleOf } from './verdict.ts';

/** enforce: what a policy minds is withheld. shadow: everything passes, and what would have been withheld is told. */
export type GuardMode = 'enforce' | 'shadow';

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

export interface Guards {
  readonly mode: GuardMode;
  /** The question as the agent may read it, or why it may not. */
  question(
    text: string,
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Promise<{ readonly text: string } | Block>;
  /** What others said: each as the agent may read it; undefined for what it may not. */
  thread(
    texts: readonly string[],
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Promise<readonly (string | undefined)[]>;
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
/** Characters that one call judges together. */
const MOST_TOGETHER = 8_000;

const withExample = (example: ExampleOf | undefined) => (example === undefined ? {} : { example });

export function createGuards(deps: GuardsDeps): Guards {
  const { mode, after, now } = deps;

  function gateOf(
    direction: Direction,
    on: Pick<GateDeps, 'onText' | 'onCleared' | 'onBlock'>,
    signal: AbortSignal,
    found: (one: Intervention) => void,
  ): Gate {
    const redacts = direction === 'question' ? deps.redactInput : deps.redactOutput;
    return createGate({
      ...on,
      async check(texts, ends) {
        const verdict = await deps.check(direction === 'question' ? 'INPUT' : 'OUTPUT', texts, ends);
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
  ): Promise<{ readonly text: string } | Block> {
    let passed = '';
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
    );
    return (await gate.end(text)) ?? { text: passed };
  }

  /** Masked or not at all. */
  async function question(text: string, signal: AbortSignal, found: (one: Intervention) => void) {
    const asked = guarded(text, signal, found);
    if (mode === 'enforce') return await asked;
    // Nobody waits for what changes nothing. It never rejects.
    void asked;
    return { text };
  }

  return {
    mode,
    question,
    async thread(texts, signal, found) {
      if (mode === 'shadow') {
        void Promise.all(texts.map((text) => question(text, signal, found)));
        return texts;
      }
      // Nearly always nobody minds any of it: then one call has judged them all.
      const total = texts.reduce((sum, text) => sum + text.length, 0);
      if (texts.length > 1 && total <= MOST_TOGETHER && !texts.some((text) => secretIn(text) !== undefined)) {
        const verdict = await deps.check('INPUT', texts, signal);
        if (verdict.kind === 'allow') return texts;
      }
      const seen = await Promise.all(texts.map((text) => question(text, signal, found)));
      return seen.map((one) => ('text' in one ? one.text : undefined));
    },
    async grounded(answer, { source, query }, signal, found) {
      const grounding = {
        source: source.slice(0, GROUNDING.source),
        query: query.slice(0, GROUNDING.query),
      };
      const verdict = await deps.check('OUTPUT', [answer.slice(0, GROUNDING.answer)], signal, grounding);
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
