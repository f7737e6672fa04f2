import { describe, expect, it } from 'vitest';
import { failuresPage } from '../../../scripts/docs/failures-page.ts';
import { AGENT_FAILURE_CODES } from '../../../src/agentcore/errors.ts';
import { notice } from '../../../src/chat/notices.ts';
import { NOTICE_CODES } from '../../../src/chat/vocabulary.ts';
import { agentErrorCode, FAILURE_POLICY, type FailureCode } from '../../../src/turns/failure-policy.ts';
import { isEnd } from '../../../src/turns/states.ts';

const CODES = Object.keys(FAILURE_POLICY) as FailureCode[];
const policies = CODES.map((code) => [code, FAILURE_POLICY[code]] as const);

describe('the table of failures', () => {
  it('offers no Retry for what ends as done: of that no words are kept', () => {
    const offered = Object.values(FAILURE_POLICY).flatMap(({ end, notice: code }) =>
      end === 'done' && code ? [code] : [],
    );
    for (const code of [...offered, 'help', 'empty_question', 'file_without_question'] as const)
      expect(notice(code).retry).toBe(false);
  });

  it('has a line for whatever AgentCore can answer', () => {
    for (const code of AGENT_FAILURE_CODES) expect(CODES).toContain(code);
  });

  it('has a row in the docs for each, with what its person reads', () => {
    const rows = failuresPage().split('\n');
    for (const [code, policy] of policies) {
      const row = rows.filter((line) => line.startsWith(`| \`${code}\` |`));
      expect(row).toHaveLength(1);
      expect(row[0]).toContain(policy.means);
      expect(row[0]).toContain(
        policy.notice ? notice(policy.notice).text : 'nothing: there is no way to show it',
      );
    }
  });

  it('ends the session of whoever was waited for in vain, and of nobody else; the docs say so', () => {
    const stopping = policies.filter(([, policy]) => policy.stopsSession).map(([code]) => code);
    expect(stopping).toEqual(['agent_timeout', 'deadline']);
    const told = failuresPage().match(/^\| `\w+` \| .*Its session is stopped\..*$/gm) ?? [];
    expect(told.map((row) => row.split('`')[1])).toEqual(stopping);
  });

  it('uses every notice that is for a failure; the others answer the person, or stand for a change', () => {
    const used = new Set(policies.map(([, { notice: code }]) => code));
    const others = NOTICE_CODES.filter((code) => !used.has(code));
    expect(others).toEqual([
      'help',
      'empty_question',
      'file_without_question',
      'memory_unavailable',
      'stopped_in_change',
    ]);
  });

  it.each(policies)('%s ends as something its person can read, with somewhere to look', (_code, policy) => {
    expect(isEnd(policy.end)).toBe(true);
    expect(policy.means).toMatch(/^[A-Z].*\.$/);
    expect(policy.operator).not.toBe('');
    // Waits grow: who was turned away comes back less often.
    for (const waits of [policy.startAfterMs, policy.attachAfterMs])
      expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  });

  it('says nothing only where there is no way to say it', () => {
    const silent = policies.filter(([, policy]) => policy.notice === undefined).map(([code]) => code);
    expect(silent).toEqual(['reply_refused', 'record_unreadable']);
  });

  it('offers to ask again after no end that may have changed something', () => {
    const wrong = policies.filter(
      ([code, policy]) =>
        policy.end === 'unknown' && policy.notice && notice(policy.notice).retry && code !== 'worker_lost',
    );
    expect(wrong).toEqual([]);
  });

  it('reads an error event of the agent as one of its lines', () => {
    for (const code of ['model_throttled', 'model_auth', 'model_unavailable'] as const)
      expect(agentErrorCode(code)).toBe(code);
    for (const code of ['cut', 'unexpected', 'anything else', '__proto__'])
      expect(agentErrorCode(code)).toBe('agent_error');
  });
});
