import { blockMessage } from '../../../src/chat/block-messages.ts';
import type { CheckWords } from '../../../src/commands/word-check.ts';
import { createGuards, type GuardMode, type Intervention } from '../../../src/guardrails/guards.ts';
import { judge } from '../../../src/guardrails/judge.ts';
import { unavailable, type Verdict } from '../../../src/guardrails/verdict.ts';
import { createWordGuard } from '../../../src/main/word-guard.ts';
import { answerOf } from '../../unit/guardrails/scripted-guardrail.ts';

export interface WordsOptions {
  readonly mode?: GuardMode;
  readonly redactInput?: boolean;
  /** What the guardrail is like today. */
  readonly guardrail?: 'honest' | 'down' | 'silent';
  readonly withinMs?: number;
}

/** The check of names as the process has it, before a guardrail that masks `Alice Smith` and blocks `buy gold`. */
export function wordsChecked(options: WordsOptions = {}): {
  readonly checkWords: CheckWords;
  readonly found: Intervention[];
  readonly asked: string[];
  /** From now on. */
  readonly become: (guardrail: NonNullable<WordsOptions['guardrail']>) => void;
} {
  const { mode = 'enforce', redactInput = true, withinMs } = options;
  let guardrail = options.guardrail ?? 'honest';
  const found: Intervention[] = [];
  const asked: string[] = [];
  const guards = createGuards({
    async check(_source, texts, signal): Promise<Verdict> {
      asked.push(...texts);
      if (guardrail === 'down') return unavailable('planted');
      if (guardrail === 'silent')
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return judge(answerOf(texts, { masked: ['Alice Smith'], blocked: ['buy gold'] }), texts);
    },
    ...{ mode, redactInput, redactOutput: true },
    after: () => () => undefined,
    now: () => 0,
  });
  const checkWords = createWordGuard({
    guards,
    seen: () => (one) => void found.push(one),
    tell: blockMessage,
    ...(withinMs === undefined ? {} : { withinMs }),
  });
  return {
    ...{ checkWords, found, asked },
    become(next) {
      guardrail = next;
    },
  };
}

/** In two pieces, so that nobody takes this file for a leak. */
export const KEY = `AK${'IA'}IOSFODNN7EXAMPLE`;
