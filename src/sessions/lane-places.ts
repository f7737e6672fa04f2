import { claimId } from '../chat/keys.ts';
import type { ConversationKey } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { directoryId } from './directory-id.ts';
import { BIND, LOAD_LANE, NEW_GENERATION, SET_NEXT } from './lua-changes.ts';
import { KEPT_S } from './session-entry.ts';
import { sessionId } from './session-id.ts';

/** Where a person's questions in a lane are answered. */
export interface LanePlace {
  /** How often `new` began a fresh session here. */
  readonly generation: number;
  /** The earlier session that `resume` bound the lane to. */
  readonly session?: string;
  /** Nobody has looked yet whether its session is in the directory. */
  readonly fresh?: true;
}

export type LanePlaces = ReturnType<typeof createLanePlaces>;

/** What `resume` and `new` leave for the next question is forgotten after so long. Seconds. */
const NEXT_S = 3_600;
/** A wish may be delivered again for so long. Seconds. */
const CLAIM_S = 26 * 3_600;

/**
 * The places of lanes, in `current:<lane>`: a field for each person who asked there, because a chat account may be linked
 * to one person after another. Of most there is nothing to say but that they are known: it is enough that the lane is
 * among those of the person. They are kept for as long as sessions are. A `claim` names a wish: heard before, it
 * changes nothing.
 */
export function createLanePlaces(redis: Connection, keyPrefix: string) {
  const bind = defineScript(BIND, keyPrefix);
  const newGeneration = defineScript(NEW_GENERATION, keyPrefix);
  const loadLane = defineScript(LOAD_LANE, keyPrefix);
  const setNext = defineScript(SET_NEXT, keyPrefix);
  const claimed = (claim: string | undefined) => [claim === undefined ? '' : claimId(claim), CLAIM_S];
  return {
    /** `resume`: the lane is answered in this session of the person; undefined: there is no such session. */
    async bind(
      actor: string,
      lane: string,
      session: string,
      claim?: string,
    ): Promise<LanePlace | 'heard' | undefined> {
      const answer = await bind(redis, [directoryId(actor), lane, session, KEPT_S, ...claimed(claim)]);
      if (answer === null) return undefined;
      return answer === 'heard' ? 'heard' : { generation: Number(answer), session };
    },

    /** `new`: a fresh session, whatever the lane was bound to. Look for a place that was lost first (`load`). */
    async newGeneration(actor: string, lane: string, claim?: string): Promise<LanePlace | 'heard'> {
      const answer = await newGeneration(redis, [directoryId(actor), lane, KEPT_S, ...claimed(claim)]);
      return answer === 'heard' ? 'heard' : { generation: Number(answer), fresh: true };
    },

    /** Undefined: nothing is known of it. It may be new, or lost: then Memory knows. */
    async placeOf(actor: string, lane: string): Promise<LanePlace | undefined> {
      const person = directoryId(actor);
      const [place, known] = await Promise.all([
        redis.hget(`${keyPrefix}:current:${lane}`, person),
        redis.zscore(`${keyPrefix}:lanes:${person}`, lane),
      ]);
      return readPlace(place ?? (known === null ? undefined : '0'));
    },

    /** Puts back what Redis has lost; false: it has a place. A binding to a session that is not there is left out. */
    load: (actor: string, lane: string, place: LanePlace) => load(directoryId(actor), lane, place),

    /** The same for who is known by the name of their directory only. */
    loadInto: load,

    /**
     * The next question of the person that is their first in its thread, in a conversation that is named by its lane
     * without a thread, is answered in this session: once, within an hour. Undefined: in one of its own, as ever. False: there is no such session.
     */
    async setNext(
      actor: string,
      conversation: string,
      session: string | undefined,
      claim?: string,
    ): Promise<boolean | 'heard'> {
      const wish = [directoryId(actor), conversation, session ?? '', NEXT_S, ...claimed(claim)];
      const answer = await setNext(redis, wish);
      return answer === 'heard' ? 'heard' : answer === 1;
    },

    /** What `setNext` has left there and nobody has taken. */
    async nextOf(actor: string, conversation: string): Promise<string | undefined> {
      const [who, session] = ((await redis.get(`${keyPrefix}:next:${conversation}`)) ?? '').split(' ');
      return who === directoryId(actor) ? session : undefined;
    },
  };

  async function load(
    person: string,
    lane: string,
    { generation, session = '' }: LanePlace,
  ): Promise<boolean> {
    return (await loadLane(redis, [person, lane, generation, session, KEPT_S])) === 1;
  }
}

/** The person's place among the fields of `current:<lane>`, for whoever has read them already. Pure. */
export const placeAmong = (fields: Readonly<Record<string, string>>, actor: string): LanePlace | undefined =>
  readPlace(fields[directoryId(actor)]);

/** The session that answers in a place. Pure. */
export const sessionIn = (key: ConversationKey, actor: string, place: LanePlace | undefined): string =>
  place?.session ?? sessionId(key, actor, place?.generation ?? 0);

function readPlace(text: string | undefined): LanePlace | undefined {
  const [, generation, fresh, session] = /^(\d+)(\+)?(?: (\S+))?$/.exec(text ?? '') ?? [];
  if (generation === undefined) return undefined;
  return {
    generation: Number(generation),
    ...(session === undefined ? {} : { session }),
    ...(fresh === undefined ? {} : { fresh: true }),
  };
}
