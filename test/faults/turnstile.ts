import { cpus } from 'node:os';

/** A run begins when so much of the machine is free. The first second of a run is the busiest. */
const FREE = 0.2;
const LOOK_MS = 250;
/** A machine that never has so much to spare must not hold the campaign up. */
const LOOKS = 4;

/**
 * Lets one run after the other begin, and not while the machine is out of breath: people would seem to wait for a
 * recovery while in truth the campaign waits for a processor.
 */
export function createTurnstile(freeShare = measureFreeShare): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();

  async function pass(): Promise<void> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      if ((await freeShare(LOOK_MS)) >= FREE) return;
    }
  }

  return () => {
    last = last.then(pass);
    return last;
  };
}

/** The share of all processors that nobody used during the next `ms`. */
async function measureFreeShare(ms: number): Promise<number> {
  const before = processorTimes();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const after = processorTimes();
  return (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

function processorTimes(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idle, all };
}
