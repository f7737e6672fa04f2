import { z } from 'zod';
import type { ConversationKey } from '../chat/vocabulary.ts';
import { EVENT_KIND } from '../contract/memory.ts';
import type { LanePlace } from './lane-places.ts';
import { LIMITS, type SessionEntry } from './session-entry.ts';
import { sessionId } from './session-id.ts';
import { cleanLine, cleanTag, cut } from './session-name.ts';

/** What Memory has to know, so that a lost Redis loses no name and no place. */
export type SessionChange =
  | {
      readonly kind: 'created';
      readonly session: string;
      readonly name: string;
      readonly number: number;
      readonly question: string;
      readonly origin: ConversationKey;
    }
  | { readonly kind: 'renamed'; readonly session: string; readonly name: string }
  | { readonly kind: 'tagged' | 'untagged'; readonly session: string; readonly tag: string }
  | { readonly kind: 'project'; readonly session: string; readonly project: string }
  | { readonly kind: 'archived' | 'restored'; readonly session: string }
  /** `new`, or `resume`, of this actor in this thread. */
  | {
      readonly kind: 'placed';
      readonly lane: string;
      readonly key: ConversationKey;
      readonly actor: string;
      readonly place: LanePlace;
    };

/** An event of Memory that is not talk: found by its metadata, told by its payload, which is JSON. */
export interface MemoryEvent {
  /** The session in Memory that it stands in. */
  readonly session: string;
  readonly metadata: Readonly<Record<typeof EVENT_KIND, 'session' | 'lane'>>;
  readonly payload: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const changeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('created'),
    name: z.string(),
    number: z.int().min(0).max(9_999_999),
    question: z.string(),
    origin: z.object({
      platform: z.enum(['slack', 'teams']),
      tenant: z.string(),
      conversation: z.string(),
      thread: z.string(),
    }),
  }),
  z.object({ kind: z.literal('renamed'), name: z.string() }),
  z.object({ kind: z.literal('tagged'), tag: z.string() }),
  z.object({ kind: z.literal('untagged'), tag: z.string() }),
  z.object({ kind: z.literal('project'), project: z.string() }),
  z.object({ kind: z.literal('archived') }),
  z.object({ kind: z.literal('restored') }),
  z.object({
    kind: z.literal('placed'),
    lane: z.string().regex(/^\w{1,64}$/),
    generation: z.int().min(0),
    session: z.string().optional(),
  }),
]);

/**
 * The events that tell Memory of a change. The place of a lane stands in the lane's first session, which can be named
 * without knowing the place. Pure.
 */
export function eventsFor(change: SessionChange, at: number): MemoryEvent[] {
  if (change.kind === 'placed') {
    const { kind, key, actor, lane, place } = change;
    const { generation, session: bound } = place;
    const payload = JSON.stringify({ kind, lane, generation, session: bound });
    return [{ session: sessionId(key, actor, 0), metadata: { [EVENT_KIND]: 'lane' }, payload, at }];
  }
  const { session, ...body } = change;
  const known = body.kind === 'created' ? { ...body, question: cut(body.question, LIMITS.question) } : body;
  return [{ session, metadata: { [EVENT_KIND]: 'session' }, payload: JSON.stringify(known), at }];
}

/** What the talk in a session tells besides: its user turns, and when the last one was. */
export interface Talk {
  readonly turns: number;
  readonly lastAt: number;
}

export type Restorable = SessionEntry & { readonly origin: ConversationKey };

export interface Rebuilt {
  /** Oldest first; a number of 0 is yet to be given. */
  readonly sessions: readonly Restorable[];
  readonly lanes: ReadonlyMap<string, LanePlace>;
  /** How many events nobody can read, or belong to no session that began. */
  readonly skipped: number;
}

/**
 * Makes the directory of one actor out of the events in the actor's sessions, in any order; of two changes of the same
 * moment the later in the list counts. Sessions without a turn since `idleBefore` are archived. Pure.
 */
export function rebuildFrom(
  events: readonly MemoryEvent[],
  talks: ReadonlyMap<string, Talk> = new Map(),
  idleBefore = 0,
): Rebuilt {
  const sessions = new Map<string, Draft>();
  const lanes = new Map<string, LanePlace>();
  let skipped = 0;
  // What began a session may have been written in the same moment as what came next.
  const sorted = events
    .map((event) => ({ event, change: read(event.payload) }))
    .toSorted((a, b) => a.event.at - b.event.at || order(a.change) - order(b.change));
  for (const { event, change } of sorted) {
    const { session, at } = event;
    if (change?.kind === 'placed') {
      const { lane, generation, session: bound } = change;
      lanes.set(lane, { generation, ...(bound === undefined ? {} : { session: bound }) });
    } else if (change?.kind === 'created') {
      if (!sessions.has(session)) sessions.set(session, begin(session, change, at));
    } else {
      const draft = sessions.get(session);
      if (!change || !draft) skipped += 1;
      else apply(draft, change, at);
    }
  }
  const entries = [...sessions.values()].map(({ tags, archivedAt, ...draft }) => {
    const talk = talks.get(draft.id);
    const lastAt = Math.max(draft.lastAt, talk?.lastAt ?? 0);
    // A question takes it back, and is no change of its own.
    const archived = (draft.archived && lastAt <= archivedAt) || lastAt < idleBefore;
    return { ...draft, turns: talk?.turns ?? 0, lastAt, archived, tags: [...tags].toSorted() };
  });
  const known = (place: LanePlace): LanePlace =>
    place.session !== undefined && sessions.has(place.session) ? place : { generation: place.generation };
  return {
    sessions: entries.toSorted((a, b) => a.createdAt - b.createdAt),
    lanes: new Map([...lanes].map(([lane, place]) => [lane, known(place)])),
    skipped,
  };
}

/** The place of a lane as Memory was told it last; undefined: never. It may be in a session that is gone. Pure. */
export function placeTold(events: readonly MemoryEvent[], lane: string): LanePlace | undefined {
  const sorted = events.toSorted((a, b) => b.at - a.at);
  for (const { payload } of sorted) {
    const change = read(payload);
    if (change?.kind !== 'placed' || change.lane !== lane) continue;
    const { generation, session } = change;
    return { generation, ...(session === undefined ? {} : { session }) };
  }
  return undefined;
}

type Change = z.infer<typeof changeSchema>;
type Draft = { -readonly [K in keyof Restorable]: K extends 'tags' ? Set<string> : Restorable[K] } & {
  archivedAt: number;
};

const order = (change: Change | undefined): number => (change?.kind === 'created' ? 0 : 1);

/** Undefined: another version wrote it, or somebody else. */
function read(payload: string): Change | undefined {
  let body: unknown;
  try {
    body = JSON.parse(payload);
  } catch {
    return undefined;
  }
  return changeSchema.safeParse(body).data;
}

function begin(id: string, change: Extract<Change, { kind: 'created' }>, at: number): Draft {
  return {
    id,
    number: change.number,
    name: cleanLine(change.name, LIMITS.name),
    tags: new Set(),
    project: '',
    createdAt: at,
    lastAt: at,
    turns: 0,
    question: cut(change.question, LIMITS.question),
    archived: false,
    archivedAt: 0,
    origin: change.origin,
  };
}

function apply(draft: Draft, change: Exclude<Change, { kind: 'created' | 'placed' }>, at: number): void {
  switch (change.kind) {
    case 'renamed':
      draft.name = cleanLine(change.name, LIMITS.name);
      return;
    case 'tagged':
      draft.tags.add(cleanTag(change.tag));
      return;
    case 'untagged':
      draft.tags.delete(cleanTag(change.tag));
      return;
    case 'project':
      draft.project = cleanLine(change.project, LIMITS.project);
      return;
    case 'archived':
      draft.archived = true;
      draft.archivedAt = at;
      return;
    case 'restored':
      draft.archived = false;
      // It counts as used.
      draft.lastAt = at;
      return;
    default:
      change satisfies never;
  }
}
