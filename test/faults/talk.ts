import { canariesIn } from '../../bench/exactness.ts';
import type { Passage } from './passage.ts';
import type { Schedule } from './schedule.ts';
import { scriptedPrompt } from './scripted-agent.ts';
import type { Stack } from './stack.ts';

/** In Teams, `ts` is the message that begins the thread; empty in chats, which are one thread each. */
export interface Thread {
  readonly platform: 'slack' | 'teams';
  readonly channel: string;
  readonly ts: string;
}

export interface Talk {
  /** Where the threads are, by the schedule's numbers. */
  readonly threads: ReadonlyMap<number, Thread>;
  acknowledged(canary: string): boolean;
  /** Turns that Slack knows to be taken and whose end is not on record. */
  underWay(): number;
  /** A third of the people says stop, by word or with Slack's own button. */
  sayStop(): Promise<void>;
  /** Somebody wanted this question, or one beside it, to end. */
  toldToStop(canary: string): boolean;
  /** Messages in Teams below which somebody pressed Stop: they stay as they are. */
  readonly stoppedStreams: ReadonlySet<string>;
  /** To be told of what Slack gets from the web role. */
  sawAnswer(passage: Passage): void;
  /** To be told of what workers get from Redis. */
  sawEnd(passage: Passage): void;
  /** Resolves when everything was asked, or nobody took a question for too long. */
  readonly over: Promise<void>;
}

/** After this time without an acknowledgement Slack gives an event up. */
const GIVEN_UP_MS = 60_000;
/** Redis says that the end of a turn is on record. */
const ENDED = '*2\r\n:1\r\n';

/**
 * Lets everybody ask. In a lane the next question is asked when Slack knows the last one to be taken, so that the
 * order of a lane is known; across lanes all talk at once.
 */
export function startTalk(
  { slack, teams }: Pick<Stack, 'slack' | 'teams'>,
  schedule: Schedule,
  onTaken: () => void,
  manyUnderWay: Promise<void>,
): Talk {
  const threads = new Map<number, Thread>();
  const roots = new Map<number, PromiseWithResolvers<string>>();
  const taken = new Map<string, PromiseWithResolvers<void>>();
  const known = new Set<string>();
  let ended = 0;
  for (const lane of schedule.lanes) {
    if (!roots.has(lane.thread)) roots.set(lane.thread, Promise.withResolvers());
    for (const { canary } of lane.asks) taken.set(canary, Promise.withResolvers());
  }

  async function talk(lane: Schedule['lanes'][number], begins: boolean): Promise<void> {
    const { platform, user, thread, channel } = lane;
    const root = roots.get(thread);
    let threadTs = begins ? undefined : await root?.promise;
    const noteThread = (place: string, ts: string) => {
      threads.set(thread, { platform, channel: place, ts });
      threadTs = ts;
      root?.resolve(ts);
    };
    for (const ask of lane.asks) {
      if (ask.later) await manyUnderWay;
      await pause(ask.afterMs);
      // It stands there at once; that the app was offered it comes later.
      if (platform === 'slack') {
        const posted = slack.postAs(user, channel, `@Cloud Engineer ${scriptedPrompt(ask)}`, { threadTs });
        const place = slack.people.place(user, channel).channel.id;
        if (threadTs === undefined) noteThread(place, slack.state.messages(place).at(-1)?.ts ?? '');
        await posted;
      } else {
        const said = teams.say(user, channel, `@bot ${scriptedPrompt(ask)}`, threadTs);
        const written = teams.messages.at(-1);
        if (threadTs === undefined) noteThread(written?.conversation ?? '', written?.root ?? '');
        await said;
      }
      await Promise.race([taken.get(ask.canary)?.promise, pause(GIVEN_UP_MS)]);
    }
  }

  const stopped = new Set<string>();
  const stoppedStreams = new Set<string>();
  async function sayStop(): Promise<void> {
    const theirs = schedule.lanes.filter((_, i) => i % 3 === 1);
    const said = theirs.map(async ({ platform, user, channel, thread, asks }, i) => {
      const place = threads.get(thread);
      if (place === undefined) return;
      const { ts } = place;
      for (const { canary } of asks) stopped.add(canary);
      if (platform === 'teams') {
        const streamed = teams.messages.findLast(
          (one) => one.streaming && one.conversation === place.channel && one.root === ts,
        );
        if (i % 2 === 1 && streamed && teams.stop(streamed.id)) {
          stoppedStreams.add(streamed.id);
          return;
        }
        await teams.say(user, channel, '@bot stop', ts);
      } else if (i % 2 === 0) await slack.postAs(user, channel, '@Cloud Engineer stop', { threadTs: ts });
      else await slack.people.stop(user, channel, ts);
    });
    await Promise.all(said);
  }

  const begun = new Set<number>();
  const talks = schedule.lanes.map((lane) => {
    const begins = !begun.has(lane.thread);
    begun.add(lane.thread);
    return talk(lane, begins);
  });

  return {
    threads,
    sayStop,
    toldToStop: (canary) => stopped.has(canary),
    stoppedStreams,
    acknowledged: (canary) => known.has(canary),
    underWay: () => known.size - ended,
    sawAnswer({ text, request = '' }) {
      if (!text.startsWith('HTTP/1.1 2')) return;
      for (const canary of canariesIn(request)) {
        known.add(canary);
        taken.get(canary)?.resolve();
      }
      onTaken();
    },
    sawEnd({ name, text }) {
      if (name === 'finish' && text.startsWith(ENDED)) ended += 1;
    },
    over: Promise.all(talks).then(() => undefined),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
