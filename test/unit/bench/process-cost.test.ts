import { expect, it } from 'vitest';
import { parseProcessCost } from '../../../bench/process-cost.ts';

it('reads time and peak memory of a process whose name holds spaces and parentheses', () => {
  const stat = '4711 (node (main) x) S 1 4711 4711 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 11 0 99 100 200';
  const status = 'Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';
  expect(parseProcessCost(stat, status)).toEqual({ cpuMs: 3000, peakMiB: 200 });
});
