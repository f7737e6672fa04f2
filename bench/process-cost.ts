import { readFile } from 'node:fs/promises';

/** What a process has cost so far, as Linux counts it. */
export interface ProcessCost {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  /** The most memory it ever had resident. */
  readonly peakMiB: number;
}

/** `/proc` counts time in USER_HZ, which is 100 on every Linux that Node runs on. Source: proc(5), times(2). */
const MS_PER_TICK = 10;

/** Reads `/proc/<pid>`; undefined where there is no such thing (macOS, Windows): then these figures are left out. */
export async function readProcessCost(pid: number): Promise<ProcessCost | undefined> {
  if (process.platform !== 'linux') return undefined;
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return parseProcessCost(stat, status);
}

/** Fields 14 and 15 of `stat`, `VmHWM` of `status`. The second field, a name, may hold spaces and parentheses. */
export function parseProcessCost(stat: string, status: string): ProcessCost {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peakKiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    peakMiB: peakKiB / 1024,
  };
}
