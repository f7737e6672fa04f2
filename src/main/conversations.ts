import { randomBytes } from 'node:crypto';
import type { MemoryClient } from '../agentcore/memory-client.ts';
import type { RuntimeClient } from '../agentcore/runtime-client.ts';
import type { Audit } from '../audit/recorder.ts';
import { nameOf } from '../chat/digest.ts';
import type { Asker } from '../commands/account.ts';
import { type Conversations, createConversations } from '../commands/conversations.ts';
import { createTalkInMemory } from '../commands/talk-in-memory.ts';
import type { CheckWords } from '../commands/word-check.ts';
import type { Config } from '../config.ts';
import { EVENT_KIND, eventToken, memoryActor, RECORD_NAMESPACES } from '../contract/memory.ts';
import { type Answering, createAnswering } from '../sessions/answering.ts';
import { createDirectory } from '../sessions/directory.ts';
import { createKnownLanes } from '../sessions/known-lanes.ts';
import { createLanePlaces } from '../sessions/lane-places.ts';
import { createLeftovers, startClearing } from '../sessions/leftovers.ts';
import { eventsFor, type MemoryEvent, type SessionChange } from '../sessions/memory-events.ts';
import type { MemoryOutbox } from '../sessions/memory-outbox.ts';
import { createRestore } from '../sessions/restore.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { pause } from '../turns/pause.ts';
import { memoryReads } from './memory-reads.ts';
import type { People } from './people.ts';

export interface ConversationsDeps {
  readonly config: Pick<Config, 'sessions' | 'agent'>;
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined where no key is configured: then nothing is sealed. */
  readonly dataKeys: DataKeys | undefined;
  readonly audit: Audit;
  readonly people: Pick<People, 'actorOf' | 'invite'>;
  readonly checkWords: CheckWords;
  /** Undefined: no memory is configured. */
  readonly memory: { readonly client: MemoryClient; readonly outbox: MemoryOutbox } | undefined;
  /** Whether somebody is being forgotten, by the name of their directory. */
  readonly isErasing: (person: string) => Promise<boolean>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface ComposedConversations {
  readonly conversations: Conversations;
  readonly sessionFor: Answering['sessionFor'];
  /** Leaves what Redis had lost of somebody to be brought back another time. */
  close(): Promise<void>;
  /** What workers see to now and then, beside turns. */
  startUpkeep(runtime: Pick<RuntimeClient, 'stop'>): { close(): Promise<void> };
}

/** A slash command has to be answered within three seconds. */
const RESTORE_MS = 1_500;
const ARCHIVE_EVERY_MS = 3_600_000;
const ARCHIVED_AT_ONCE = 200;
const DAY_MS = 86_400_000;
/** What a deleted session has left is looked for and deleted in one go for so long. Milliseconds. */
const CLEAR_MS = 90_000;
/** Where AgentCore Memory keeps what it has learnt of a person, in steps of a path. */
const notesOf = (actorId: string) =>
  [RECORD_NAMESPACES.semantic, RECORD_NAMESPACES.preference, SUMMARIES].map((path) => filled(path, actorId));
const SUMMARIES = RECORD_NAMESPACES.summary.replace('/{sessionId}', '');
const filled = (path: string, actorId: string, sessionId = '') =>
  path.replace('{actorId}', actorId).replace('{sessionId}', sessionId);

/** People's conversations: which there are, where each goes on, and what Memory is told of them. */
export function composeConversations(deps: ConversationsDeps): ComposedConversations {
  const { config, redis, keyPrefix, dataKeys, memory, metrics, log } = deps;
  const sealer = dataKeys && createSealer({ keys: dataKeys, randomBytes });
  const directory = createDirectory({ redis, keyPrefix, sealer, randomBytes, log });
  const places = createLanePlaces(redis, keyPrefix);
  const leftovers = createLeftovers({ redis, keyPrefix });
  const now = () => Date.now();

  const closing = new AbortController();
  const restore =
    memory &&
    createRestore({
      ...{ redis, keyPrefix, directory, places, now, log },
      reads: memoryReads(memory.client),
      archiveAfterMs: config.sessions.archiveDays * DAY_MS,
      mayRestore: async (person) => !(await deps.isErasing(person)),
      closing: closing.signal,
    });

  /** Whoever asks about their conversations finds them all, also when Redis has just lost them. */
  async function actorOf(asker: Asker): Promise<string | undefined> {
    const actor = await deps.people.actorOf(asker);
    if (actor === undefined || !restore) return actor;
    // What takes longer goes on by itself.
    const waited = new AbortController();
    await Promise.race([restore.person(actor), pause(RESTORE_MS, waited.signal).catch(() => undefined)]);
    waited.abort(new Error('it is there'));
    return actor;
  }

  async function remember(actor: string, change: SessionChange): Promise<void> {
    if (!memory) return;
    const id = nameOf([actor, JSON.stringify(change), randomBytes(16).toString('hex')]);
    await memory.outbox.add(
      eventsFor(change, now()).map(({ session, metadata, payload, at }, i) => ({
        actor,
        session,
        at,
        token: eventToken(id, 'session', i),
        content: { payload: [{ kind: 'document', value: payload }], metadata },
      })),
    );
  }

  const answering = createAnswering({
    directory,
    places,
    lanes: createKnownLanes({ redis, now: () => performance.now() }),
    recall: memory && createRecall(memory.client),
    remember,
    observe: metrics.placeRecalled,
    log,
  });

  const conversations = createConversations({
    directory,
    places,
    actorOf,
    invite: deps.people.invite,
    placeIn: answering.placeIn,
    remember,
    checkWords: deps.checkWords,
    talk: memory && createTalkInMemory({ client: memory.client, namespaces: notesOf }),
    endSession: async (actor, session) => {
      await leftovers.add(actor, session);
    },
    note: ({ key, sender }, change) => {
      const who = { kind: 'person', platform: key.platform, tenant: sender.tenant, user: sender.id } as const;
      deps.audit.note({ type: 'session.changed', who, change });
    },
    log,
    now,
  });

  async function archiveIdle(): Promise<void> {
    const idleMs = config.sessions.archiveDays * DAY_MS;
    let total = 0;
    let archived: number;
    do {
      archived = await directory.archiveIdle(idleMs, ARCHIVED_AT_ONCE);
      total += archived;
    } while (archived === ARCHIVED_AT_ONCE);
    if (total > 0) log.info({ total }, 'idle sessions were archived');
  }

  return {
    conversations,
    sessionFor: answering.sessionFor,
    async close() {
      closing.abort(new Error('the process is shutting down'));
      await restore?.settled();
    },
    startUpkeep(runtime) {
      // With a person's own token nobody can do so in their absence: the runtime ends it by its idle time-out.
      const stop = config.agent.auth === 'iam' ? runtime.stop : undefined;
      const clearing = startClearing(
        leftovers,
        async (person, session) => {
          const signal = AbortSignal.timeout(CLEAR_MS);
          const clientToken = nameOf(['clear', session, now()]);
          // Mostly it is over; else it ends by its idle time-out.
          await stop?.({ sessionId: session, clientToken, signal }).catch((error: unknown) =>
            log.debug({ err: error, session }, 'the runtime session of a deleted session was not stopped'),
          );
          return memory ? clearMemory(memory, person, session, signal) : 0;
        },
        log,
      );
      const archive = () =>
        archiveIdle().catch((error: unknown) => log.warn({ err: error }, 'idle sessions were not archived'));
      let archiving = archive();
      const timer = setInterval(() => {
        archiving = archive();
      }, ARCHIVE_EVERY_MS);
      return {
        async close() {
          clearInterval(timer);
          await Promise.all([archiving, clearing.close()]);
        },
      };
    },
  };
}

const createRecall =
  (client: MemoryClient) => async (actor: string, session: string, signal: AbortSignal) => {
    const filter = [{ key: EVENT_KIND }];
    const found: MemoryEvent[] = [];
    for await (const event of client.listEvents({
      actorId: memoryActor(actor),
      sessionId: session,
      filter,
      signal,
    })) {
      const [item] = event.payload;
      const kind = event.metadata[EVENT_KIND];
      if (item?.kind !== 'document' || typeof item.value !== 'string') continue;
      if (kind !== 'session' && kind !== 'lane') continue;
      found.push({ session, metadata: { [EVENT_KIND]: kind }, payload: item.value, at: event.at.getTime() });
    }
    return found;
  };

/** Answers how much was there. Where lanes are answered stays: it has no words, and a lost Redis needs it. */
async function clearMemory(
  { client, outbox }: NonNullable<ConversationsDeps['memory']>,
  actorId: string,
  sessionId: string,
  signal: AbortSignal,
): Promise<number> {
  let found = await outbox.eraseSession(actorId, sessionId);
  for await (const event of client.listEvents({ actorId, sessionId, includePayloads: false, signal })) {
    if (event.metadata[EVENT_KIND] === 'lane') continue;
    await client.deleteEvent({ actorId, sessionId, eventId: event.eventId, signal });
    found += 1;
  }
  for await (const { recordId } of client.listRecords({
    namespacePath: filled(RECORD_NAMESPACES.summary, actorId, sessionId),
    signal,
  })) {
    await client.deleteRecord({ recordId, signal });
    found += 1;
  }
  return found;
}
