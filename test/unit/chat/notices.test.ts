import { expect, test } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import type { NoticeCode } from '../../../src/chat/vocabulary.ts';

// Every code once: a new code without a row here does not compile.
const RETRY: Record<NoticeCode, boolean> = {
  help: false,
  empty_question: false,
  file_without_question: false,
  agent_unreachable: true,
  agent_busy: true,
  agent_misconfigured: true,
  agent_failed: true,
  agent_timeout: true,
  agent_cut_off: true,
  question_blocked: false,
  answer_blocked: false,
  guardrail_unavailable: true,
  answer_limited: false,
  approval_unsupported: false,
  outcome_unknown: false,
  identity_unavailable: true,
  sign_in_needed: true,
  link_lapsed: true,
  memory_unavailable: false,
  stopped: true,
  stopped_by_operator: true,
  stopped_for_newer: true,
  stopped_in_change: false,
  internal: true,
};
const codes = Object.keys(RETRY) as NoticeCode[];

test.each(codes)('%s has words of its own and offers Retry only where asking again can help', (code) => {
  const { text, retry } = notice(code);
  expect(text.length).toBeGreaterThan(5);
  expect(retry).toBe(RETRY[code]);
  expect(notice(code).code).toBe(code);
});

test('a text that speaks of the Retry button comes with one', () => {
  for (const code of codes) if (/press Retry/i.test(notice(code).text)) expect(RETRY[code]).toBe(true);
  expect(codes.some((code) => /press Retry/i.test(notice(code).text))).toBe(true);
});

test('after a change of unknown outcome nobody is invited to ask again at once', () => {
  expect(notice('outcome_unknown').retry).toBe(false);
  expect(notice('outcome_unknown').text).toMatch(/check/i);
});

test('notices fit into one section block', () => {
  for (const code of codes) expect(notice(code).text.length).toBeLessThan(3_000);
});
