import { createHash, randomUUID } from 'node:crypto';
import { awsError } from '../aws-error.ts';
import { jsonAnswer } from '../json-shape.ts';
import { findActive, type MemoryContext, type Operations } from './context.ts';
import { saidIn } from './extraction.ts';
import { checkFilters, eventFits } from './filters.ts';
import {
  type CreateEvent,
  createEvent,
  invalidInput,
  listActors,
  listEvents,
  listSessions,
  oneEvent,
  readModel,
} from './model.ts';
import { pageOf } from './pages.ts';
import { isNewer, type MemoryState, type StoredEvent, type StoredSession } from './store.ts';

const DAY_MS = 86_400_000;

/** Short-term memory: events, sessions, actors. */
export function createEventOperations(ctx: MemoryContext): Operations {
  const { store, gate, quotas, now } = ctx;
  const reading = (operation: string) => gate.pass([[operation, quotas.readsPerOperation]]);
  const isVisible = (ms: number) => ms + ctx.visibleAfterMs <= now();

  function existing(input: unknown): { state: MemoryState; session: StoredSession; event: StoredEvent } {
    const wanted = readModel(input, oneEvent);
    const state = findActive(ctx, wanted.memoryId);
    const session = store.session(state, wanted.actorId, wanted.sessionId);
    const event = session?.events.find(({ eventId }) => eventId === wanted.eventId);
    if (session && event) return { state, session, event };
    throw awsError(404, 'ResourceNotFoundException', 'Event not found');
  }

  /** The event that the same token made, if any; of a deleted one what is left of it. */
  function repeated(state: MemoryState, token: string | undefined) {
    const known = token === undefined ? undefined : state.tokens.get(token);
    if (token === undefined || !known) return undefined;
    // It may have expired meanwhile.
    store.session(state, known.actorId, known.sessionId);
    return state.tokens.get(token);
  }

  return {
    CreateEvent(input) {
      const wanted = readModel(input, createEvent);
      const state = findActive(ctx, wanted.memoryId);
      const { actorId, sessionId = randomUUID(), eventTimestamp, payload, branch, metadata } = wanted;
      const { clientToken, extractionMode, extractionConfig } = wanted;
      const { id, eventExpiryDuration, strategies } = state.details;
      gate.pass([
        ['CreateEvent', quotas.createEventPerAccount],
        [JSON.stringify(['CreateEvent', id, actorId, sessionId]), quotas.createEventPerSession],
      ]);
      const event = { actorId, sessionId, eventTimestamp, payload, branch, metadata };
      const known = repeated(state, clientToken);
      if (known) {
        const told = known.spent ? { ...event, eventId: known.eventId } : known;
        return jsonAnswer(201, { event: tell(id, told) });
      }
      checkBranch(state, event);
      const skipped = extractionMode === 'SKIP';
      const extracts = !skipped && strategies.length > 0 && saidIn(payload).length > 0;
      const at = now();
      const made: StoredEvent = {
        ...event,
        eventId: eventIdOf(eventTimestamp, [id, actorId, sessionId, clientToken ?? randomUUID()]),
        clientToken,
        namespaceVariables: extractionConfig?.namespaceVariables,
        skipped,
        arrivedMs: at,
        expiresMs: at + eventExpiryDuration * DAY_MS,
        extractMs: extracts ? at + ctx.extractionDelayMs : undefined,
      };
      store.addEvent(state, made);
      return jsonAnswer(201, { event: tell(id, made) });
    },

    GetEvent(input) {
      const { state, event } = existing(input);
      return jsonAnswer(200, { event: tell(state.details.id, event) });
    },

    DeleteEvent(input) {
      const { state, session, event } = existing(input);
      store.removeEvents(state, session, (each) => each === event);
      return jsonAnswer(200, { eventId: event.eventId });
    },

    ListEvents(input) {
      const { memoryId, actorId, sessionId, filter, includePayloads, maxResults, nextToken } = readModel(
        input,
        listEvents,
      );
      const state = findActive(ctx, memoryId);
      checkFilters(filter?.eventMetadata);
      reading('ListEvents');
      const events = store.session(state, actorId, sessionId)?.events ?? [];
      const wanted = (filter?.branch ? ofBranch(events, filter.branch) : events).filter(
        (event) => isVisible(event.arrivedMs) && eventFits(event.metadata, filter?.eventMetadata),
      );
      const page = pageOf(wanted, {
        size: maxResults,
        token: nextToken,
        list: ['ListEvents', state.details.id, actorId, sessionId, filter ?? {}],
        keyOf: ({ eventTimestamp, eventId }) => JSON.stringify({ eventTimestamp, eventId }),
        isBehind: (event, key) => isNewer(JSON.parse(key) as StoredEvent, event),
      });
      const told = page.items.map((event) => ({
        ...tell(state.details.id, event),
        ...(includePayloads ? {} : { payload: [] }),
      }));
      return jsonAnswer(200, { events: told, nextToken: page.nextToken });
    },

    ListSessions(input) {
      const { memoryId, actorId, filter, maxResults, nextToken } = readModel(input, listSessions);
      const state = findActive(ctx, memoryId);
      reading('ListSessions');
      const sessions = store
        .sessions(state, actorId)
        .filter(({ createdMs }) => isVisible(createdMs))
        .filter(({ events }) => filter?.eventFilter === undefined || events.length > 0)
        .toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
      const page = pageOf(sessions, {
        size: maxResults,
        token: nextToken,
        list: ['ListSessions', state.details.id, actorId, filter ?? {}],
        keyOf: (session) => session.sessionId,
        isBehind: (session, key) => session.sessionId > key,
      });
      const sessionSummaries = page.items.map(({ sessionId, createdMs }) => ({
        sessionId,
        actorId,
        createdAt: createdMs / 1_000,
      }));
      return jsonAnswer(200, { sessionSummaries, nextToken: page.nextToken });
    },

    ListActors(input) {
      const { memoryId, maxResults, nextToken } = readModel(input, listActors);
      const state = findActive(ctx, memoryId);
      reading('ListActors');
      const actors = [...state.actors.keys()]
        .filter((actorId) => store.sessions(state, actorId).some(({ createdMs }) => isVisible(createdMs)))
        .toSorted();
      const page = pageOf(actors, {
        size: maxResults,
        token: nextToken,
        list: ['ListActors', state.details.id],
        keyOf: (actorId) => actorId,
        isBehind: (actorId, key) => actorId > key,
      });
      const actorSummaries = page.items.map((actorId) => ({ actorId }));
      return jsonAnswer(200, { actorSummaries, nextToken: page.nextToken });
    },
  };
}

type Told = Pick<
  StoredEvent,
  'actorId' | 'sessionId' | 'eventId' | 'eventTimestamp' | 'payload' | 'branch' | 'metadata'
>;

function tell(memoryId: string, event: Told): object {
  const { actorId, sessionId, eventId, eventTimestamp, payload, branch, metadata } = event;
  return { memoryId, actorId, sessionId, eventId, eventTimestamp, payload, branch, metadata };
}

/** The writer's milliseconds, then what tells events of the same millisecond apart, in no order that anybody could rely on. */
function eventIdOf(eventTimestamp: number, parts: readonly string[]): string {
  const suffix = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  return `${String(Math.max(0, Math.round(eventTimestamp * 1_000))).padStart(16, '0')}#${suffix}`;
}

/** A branch begins at an event of the same session. */
function checkBranch(
  state: MemoryState,
  event: Pick<CreateEvent, 'actorId' | 'branch'> & { sessionId: string },
) {
  const { branch, actorId, sessionId } = event;
  if (branch === undefined || branch.name === MAIN) return;
  const sessions = state.actors.get(actorId);
  const events = sessions?.get(sessionId)?.events ?? [];
  if (branch.rootEventId === undefined) {
    if (events.some((each) => each.branch?.name === branch.name)) return;
    throw invalidInput(`Branch ${branch.name} does not exist; its first event needs a rootEventId`);
  }
  const isRoot = ({ eventId }: StoredEvent) => eventId === branch.rootEventId;
  if (events.some(isRoot)) return;
  if ([...(sessions?.values() ?? [])].some((session) => session.events.some(isRoot))) {
    throw awsError(400, 'ValidationException', 'The root event is in another session', {
      reason: 'EventInOtherSession',
    });
  }
  throw invalidInput('The root event of the branch does not exist');
}

/** Events outside every branch. */
const MAIN = 'main';

/** With parents: also what was said before the branch began, up to its root. `events` are newest first. */
function ofBranch(
  events: readonly StoredEvent[],
  wanted: { readonly name: string; readonly includeParentBranches: boolean },
): StoredEvent[] {
  const kept = new Set<StoredEvent>();
  const seen = new Set<string>();
  let upTo: StoredEvent | undefined;
  let name = wanted.name;
  while (!seen.has(name)) {
    seen.add(name);
    const own = events.filter((event) => (event.branch?.name ?? MAIN) === name);
    for (const event of own) if (upTo === undefined || !isNewer(event, upTo)) kept.add(event);
    const rootId = own.findLast((event) => event.branch?.rootEventId !== undefined)?.branch?.rootEventId;
    const root = events.find(({ eventId }) => eventId === rootId);
    if (!wanted.includeParentBranches || !root) break;
    upTo = root;
    name = root.branch?.name ?? MAIN;
  }
  return events.filter((event) => kept.has(event));
}
