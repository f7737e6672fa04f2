import type { SlackStandIn } from '../local/slack/stand-in.ts';
import { canariesIn, canaryOf, type ThreadLog } from './exactness.ts';

/** People who talk to the bot in #cloud of a Slack stand-in, each in a thread of their own. */

export interface Load {
  readonly users: number;
  /** Messages of each person. The next one is written when the last one is answered. */
  readonly messages: number;
  /** Makes this load's canaries unlike any other's. */
  readonly run: string;
  /** Of so many messages one is delivered again, as if its acknowledgement had been lost. */
  readonly retryEvery: number;
  /** An answer that takes longer counts as missing. */
  readonly timeoutMs: number;
}

export interface LoadLog {
  readonly threads: readonly ThreadLog[];
  readonly seconds: number;
  /** From writing a message to its complete answer, for each answered message. */
  readonly turnMs: readonly number[];
  /** From writing a message to the first sign of life in its thread: a status, or the answer itself. */
  readonly firstSignMs: readonly number[];
}

type Stage = Pick<SlackStandIn, 'listen' | 'postAs' | 'faults' | 'deliveries' | 'thread'>;

/** Lets everybody talk at once until all are answered. `settle` waits until nothing is under way any more. */
export async function runLoad(slack: Stage, load: Load, settle: () => Promise<void>): Promise<LoadLog> {
  const watch = watchThreads(slack, load.timeoutMs);
  const turnMs: number[] = [];
  const firstSignMs: number[] = [];
  const roots: { readonly name: string; readonly asked: string[]; ts: string | undefined }[] = [];

  async function talk(user: number): Promise<void> {
    const log: (typeof roots)[number] = { name: `user${user}`, asked: [], ts: undefined };
    roots.push(log);
    for (let message = 1; message <= load.messages; message += 1) {
      const canary = canaryOf(load.run, user, message);
      log.asked.push(canary);
      if ((user + message) % load.retryEvery === 0) {
        slack.faults.add({ kind: 'lose_ack', event: 'app_mention' });
      }
      const writtenAt = performance.now();
      const answered = watch.answer(canary);
      const { ts } = await slack.postAs(log.name, '#cloud', `@Cloud Engineer echo ${canary}`, {
        threadTs: log.ts,
      });
      log.ts ??= ts;
      const answeredAt = await answered;
      // Without this answer the next ones would prove nothing; what is missing is found by the judge.
      if (answeredAt === undefined) return;
      turnMs.push(answeredAt - writtenAt);
      firstSignMs.push((watch.firstSign(log.ts, writtenAt) ?? answeredAt) - writtenAt);
    }
  }

  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: load.users }, (_, i) => talk(i + 1)));
    const seconds = (performance.now() - startedAt) / 1000;
    await slack.deliveries.idle();
    await settle();
    const threads = roots.map(({ name, asked, ts }) => ({
      name,
      asked,
      answers: ts === undefined ? [] : botTexts(slack, ts),
    }));
    return { threads, seconds, turnMs, firstSignMs };
  } finally {
    watch.end();
  }
}

function botTexts(slack: Stage, threadTs: string): string[] {
  return slack.thread('#cloud', threadTs).flatMap((message) => (message.botId ? [message.text] : []));
}

export function watchThreads(slack: Stage, timeoutMs: number) {
  const waiting = new Map<string, (at: number | undefined) => void>();
  const signs = new Map<string, number[]>();

  const end = slack.listen((change) => {
    const at = performance.now();
    const sign = (thread: string) => signs.set(thread, [...(signs.get(thread) ?? []), at]);
    if (change.kind === 'thread' && change.thread.status !== '') sign(change.thread.threadTs);
    if (change.kind !== 'message' || change.message.botId === undefined) return;
    const { message } = change;
    if (message.threadTs !== undefined) sign(message.threadTs);
    if (message.stream?.ended === 'no') return;
    for (const canary of canariesIn(message.text)) waiting.get(canary)?.(at);
  });

  return {
    end,
    /** Resolves with the time at which the answer stood complete, or with undefined when it is too late. */
    answer(canary: string): Promise<number | undefined> {
      return new Promise((resolve) => {
        const finish = (at: number | undefined) => {
          clearTimeout(timer);
          waiting.delete(canary);
          resolve(at);
        };
        const timer = setTimeout(() => finish(undefined), timeoutMs);
        waiting.set(canary, finish);
      });
    },
    firstSign: (thread: string, since: number): number | undefined =>
      signs.get(thread)?.find((at) => at >= since),
  };
}
