import { createHash } from 'node:crypto';
import { createLately } from '../store/lately.ts';
import type { Block, Redaction, Verdict } from './verdict.ts';

/** What was found in a text, without a word of it: somebody may have had it deleted since. */
export type KeptVerdict =
  | { readonly kind: 'allow' }
  | (Pick<Redaction, 'kind' | 'policies'> & { readonly spans: Redaction['spans'][number] })
  | Pick<Block, 'kind' | 'policy' | 'reason'>;

const MOST_KEPT = 20_000;
/** The policies of a DRAFT change under a running process. Milliseconds. */
const KEPT_MS = 3_600_000;

/**
 * What this process has lately learnt of whole texts, so that a thread is not judged anew in each of its turns. By their
 * digests. `now` tells milliseconds.
 */
export function createKeptVerdicts(now: () => number) {
  const lately = createLately<KeptVerdict>({ most: MOST_KEPT, keptMs: KEPT_MS, now });
  const nameOf = (text: string) => createHash('sha256').update(text).digest('base64');

  return {
    /** Undefined: not known, or not any more. */
    of: (text: string): KeptVerdict | undefined => lately.get(nameOf(text)),

    /** A check that was not made, or whose answer makes no sense, says nothing about the text. */
    note(text: string, verdict: Verdict): void {
      const kept = withoutWords(verdict);
      if (kept) lately.set(nameOf(text), kept);
    },
  };
}

function withoutWords(verdict: Verdict): KeptVerdict | undefined {
  if (verdict.kind === 'allow') return verdict;
  if (verdict.kind === 'redact') {
    const { kind, policies, spans } = verdict;
    return { kind, policies, spans: spans[0] ?? [] };
  }
  const { kind, policy, reason } = verdict;
  return policy === 'unavailable' || policy === 'unclear' ? undefined : { kind, policy, reason };
}
