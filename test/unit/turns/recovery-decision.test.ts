import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notice } from '../../../src/chat/notices.ts';
import { FAILURE_POLICY, type RefusalCode } from '../../../src/turns/failure-policy.ts';
import {
  decideNext,
  failureOf,
  type Interruption,
  type Situation,
} from '../../../src/turns/recovery-decision.ts';

// A record, so that a new code does not compile until it is listed here.
const CODES = Object.keys({
  agent_unreachable: 1,
  agent_throttled: 1,
  agent_quota: 1,
  agent_denied: 1,
  agent_unauthorized: 1,
  agent_not_found: 1,
  agent_conflict: 1,
  agent_invalid: 1,
  agent_failed: 1,
  agent_internal: 1,
  agent_timeout: 1,
  agent_cancelled: 1,
  agent_protocol: 1,
} satisfies Record<RefusalCode, 1>) as RefusalCode[];

const interruptions: Interruption[] = [
  { kind: 'cut' },
  { kind: 'turn_unknown' },
  { kind: 'session_busy' },
  { kind: 'deadline' },
  ...CODES.flatMap((code) =>
    (['no', 'maybe'] as const).map((started) => ({ kind: 'refused' as const, code, started })),
  ),
];

const situations: Situation[] = [true, false].flatMap((canAttach) =>
  (['start', 'attach'] as const).flatMap((mode) =>
    [true, false].flatMap((sawWrite) =>
      [true, false].flatMap((gap) =>
        [0, 1, 2, 3, 4].flatMap((starts) =>
          [0, 1, 2, 3].map((attaches) => ({
            canAttach,
            mode,
            progress: { sawWrite, gap },
            starts,
            attaches,
          })),
        ),
      ),
    ),
  ),
);

const every = interruptions.flatMap((interruption) =>
  situations.map((situation) => ({ interruption, situation, step: decideNext(interruption, situation) })),
);

/** The agent cannot be at work on this turn: the start was turned away, or it says that it does not know the turn. */
const surelyNotRunning = (i: Interruption, s: Situation) =>
  i.kind === 'turn_unknown' ||
  (s.mode === 'start' && (i.kind === 'session_busy' || (i.kind === 'refused' && i.started === 'no')));

describe('what to do after an interruption', () => {
  it('is decided for every case', () => {
    expect(every).toHaveLength(interruptions.length * situations.length);
    for (const { step } of every) expect(['start', 'attach', 'give_up']).toContain(step.do);
  });

  it('never begins a run again that may be under way', () => {
    const wrong = every.filter(
      (c) => c.step.do === 'start' && !surelyNotRunning(c.interruption, c.situation),
    );
    expect(wrong).toEqual([]);
  });

  it('never begins anew after a change may have been made', () => {
    const wrong = every.filter(
      ({ interruption, situation: { progress }, step }) =>
        step.do === 'start' && interruption.kind === 'turn_unknown' && (progress.sawWrite || progress.gap),
    );
    expect(wrong).toEqual([]);
  });

  it('attaches to no agent that cannot be attached to, and asks it again only when it surely turned the question away', () => {
    const wrong = every.filter(
      ({ interruption, situation, step }) =>
        !situation.canAttach &&
        (step.do === 'attach' || (step.do === 'start' && interruption.kind === 'turn_unknown')),
    );
    expect(wrong).toEqual([]);
  });

  it('voids what was received exactly when the agent no longer knows the turn', () => {
    const wrong = every.filter(
      ({ interruption, step }) =>
        step.do === 'start' && step.fresh !== (interruption.kind === 'turn_unknown'),
    );
    expect(wrong).toEqual([]);
  });

  it('invites nobody to ask again after a change was begun', () => {
    const wrong = every.filter(
      ({ situation, step }) =>
        step.do === 'give_up' &&
        situation.progress.sawWrite &&
        (step.end !== 'unknown' || notice(step.notice).retry),
    );
    expect(wrong).toEqual([]);
  });

  it('gives up at once where asking again cannot help', () => {
    for (const code of [
      'agent_quota',
      'agent_denied',
      'agent_unauthorized',
      'agent_not_found',
      'agent_invalid',
    ] as const) {
      for (const situation of situations) {
        expect(decideNext({ kind: 'refused', code, started: 'no' }, situation).do).toBe('give_up');
      }
    }
  });

  it('waits before every further exchange but the first start of a turn that another worker lost', () => {
    const hasty = every.filter(
      ({ situation, step }) =>
        step.do !== 'give_up' && step.afterMs > 0 === (step.do === 'start' && situation.starts === 0),
    );
    expect(hasty).toEqual([]);
  });

  it('is what the table of failures says: no wait, end or notice comes from elsewhere', () => {
    for (const { interruption, situation, step } of every) {
      const policy = FAILURE_POLICY[failureOf(interruption)];
      // An attach that was turned away is looked for as after a cut.
      const attaches = [...policy.attachAfterMs, ...FAILURE_POLICY.cut.attachAfterMs];
      if (step.do === 'start') expect([0, ...policy.startAfterMs]).toContain(step.afterMs);
      else if (step.do === 'attach') expect(attaches).toContain(step.afterMs);
      else if (
        situation.progress.sawWrite ||
        (interruption.kind === 'turn_unknown' && situation.progress.gap)
      )
        expect(step).toEqual({ do: 'give_up', end: 'unknown', notice: 'outcome_unknown' });
      else expect(step).toEqual({ do: 'give_up', end: policy.end, notice: policy.notice });
    }
  });

  it('tries nothing again where the table has no waits for it', () => {
    const stubborn = every.filter(({ interruption, situation, step }) => {
      const { startAfterMs, attachAfterMs } = FAILURE_POLICY[failureOf(interruption)];
      const looksForRun = situation.mode === 'attach' && startAfterMs.length > 0;
      if (step.do === 'start') return startAfterMs.length === 0;
      return step.do === 'attach' && attachAfterMs.length === 0 && !looksForRun;
    });
    expect(stubborn).toEqual([]);
  });

  it('comes to an end whatever the agent answers', () => {
    const initial = fc.record({ canAttach: fc.boolean(), resumed: fc.boolean() });
    fc.assert(
      fc.property(
        initial,
        fc.infiniteStream(fc.constantFrom(...interruptions)),
        fc.boolean(),
        ({ canAttach, resumed }, answers, sawWrite) => {
          let mode: Situation['mode'] = resumed && canAttach ? 'attach' : 'start';
          const tries = { start: 0, attach: 0 };
          for (let exchanges = 1; ; exchanges += 1) {
            // Four starts, and between two of them no more attaches than the back-off has steps.
            expect(exchanges).toBeLessThanOrEqual(8);
            tries[mode] += 1;
            const interruption = answers.next().value;
            const step = decideNext(interruption, {
              canAttach,
              mode,
              progress: { sawWrite, gap: false },
              starts: tries.start,
              attaches: tries.attach,
            });
            if (step.do === 'give_up') break;
            mode = step.do;
          }
        },
      ),
    );
  });
});
