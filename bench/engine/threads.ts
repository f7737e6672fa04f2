import type { SlackStandIn } from '../../local/slack/stand-in.ts';
import { canaryOf, type ThreadLog } from '../exactness.ts';

/** A thread in #cloud that somebody has begun with words that are no question to the bot. */
export interface OpenThread {
  readonly name: string;
  readonly userId: string;
  readonly channel: string;
  readonly ts: string;
  /** Canaries in the order in which they were written. */
  readonly asked: string[];
}

/** One thread for each of `count` people, the first of whom is `user<from>`. */
export async function openThreads(slack: SlackStandIn, from: number, count: number): Promise<OpenThread[]> {
  const threads: OpenThread[] = [];
  for (let i = from; i < from + count; i += 1) {
    const { user, channel } = slack.people.place(`user${i}`, '#cloud');
    const { ts } = await slack.postAs(user.name, '#cloud', 'a thread of my own');
    threads.push({ name: user.name, userId: user.id, channel: channel.id, ts, asked: [] });
  }
  return threads;
}

/** The next question of a thread: a word that exists once. */
export function nextCanary(thread: OpenThread, run: string): string {
  const canary = canaryOf(run, Number(thread.name.replace('user', '')), thread.asked.length + 1);
  thread.asked.push(canary);
  return canary;
}

/** What stands in the threads at the end, for the judge. */
export function logOf(slack: SlackStandIn, threads: readonly OpenThread[]): ThreadLog[] {
  return threads.map(({ name, ts, asked }) => ({
    name,
    asked,
    answers: slack.thread('#cloud', ts).flatMap((message) => (message.botId ? [message.text] : [])),
  }));
}
