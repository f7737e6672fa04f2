import type { NoticeCode } from '../chat/vocabulary.ts';
import type { Json } from './cards.ts';

/** What can be done next about a notice, as words to say. Teams shows three at most. */
const NEXT: Readonly<Partial<Record<NoticeCode, readonly string[]>>> = {
  help: ['sessions', 'status', 'whoami'],
  agent_busy: ['status'],
  answer_limited: ['Go on'],
  sign_in_needed: ['link'],
  link_lapsed: ['link'],
};

/** Buttons that write for the person. Only where a notice tells what to write: Teams wants none that are always the same. */
export function suggestionsFor(code: NoticeCode | undefined): Json | undefined {
  const words = code === undefined ? undefined : NEXT[code];
  return words && { actions: words.map((value) => ({ type: 'imBack', title: value, value })) };
}
