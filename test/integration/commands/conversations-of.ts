import { randomBytes } from 'node:crypto';
import { chatActor } from '../../../src/chat/keys.ts';
import type { Asker } from '../../../src/commands/commands.ts';
import { type ConversationDeps, createConversations } from '../../../src/commands/conversations.ts';
import { EVENT_KIND } from '../../../src/contract/memory.ts';
import { type AnsweringDeps, createAnswering } from '../../../src/sessions/answering.ts';
import { createDirectory } from '../../../src/sessions/directory.ts';
import { createKnownLanes } from '../../../src/sessions/known-lanes.ts';
import { createLanePlaces } from '../../../src/sessions/lane-places.ts';
import { eventsFor, type MemoryEvent, type SessionChange } from '../../../src/sessions/memory-events.ts';
import type { Connection } from '../../../src/store/connection.ts';
import type { Sealer } from '../../../src/store/sealed.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

const log = createLogger({ level: 'silent' });

/** A memory that keeps what it is told of changes, by actor and session, and can be out of reach. */
export function createToldMemory(now: () => number = Date.now) {
  const told = new Map<string, MemoryEvent[]>();
  let last = 0;
  const memory = {
    away: false,
    asked: 0,
    changes: [] as SessionChange[],
    async remember(actor: string, change: SessionChange): Promise<void> {
      memory.changes.push(change);
      last = Math.max(now(), last + 1);
      for (const event of eventsFor(change, last)) {
        const place = `${actor} ${event.session}`;
        told.set(place, [...(told.get(place) ?? []), event]);
      }
    },
    /** What deleting a session leaves: where lanes are answered. */
    forget(actor: string, session: string): void {
      const place = `${actor} ${session}`;
      told.set(
        place,
        (told.get(place) ?? []).filter(({ metadata }) => metadata[EVENT_KIND] === 'lane'),
      );
    },
    erase(actor: string): void {
      for (const place of told.keys()) if (place.startsWith(`${actor} `)) told.delete(place);
    },
    async recall(actor: string, session: string): Promise<MemoryEvent[]> {
      memory.asked += 1;
      if (memory.away) throw new Error('Memory is away');
      return told.get(`${actor} ${session}`) ?? [];
    },
  };
  return memory;
}

export interface ConversationsOptions {
  readonly sealer?: Sealer;
  readonly memory?: ReturnType<typeof createToldMemory>;
  readonly actorOf?: (asker: Asker) => Promise<string | undefined>;
  readonly talk?: ConversationDeps['talk'];
  readonly checkWords?: ConversationDeps['checkWords'];
  readonly observe?: AnsweringDeps['observe'];
  readonly monotonic?: () => number;
}

/** Conversations on a real Redis, as one process has them. */
export function conversationsRig(redis: Connection, keyPrefix: string, options: ConversationsOptions = {}) {
  const { memory, sealer } = options;
  const directory = createDirectory({ redis, keyPrefix, sealer, randomBytes, log });
  const places = createLanePlaces(redis, keyPrefix);
  const remember = memory?.remember ?? (async () => undefined);
  const answering = createAnswering({
    directory,
    places,
    lanes: createKnownLanes({ redis, now: options.monotonic ?? (() => performance.now()) }),
    recall: memory?.recall,
    remember,
    observe: options.observe ?? (() => undefined),
    log,
  });
  const ended: string[] = [];
  const noted: string[] = [];
  const conversations = createConversations({
    directory,
    places,
    actorOf: options.actorOf ?? (async (asker) => chatActor(asker)),
    invite: async () => ({ text: 'Sign in.' }),
    placeIn: answering.placeIn,
    remember,
    checkWords: options.checkWords ?? (async (_asker, texts) => ({ texts })),
    talk: options.talk,
    endSession: async (_actor, session) => void ended.push(session),
    note: (_asker, what) => void noted.push(what),
    log,
    now: () => Date.now(),
  });
  return { directory, places, answering, conversations, ended, noted };
}
