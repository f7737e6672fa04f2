import type { InboundMessage, Platform, Sender } from '../chat/vocabulary.ts';
import type { ChatAccount, Place } from '../identity/chat-account.ts';
import type { ChatProfile } from '../identity/handshake.ts';
import { nameSessions } from '../slack/agent-session.ts';
import { createAsides, createPassingCalls } from '../slack/asides.ts';
import type { SlackClient, SlackUploader } from '../slack/client.ts';
import { createCourtesy } from '../slack/courtesy.ts';
import { slackFailure } from '../slack/failures.ts';
import { createGuests } from '../slack/guests.ts';
import type { HomePeople } from '../slack/home-people.ts';
import { createLinkChat } from '../slack/link-chat.ts';
import type { Pacing } from '../slack/pacing.ts';
import { createSlackPeople } from '../slack/people.ts';
import { createSlackReplies } from '../slack/reply.ts';
import { createThreadReading, type ThreadMessage } from '../slack/thread-reading.ts';
import type { Connection } from '../store/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AttachedFilesDeps, ReadFiles } from '../turns/attached-files.ts';
import { pause } from '../turns/pause.ts';
import type { OpenReply } from '../turns/reply.ts';
import type { ClaimedTurn } from '../turns/turn.ts';

/** What the bot says to one person about their account. Every method throws when it could not be said. */
export interface PrivateChat {
  /** Asks a person to sign in; `url` is theirs alone. */
  invite(user: string, place: Place, url: string, signedOut: boolean): Promise<void>;
  /** Asks whether it was they who signed in as this account. */
  ask(user: string, place: Place, proposal: string, account: string, differs: boolean): Promise<void>;
  tell(user: string, place: Place, text: string): Promise<void>;
  /** Writes to a person directly. */
  write(user: string, tenant: string, text: string): Promise<void>;
}

/** The people of one platform. */
export interface PlatformPeople {
  readonly chat: PrivateChat;
  profileOf(account: ChatAccount): Promise<ChatProfile>;
  /** Throws when nobody can tell: who cannot be looked up is not let in. */
  isGuest(tenant: string, sender: Sender): Promise<boolean>;
  /** Whether an error is the platform's, and may pass. */
  mayPass(error: unknown): boolean;
  /** In which language somebody wants to be told things (BCP 47), where their messages do not say so. */
  languageOf?(sender: Sender): Promise<string | undefined>;
  /** What others said in the thread of a question, where the platform tells. Never throws. */
  readThread?(message: InboundMessage): Promise<readonly ThreadMessage[]>;
  /** What is attached to a question, where the platform tells. */
  readonly readFiles?: ReadFiles;
  /** Tells the person which files were not read. Never throws. */
  readonly tellUnread?: AttachedFilesDeps['tell'];
}

export type { ThreadMessage } from '../slack/thread-reading.ts';

export type Peoples = Readonly<Partial<Record<Platform, PlatformPeople>>>;

/** Throws for a platform that the bot is no longer in. */
export function peopleOf(peoples: Peoples, platform: Platform): PlatformPeople {
  const people = peoples[platform];
  if (!people) throw new Error(`this deployment is not in ${platform}`);
  return people;
}

/** Each reply where its question was asked. */
export function repliesByPlatform(replies: Readonly<Partial<Record<Platform, OpenReply>>>): OpenReply {
  return (target) => {
    const { platform } = target.turn.message.key;
    const open = replies[platform];
    // Settings were taken away while questions waited: the turn stays for a worker that has them.
    if (!open) throw new Error(`this deployment is not in ${platform}`);
    return open(target);
  };
}

export function slackPeople(deps: {
  readonly client: SlackClient;
  readonly pacing: Pacing;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly homes: Pick<HomePeople, 'settingsOf'>;
  readonly closing: AbortSignal;
  readonly log: Logger;
}): PlatformPeople {
  const { client, homes, closing, log } = deps;
  const now = () => performance.now();
  const people = createSlackPeople({ client, pause, closing, now, log });
  return {
    chat: createLinkChat(createAsides({ ...deps, pause })),
    isGuest: createGuests({ ...deps, lookUp: people.of, now }),
    mayPass: (error) => slackFailure(error) !== undefined,
    async languageOf({ tenant, id }) {
      const { language } = await homes.settingsOf({ tenant, id });
      return language === 'auto' ? (await people.of(tenant, id)).locale : language;
    },
    readThread: createThreadReading({
      callAside: createPassingCalls(deps),
      bot: people.itself,
      nameOf: async (tenant, id) => (await people.of(tenant, id)).name,
      log,
    }),
    async profileOf({ tenant, id }) {
      const [{ name, email }, { workspace }] = await Promise.all([people.of(tenant, id), people.itself()]);
      return { name, workspace, ...(email === undefined ? {} : { email }) };
    },
  };
}

export function slackReplies(deps: {
  readonly client: SlackClient & SlackUploader;
  readonly pacing: Pacing;
  readonly metrics: Metrics;
  /** A question as it may be shown. */
  readonly wordsOf: (turn: ClaimedTurn) => string | undefined;
  readonly log: Logger;
}): OpenReply {
  const replies = createSlackReplies({
    ...deps,
    pause,
    now: () => performance.now(),
    onFinished: (calls) => deps.metrics.turnCalls('slack', calls),
  });
  return nameSessions(replies, createCourtesy(createPassingCalls(deps), deps.log), deps.wordsOf);
}
