import { laneId } from '../chat/keys.ts';
import type { ConversationKey, InboundMessage } from '../chat/vocabulary.ts';
import { SealedError } from '../store/sealed-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Directory, Touched } from './directory.ts';
import { directoryId } from './directory-id.ts';
import type { KnownLanes, LanesOfEra } from './known-lanes.ts';
import { type LanePlace, type LanePlaces, placeAmong, sessionIn } from './lane-places.ts';
import { type MemoryEvent, placeTold, rebuildFrom, type SessionChange } from './memory-events.ts';
import { sessionId } from './session-id.ts';

/** What has to be known of a turn to say in which session it is answered. */
export interface AskedTurn {
  readonly id: string;
  readonly lane: string;
  readonly message: Pick<InboundMessage, 'key' | 'sender' | 'messageId' | 'text'>;
  /** Epoch milliseconds, Redis clock. */
  readonly receivedAt: number;
  /** The fields of `current:<lane>` as they were when a worker began with it. */
  readonly places: Readonly<Record<string, string>>;
  /** Of the first claim, with which `places` were read. Missing with any other (`createKnownLanes`). */
  readonly era?: string;
  /** What an earlier attempt has found out. */
  readonly listed?: string;
}

export interface AnsweredIn {
  readonly session: string;
  /** Names it to whoever counts the turn; empty: it is not listed. */
  readonly listed: string;
}

export interface AnsweringDeps {
  readonly directory: Pick<Directory, 'touch' | 'load'>;
  readonly places: Pick<LanePlaces, 'load' | 'placeOf'>;
  readonly lanes: KnownLanes;
  /** What Memory was told of a session of the actor, in any order. Undefined: no memory is configured. */
  readonly recall:
    | ((actor: string, session: string, signal: AbortSignal) => Promise<MemoryEvent[]>)
    | undefined;
  /** Tells Memory of a change, sooner or later. */
  readonly remember: (actor: string, change: SessionChange) => Promise<void>;
  /** How looking for a place that Redis may have lost went. */
  readonly observe: (outcome: 'found' | 'none' | 'failed') => void;
  readonly log: Logger;
}

export type Answering = ReturnType<typeof createAnswering>;

/** A person waits for an answer meanwhile. */
const RECALL_MS = 1_500;

/** Says in which session questions are answered, and lists those that begin. */
export function createAnswering(deps: AnsweringDeps) {
  const { directory, places, recall, log } = deps;

  async function tell(actor: string, change: SessionChange): Promise<void> {
    try {
      await deps.remember(actor, change);
    } catch (error) {
      log.error({ err: error, kind: change.kind }, 'Memory will not be told of a change to a session');
    }
  }

  /**
   * Puts back what Memory knows of the actor's place in a lane, and of the session there. Undefined: it knows nothing.
   * @throws what Memory says, or a `TimeoutError`.
   */
  async function restore(actor: string, key: ConversationKey, lane: string): Promise<LanePlace | undefined> {
    if (!recall) return undefined;
    const signal = AbortSignal.timeout(RECALL_MS);
    // The place of a lane stands in its first session, which can be named without knowing the place.
    const first = sessionId(key, actor, 0);
    const known = await recall(actor, first, signal);
    const place = placeTold(known, lane);
    const session = sessionIn(key, actor, place);
    const events = session === first ? known : await recall(actor, session, signal);
    const entry = rebuildFrom(events).sessions.find(({ id }) => id === session);
    deps.observe(place || entry ? 'found' : 'none');
    if (!place && !entry) return undefined;
    // Its questions are not counted here; at none, the next one would count as the one that began it.
    if (entry) await directory.load(actor, entry.question === '' ? entry : { ...entry, turns: 1 });
    await places.load(actor, lane, place ?? { generation: 0 });
    return places.placeOf(actor, lane);
  }

  /** The place where a worker began with a question and found no other one. Fresh: something was said since. */
  async function plainPlace(actor: string, lane: string, known: LanesOfEra): Promise<LanePlace | undefined> {
    if (known.has(actor, lane)) return { generation: 0 };
    const now = await places.placeOf(actor, lane);
    if (!now) return undefined;
    const same = now.generation === 0 && now.session === undefined && !now.fresh;
    if (!same) return { generation: 0, fresh: true };
    known.add(actor, lane);
    return now;
  }

  /** As `restore`; `failed` instead of throwing what Memory says. */
  async function restored(actor: string, key: ConversationKey, lane: string) {
    try {
      return await restore(actor, key, lane);
    } catch (error) {
      deps.observe('failed');
      log.warn({ err: error, lane }, 'Memory could not be asked for the place of a thread');
      return 'failed';
    }
  }

  const listedAs = (actor: string, session: string): AnsweredIn => ({
    session,
    listed: `${directoryId(actor)} ${session}`,
  });

  async function tellBeginning(
    actor: string,
    { message, lane }: AskedTurn,
    session: string,
    { name, number }: Touched,
  ): Promise<void> {
    const { key, text: question } = message;
    await tell(actor, { kind: 'created', session, name, number, question, origin: key });
    log.debug({ session, lane }, 'a session begins');
  }

  /** Lists the session in which the first question of a place is answered. */
  async function open(turn: AskedTurn, actor: string, place: LanePlace | undefined): Promise<string> {
    const { id, lane, message, receivedAt } = turn;
    const { key, sender, text: question } = message;
    const generation = place?.generation ?? 0;
    const session = sessionIn(key, actor, place);
    const begin = { lane, generation, origin: key, question, notedIn: `turn:${id}` };
    const touched = await directory.touch(actor, {
      ...begin,
      session,
      // Also in a thread that is there: it may have been opened by the `resume` itself.
      ...(place
        ? {}
        : { opens: { conversation: laneId({ ...key, thread: '' }, sender), askedAt: receivedAt } }),
    });
    const { instead } = touched;
    if (instead === undefined) {
      if (touched.created) await tellBeginning(actor, turn, session, touched);
      return session;
    }
    await tell(actor, { kind: 'placed', lane, key, actor, place: { generation, session: instead } });
    // It may have begun with a name, and without a question.
    await directory.touch(actor, { ...begin, session: instead });
    return instead;
  }

  /** A worker was lost over this turn: whatever it may not have told is told again. */
  async function tellAgain(turn: AskedTurn, actor: string, session: string): Promise<void> {
    const { lane, message } = turn;
    const { key, text: question } = message;
    const place = await places.placeOf(actor, lane);
    // `new` may have been said since.
    const generations = Array.from({ length: (place?.generation ?? 0) + 1 }, (_, i) => i);
    const generation = generations.find((one) => sessionId(key, actor, one) === session);
    if (generation !== undefined) {
      const touched = await directory.touch(actor, { session, lane, generation, origin: key, question });
      await tellBeginning(actor, turn, session, touched);
    } else if (place?.session === session) await tell(actor, { kind: 'placed', lane, key, actor, place });
  }

  return {
    /** The actor's place in a lane, also one that Redis has lost. */
    async placeIn(actor: string, key: ConversationKey, lane: string): Promise<LanePlace | undefined> {
      const place = await places.placeOf(actor, lane);
      if (place) return place;
      const found = await restored(actor, key, lane);
      return found === 'failed' ? undefined : found;
    },

    /**
     * The session of a turn. It stays the same however often the turn is taken up, whatever `new` and `resume` do
     * meanwhile. In a place that is known this costs a look at most, and mostly nothing. @throws what Redis says.
     */
    async sessionFor(turn: AskedTurn, actor: string): Promise<AnsweredIn> {
      const { key } = turn.message;
      const [person, listed] = turn.listed?.split(' ') ?? [];
      const found = person === directoryId(actor) ? listed : undefined;
      const known = deps.lanes.knownIn(turn.era);
      let place = placeAmong(turn.places, actor);
      try {
        if (found !== undefined) {
          await tellAgain(turn, actor, found);
          return listedAs(actor, found);
        }
        if (!place && !opensThread(turn)) place = await plainPlace(actor, turn.lane, known);
        if (place && !place.fresh) return listedAs(actor, sessionIn(key, actor, place));
        if (!place && !opensThread(turn)) {
          const answer = await restored(actor, key, turn.lane);
          // It is asked for again with the next question: what is listed now would hide it for good.
          if (answer === 'failed') return { session: sessionIn(key, actor, undefined), listed: '' };
          place = answer;
        }
        const session = await open(turn, actor, place);
        known.add(actor, turn.lane);
        return listedAs(actor, session);
      } catch (error) {
        if (!(error instanceof SealedError)) throw error;
        log.error(
          { code: error.code },
          'a session could not be listed; its question is answered all the same',
        );
        return { session: found ?? sessionIn(key, actor, place), listed: '' };
      }
    },
  };
}

/** A thread is named after the message that opened it; in Teams `…;messageid=` stands before that. */
const opensThread = ({ message: { key, messageId } }: AskedTurn): boolean =>
  key.thread === messageId || key.thread.endsWith(`=${messageId}`);
