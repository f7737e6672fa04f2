import type { ReplyView } from '../../src/chat/vocabulary.ts';
import { createPacing } from '../../src/slack/pacing.ts';
import { connect, disconnect } from '../../src/store/connection.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { Reply } from '../../src/turns/reply.ts';
import type { ClaimedTurn, PostedPart } from '../../src/turns/turn.ts';
import { createPassingTime } from '../integration/slack/passing-time.ts';
import { startThread } from '../integration/slack/slack-thread.ts';
import { startTeamsThread } from '../integration/teams/teams-thread.ts';
import { testRedis } from '../setup/redis.ts';

/**
 * streamed  words appear as they come: in a direct message
 * edited    one message that is replaced while it grows: in a channel, where there are no streams
 */
export type Manner = 'streamed' | 'edited';

/**
 * post    an answer that is posted as a whole
 * open    the first sight of one that grows
 * change  more of it
 * end     its last look
 */
export type Step = 'post' | 'open' | 'change' | 'end';

export type Fault =
  | { readonly kind: 'drop_answer' | 'refuse' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number; readonly commit?: true }
  | { readonly kind: 'commit_late'; readonly ms: number };

export interface OpenOptions {
  readonly turn?: Partial<ClaimedTurn>;
  readonly assertHeld?: () => void;
  /** Called with what is to be put on record, before it is. */
  readonly beforeRecord?: () => void;
}

/** A question on one platform, its reader, and the real reply writer on a stand-in of the platform. */
export interface DeliveryThread {
  open(options?: OpenOptions): Reply;
  /** The agent's words in each message below the question, oldest first, as a reader sees them. */
  texts(): string[];
  /** Everything that stands below the question, with what the bot says itself and its buttons. */
  everything(): string;
  /** Names of the pictures that stand below the question, and what those read who cannot see them. */
  pictures(): { readonly name: string; readonly words: string }[];
  /** Whether a reader sees that somebody is at work, apart from the answer. */
  atWork(): boolean;
  /** What is on record, newest last. */
  readonly noted: readonly (readonly PostedPart[])[];
  /** How many calls have put something into the thread or changed it, refused ones included. */
  writes(): number;
  /** When such calls were made, and how they were answered. Milliseconds of the platform's clock. */
  calls(): readonly { readonly at: number; readonly status: number }[];
  /** Spoils the next such step. */
  spoil(step: Step, fault: Fault): void;
  /** Refuses everything from now on, as the platform does when the bot was taken out; answers its name for that. */
  shutOut(): string;
  /** A reader presses the platform's own Stop, where something is streamed. */
  pressStop(): Promise<void>;
  /** The platform ends the stream before its time. */
  cutStream(): void;
  /** Lets time pass. */
  later(ms: number): void;
  /** How many messages may stand there twice, as the operator is told. */
  doubts(): number;
  close(): Promise<void>;
}

export interface DeliveryPlatform {
  readonly name: string;
  /** A stream ends by itself after so long. */
  readonly streamLifeMs: number;
  /** There is no way to learn whether a first message was posted whose answer was lost. */
  readonly mayDouble: boolean;
  start(manner: Manner): Promise<DeliveryThread>;
}

const log = createLogger({ level: 'silent' });

const slack: DeliveryPlatform = {
  name: 'Slack',
  streamLifeMs: 300_000,
  mayDouble: false,
  async start(manner) {
    const time = createPassingTime();
    const redis = connect({ url: await testRedis(), name: 'delivery' });
    const pacing = createPacing({ redis, keyPrefix: '{tc}', log, now: time.now, clock: time.now });
    const thread = await startThread(manner === 'streamed' ? 'dm' : 'cloud', {
      now: time.now,
      pause: time.pause,
      pacing,
      slack: { wait: time.wait },
    });
    const { slack: workspace, channel, ts } = thread;
    const noStreams = () => {
      if (manner === 'edited')
        workspace.faults.add({ kind: 'error', method: 'chat.startStream', error: 'not_allowed', times: 99 });
    };
    noStreams();
    const methods: Readonly<Record<Step, string>> = {
      post: 'chat.postMessage',
      open: manner === 'streamed' ? 'chat.startStream' : 'chat.postMessage',
      change: manner === 'streamed' ? 'chat.appendStream' : 'chat.update',
      end: manner === 'streamed' ? 'chat.stopStream' : 'chat.update',
    };
    const bot = () => workspace.thread(channel, ts).slice(1);
    const calls = () =>
      workspace.calls.filter(({ method, error }) => method.startsWith('chat.') && error !== 'not_allowed');
    return {
      open: ({ beforeRecord, ...more } = {}) =>
        thread.open({
          ...more,
          async notePosted(parts) {
            beforeRecord?.();
            (thread.noted as (readonly PostedPart[])[]).push(parts);
          },
        }),
      texts: () => thread.messages().filter((text) => text !== ''),
      everything: () => JSON.stringify(bot().map(({ text, blocks }) => [text, blocks])),
      pictures: () =>
        bot().flatMap(({ files }) => files.map(({ name, altText }) => ({ name, words: altText ?? '' }))),
      atWork: () => (workspace.state.threads.get(`${channel}:${ts}`)?.status ?? '') !== '',
      noted: thread.noted,
      writes: () => calls().length,
      calls,
      spoil: (step, fault) => workspace.faults.add({ method: methods[step], ...fault }),
      shutOut() {
        workspace.faults.clear();
        workspace.faults.add({ kind: 'error', method: '*', error: 'channel_not_found', times: 99 });
        return 'channel_not_found';
      },
      pressStop: () => workspace.people.stop('alice', 'dm', ts),
      cutStream: () => void workspace.endStreams(),
      later: time.later,
      doubts: () => 0,
      async close() {
        await thread.close();
        await disconnect(redis);
      },
    };
  },
};

const teams: DeliveryPlatform = {
  name: 'Teams',
  streamLifeMs: 120_000,
  mayDouble: true,
  async start(manner) {
    const thread = await startTeamsThread(manner === 'streamed' ? 'personal' : 'cloud');
    const { teams: service, question } = thread;
    const replies = () => service.repliesTo(question);
    const typing = ({ activity }: { readonly activity: Readonly<Record<string, unknown>> }) =>
      activity.type === 'typing' && activity.entities === undefined;
    const informative = (activity: unknown) => JSON.stringify(activity).includes('"informative"');
    const calls = () => service.calls.filter((call) => !typing(call));
    return {
      open: ({ turn, beforeRecord, ...more } = {}) =>
        thread.open(turn, { ...more, ...(beforeRecord ? { beforeRecord } : {}) }),
      texts: () =>
        replies()
          .filter(
            ({ activity }) =>
              !informative(activity) && /AIGenerated|"streaming"/.test(JSON.stringify(activity)),
          )
          .map(({ text }) => text.split('\n\n---\n\n')[0] ?? ''),
      everything: () => JSON.stringify(replies().map(({ activity }) => activity)),
      pictures: () =>
        replies().flatMap(({ activity, text }) =>
          ((activity.attachments ?? []) as { contentType: string; name: string }[])
            .filter(({ contentType }) => contentType.startsWith('image/'))
            .map(({ name }) => ({ name, words: text })),
        ),
      atWork: () => {
        const last = service.calls.at(-1);
        return (
          replies().some(({ activity }) => informative(activity)) || (last !== undefined && typing(last))
        );
      },
      noted: thread.noted,
      writes: () => calls().length,
      calls,
      spoil(step, fault) {
        const update = manner === 'edited' && (step === 'change' || step === 'end');
        // The sign that somebody is at work is sent in the same way.
        const after = manner === 'edited' && step === 'open' ? 1 : 0;
        service.faults.add({ method: update ? 'update' : 'send', after, ...fault });
      },
      shutOut() {
        const code = 'BotNotInConversationRoster';
        service.faults.add({ method: '*', kind: 'error', code, message: 'not there', times: 99 });
        return code;
      },
      pressStop: async () => void service.stop(replies().at(-1)?.id ?? ''),
      cutStream: () => service.endStreams(),
      later: thread.later,
      doubts: thread.doubts,
      close: thread.close,
    };
  },
};

export const PLATFORMS: readonly DeliveryPlatform[] = [slack, teams];

export const say = (text: string, more: Partial<ReplyView> = {}): ReplyView => ({ text, tasks: [], ...more });
