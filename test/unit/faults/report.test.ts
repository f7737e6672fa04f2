import { describe, expect, it } from 'vitest';
import { isClean, reportOf } from '../../faults/report.ts';
import type { SeedResult } from '../../faults/run-seed.ts';
import { ROUND, scheduleOf } from '../../faults/schedule.ts';

function result(seed: number, more: Partial<SeedResult> = {}): SeedResult {
  return {
    seed,
    kills: 1,
    recoveryMs: [8_000],
    inFlight: 21,
    reached: scheduleOf(seed).steps,
    tookMs: 10_000,
    happened: [],
    turns: 28,
    notices: 0,
    teamsInDoubt: 0,
    problems: [],
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    staleRedis: 0,
    staleVisible: 0,
    writtenTwice: 0,
    startedAgain: 0,
    leftover: 0,
    ...more,
  };
}

const round = Array.from({ length: ROUND }, (_, i) => i + 1);

describe('the report of a campaign', () => {
  it('is clean when a whole round struck everything and found nothing', () => {
    const report = reportOf(
      round.map((seed) => result(seed)),
      [],
      60,
    );
    expect(report.neverReached).toEqual([]);
    expect(isClean(report)).toBe(true);
  });

  it('has the fields that others read', () => {
    const report = reportOf([result(1)], [{ name: 'x', detected: true }], 60);
    expect(report).toMatchObject({
      seeds: 1,
      kills: 1,
      turns: 28,
      lost: 0,
      duplicated: 0,
      outOfOrder: 0,
      staleRedis: 0,
      staleVisible: 0,
      recoveryMs: { p50: 8_000, p99: 8_000 },
      planted: [{ name: 'x', detected: true }],
      failed: [],
    });
  });

  it('counts how often each failpoint was struck, by harm', () => {
    const step = { at: 'before post', nth: 1, ms: 0, times: 1 } as const;
    const reached = [
      { ...step, harm: 'kill' as const },
      { ...step, harm: 'late' as const },
    ];
    const report = reportOf([result(1, { reached }), result(2, { reached })], [], 60);
    expect(report.reached.failpoints).toEqual({ 'before post': { kill: 2, late: 2 } });
  });

  it('fails a whole round in which some failpoint was never struck, but not a few seeds', () => {
    const missed = round.map((seed) =>
      result(seed, { reached: scheduleOf(seed).steps.filter((s) => !('at' in s) || s.at !== 'mid-stream') }),
    );
    const report = reportOf(missed, [], 60);
    expect(report.neverReached).toEqual(['mid-stream']);
    expect(isClean(report)).toBe(false);
    expect(isClean(reportOf(missed.slice(0, 3), [], 60))).toBe(true);
  });

  it('fails when a seed has a problem or a planted defect was missed', () => {
    expect(isClean(reportOf([result(1, { problems: ['lost: x'] })], [], 60))).toBe(false);
    expect(isClean(reportOf([result(1)], [{ name: 'x', detected: false }], 60))).toBe(false);
    expect(isClean(reportOf([result(1)], [{ name: 'x', detected: true }], 60))).toBe(true);
  });
});
