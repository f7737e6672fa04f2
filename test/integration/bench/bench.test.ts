import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BARS } from '../../../bench/engine/bars.ts';
import type { Report } from '../../../bench/report.ts';
import { runCommand } from '../../setup/run-command.ts';

const BENCH = join(import.meta.dirname, '../../../bench/bench.ts');
const bench = (...args: string[]) => runCommand(BENCH, args);

describe('the bench command', () => {
  it('measures a small load and ends with one line of JSON', async () => {
    const { out, err, code } = await bench('turns', '--json', '--users', '4', '--messages', '2');
    expect(err).not.toContain('not exact');
    expect(code).toBe(0);
    const report = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Report;
    expect(report).toMatchObject({ name: 'turns', rounds: 1, exact: true });
    const value = (metric: string) => report.results.find((result) => result.metric === metric);
    expect(value('turns_per_second')).toMatchObject({
      unit: '1/s',
      baseline: expect.any(Number),
      ratio: expect.any(Number),
    });
    // Counts do not depend on the machine.
    expect(value('slack: chat.postMessage')?.value).toBe(1);
    expect(value('redis: finish')?.value).toBe(1);
    expect(value('redis_commands_per_turn')?.value).toBeLessThanOrEqual(10);
  });

  it('asks everything of the engine once, quickly, and finds it exact', { timeout: 180_000 }, async () => {
    const { out, err, code } = await bench('engine', '--json', '--quick');
    expect(err).not.toContain('not exact');
    expect(code).toBe(0);
    const report = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Report;
    expect(report).toMatchObject({ name: 'engine', rounds: 1, exact: true });
    const measured = new Map(report.results.map((result) => [result.metric, result]));
    // Every bar has its figure, whatever this machine makes of it.
    for (const { metric, of } of BARS) expect(measured.get(metric)?.[of]).toEqual(expect.any(Number));
    expect(measured.get('slack: chat.postMessage')?.value).toBe(1);
  });

  it('looks through a small directory of sessions, and finds it exact', { timeout: 60_000 }, async () => {
    const { out, err, code } = await bench('sessions', '--json', '--quick');
    expect(err).not.toContain('not exact');
    expect(code).toBe(0);
    const report = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Report;
    expect(report).toMatchObject({ name: 'sessions', rounds: 1, exact: true });
    const measured = report.results.map(({ metric }) => metric);
    for (const metric of ['list_first_page_p95', 'search_nothing_p95', 'did_you_mean_p95'])
      expect(measured).toContain(metric);
  });

  it('measures when the first guarded words show, and how often the guardrail is asked', async () => {
    const { out, err, code } = await bench('guardrail', '--json', '--quick');
    expect(err).not.toContain('not exact');
    expect(code).toBe(0);
    const report = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Report;
    expect(report).toMatchObject({ name: 'guardrail', exact: true });
    const calls = report.results.filter(({ unit }) => unit === 'calls');
    expect(calls).toHaveLength(2);
    for (const { value, baseline } of calls) expect(value).toBeLessThanOrEqual(baseline ?? 0);
  });

  it.each([
    ['an unknown part', ['engine', '--parts', 'admission,nothing'], 'There is no part nothing of engine.'],
    ['an unknown name', ['nothing'], 'There is no benchmark nothing.'],
    [
      'a number that is none',
      ['--users', 'many'],
      '--users must be a whole number from 1 to 1000, not many.',
    ],
    ['an unknown option', ['--fast'], "Unknown option '--fast'"],
  ])('says in one line what is wrong when it gets %s', async (_what, args, message) => {
    const { out, err, code } = await bench(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(out).toBe('');
  });

  it('says what there is when it is asked, and measures nothing', async () => {
    const { out, err, code } = await bench('--help');
    expect(code).toBe(0);
    expect(out).toContain('Names (default all): turns, engine');
    expect(err).toBe('');
  });
});
