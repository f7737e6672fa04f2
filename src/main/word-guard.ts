import type { Withheld } from '../chat/block-messages.ts';
import type { Policy } from '../chat/policies.ts';
import type { Asker } from '../commands/account.ts';
import type { CheckWords } from '../commands/word-check.ts';
import type { GuardMode, Intervention, Read, Reading } from '../guardrails/guards.ts';
import { type Block, unavailable } from '../guardrails/verdict.ts';

export interface WordGuardDeps {
  readonly guards: Pick<Reading, 'question'> & { readonly mode: GuardMode | 'off' };
  /** Who hears of what a policy minds in the words of this person. */
  readonly seen: (asker: Asker) => (one: Intervention) => void;
  /** What the person reads instead. */
  readonly tell: (withheld: Withheld, policy: Policy, locale: string | undefined) => string;
  /** In which language (BCP 47), where what they wrote does not say. Never throws. */
  readonly languageOf?: (asker: Asker) => Promise<string | undefined>;
  /** Milliseconds. */
  readonly withinMs?: number;
}

/** Chat platforms wait for three seconds, and what was typed has to be stored, too. Milliseconds. */
const WITHIN_MS = 1_500;

const isBlock = (read: Read): read is Block => 'kind' in read;

/**
 * What people type besides questions is guarded like a question, each text by itself. Whoever typed it waits for it, so what
 * could not be checked in time is not kept.
 */
export function createWordGuard({
  guards,
  seen,
  tell,
  languageOf,
  withinMs = WITHIN_MS,
}: WordGuardDeps): CheckWords {
  return async (asker, texts) => {
    const found = seen(asker);
    // Nobody waits for what changes nothing.
    const limit = guards.mode === 'enforce' ? AbortSignal.timeout(withinMs) : new AbortController().signal;
    const read = await Promise.all(texts.map((text) => guards.question(text, limit, found)));
    const blocks = read.filter(isBlock);
    const minded = blocks.find(({ policy }) => policy !== 'unavailable');
    const late = limit.aborted ? unavailable('it was not checked in time') : undefined;
    const block = minded ?? late ?? blocks[0];
    if (!block) return { texts: read.flatMap((one) => (isBlock(one) ? [] : [one.text])) };
    // Whoever was checking when the time was up has told nobody.
    if (block === late) found({ direction: 'question', policies: [late.policy], action: 'blocked' });
    const at = Math.max(0, read.indexOf(block));
    const locale = asker.locale ?? (await languageOf?.(asker));
    return { refused: tell('words', block.policy, locale), at };
  };
}
