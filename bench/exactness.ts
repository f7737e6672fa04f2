/**
 * Whether every message got exactly its own answer. Each message carries a canary, a word that exists once, and the
 * answer must be that canary and nothing else. Pure.
 */

export interface ThreadLog {
  /** Names the thread in problems. */
  readonly name: string;
  /** Canaries in the order in which their messages were written. */
  readonly asked: readonly string[];
  /** Texts of the bot's messages in the thread, in order, as they stand at the end. */
  readonly answers: readonly string[];
}

export interface Verdict {
  readonly turns: number;
  readonly posts: number;
  /** Canaries that showed up in a thread where nobody had written them. */
  readonly foreign: number;
  /** One line a defect; empty when all is exact. */
  readonly problems: readonly string[];
}

const CANARY = /canary(?:-[a-z0-9]+)+/g;

export function canaryOf(run: string, user: number, message: number): string {
  return `canary-${run}-u${user}-m${message}`;
}

export function canariesIn(text: string): string[] {
  return text.match(CANARY) ?? [];
}

export function judge(threads: readonly ThreadLog[]): Verdict {
  const problems: string[] = [];
  let foreign = 0;
  for (const { name, asked, answers } of threads) {
    const own = new Set(asked);
    const strangers = answers.flatMap(canariesIn).filter((canary) => !own.has(canary));
    foreign += strangers.length;
    for (const canary of strangers) problems.push(`${name}: foreign ${canary}`);
    for (const canary of asked) {
      const count = answers.filter((answer) => answer === canary).length;
      if (count === 0) problems.push(`${name}: no answer to ${canary}`);
      if (count > 1) problems.push(`${name}: ${count} answers to ${canary}`);
    }
    for (const answer of answers) {
      if (!own.has(answer)) problems.push(`${name}: answered ${JSON.stringify(answer.slice(0, 200))}`);
    }
    const order = answers.filter((answer) => own.has(answer));
    const sorted = asked.filter((canary) => order.includes(canary));
    if (new Set(order).size === order.length && order.some((answer, i) => answer !== sorted[i])) {
      problems.push(`${name}: out of order: ${order.join(' ')}`);
    }
  }
  return {
    turns: threads.reduce((sum, thread) => sum + thread.asked.length, 0),
    posts: threads.reduce((sum, thread) => sum + thread.answers.length, 0),
    foreign,
    problems,
  };
}
