import type { Direction } from '../chat/block-messages.ts';
import { notice } from '../chat/notices.ts';
import { POLICIES, type Policy } from '../chat/policies.ts';
import type { NoticeCode, ReplyNotice, ReplyView } from '../chat/vocabulary.ts';
import type { Block } from '../guardrails/verdict.ts';
import { ended } from './ask-agent.ts';
import type { GuardedAnswer } from './guarded-answer.ts';
import type { ClaimedTurn, Outcome } from './turn.ts';

/** What may be asked and shown. Each part is missing where there is nothing to guard. */
export interface TurnGuards {
  /** The question as the agent may read it, or why it may not. */
  readonly question?: (turn: ClaimedTurn, signal: AbortSignal) => Promise<{ readonly text: string } | Block>;
  readonly answer?: (
    turn: ClaimedTurn,
    show: (view: ReplyView) => void,
    signal: AbortSignal,
  ) => GuardedAnswer;
  /** What the person reads instead. */
  readonly words?: (direction: Direction, policy: Policy, locale: string | undefined) => string;
  /** In which language (BCP 47) they read it, where neither they nor their message has said so. Never throws. */
  readonly languageOf?: (message: ClaimedTurn['message']) => Promise<string | undefined>;
}

/** The guards, and what a question may be called from then on: undefined until, or unless, its agent may read it. */
export function withPassedWords<G extends Pick<TurnGuards, 'question'>>(
  guards: G,
): { readonly guards: G; readonly wordsOf: (turn: ClaimedTurn) => string | undefined } {
  const { question } = guards;
  if (!question) return { guards, wordsOf: ({ message }) => message.text };
  const passed = new WeakMap<ClaimedTurn, string>();
  return {
    guards: {
      ...guards,
      async question(turn: ClaimedTurn, signal: AbortSignal) {
        const verdict = await question(turn, signal);
        if ('text' in verdict) passed.set(turn, verdict.text);
        return verdict;
      },
    },
    wordsOf: (turn) => passed.get(turn),
  };
}

/** How a turn ends that a guardrail has stopped. A check that could not be made is a failure, and may be asked again. */
export function blockedBy(
  block: Block,
  code: 'guardrail' | 'question_blocked',
  view: ReplyView,
  sawWrite: boolean,
): Outcome {
  const away = block.policy === 'unavailable';
  const outcome = ended(away ? 'guardrail_unavailable' : code, view);
  const told = {
    ...outcome,
    policy: block.policy,
    withheld: code === 'guardrail' ? ('answer' as const) : ('question' as const),
    reason: `${outcome.reason}: ${block.policy} (${block.reason})`,
  };
  // Whoever reads nothing of a change must not be invited to make it again.
  return sawWrite && away ? { ...told, end: 'unknown', notice: 'outcome_unknown' } : told;
}

/** The end of an answer, which would have been `so`, that a guardrail did not let through to its end. */
export function withheld(block: Block, so: Outcome, sawWrite: boolean): Outcome {
  const outcome = blockedBy(block, 'guardrail', so.view, sawWrite);
  return so.notice === 'stopped_in_change' ? { ...outcome, notice: so.notice } : outcome;
}

/** Notices that a policy has its own words for. */
const WITHHELD: ReadonlySet<NoticeCode> = new Set([
  'question_blocked',
  'answer_blocked',
  'guardrail_unavailable',
]);

export async function noticeOf(
  { policy, withheld }: Outcome,
  code: NoticeCode,
  guards: TurnGuards | undefined,
  { language, message }: Pick<ClaimedTurn, 'language' | 'message'>,
): Promise<ReplyNotice> {
  const general = notice(code);
  if (!policy || !guards?.words || !WITHHELD.has(code)) return general;
  const direction = withheld ?? (code === 'question_blocked' ? 'question' : 'answer');
  const locale = language ?? message.locale ?? (await guards.languageOf?.(message));
  return { ...general, text: guards.words(direction, policy, locale) };
}

const REASON = /^(?:guardrail|question_blocked|guardrail_unavailable): (\w+)/;

/** Which policy ended a turn, from the reason on its record; undefined when none did. */
export function policyOf(reason: string | undefined): Policy | undefined {
  const name = REASON.exec(reason ?? '')?.[1];
  return POLICIES.find((policy) => policy === name);
}
