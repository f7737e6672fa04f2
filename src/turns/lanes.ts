import { claimId, laneId, threadId } from '../chat/keys.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { ACCEPT, CLAIM, DEPTH, FINISH, NOTE, RELEASE, RENEW, SWEEP } from './lua.ts';
import {
  type ClaimedTurn,
  type PostedPart,
  pairs,
  parseTurn,
  type TurnEnd,
  type TurnRecord,
} from './turn.ts';

/** A worker's hold on a lane ends this long after its last renewal. */
export const LEASE_MS = 3_000;
/** No chat call lasts longer; a successor keeps quiet for this long after a lease ran out. */
export const CHAT_CALL_TIMEOUT_MS = 5_000;
/** A ready lane that no worker took within this time gets another wake. */
const OVERLOOKED_MS = 1_000;
const SWEEP_BATCH = 200;
const DAY_S = 86_400;
/** Slack redelivers within about six minutes; a day and a bit covers manual redelivery too. */
const CLAIM_TTL_S = 26 * 3_600;
/** A thread the bot takes part in is known for this long after its last question. */
const THREAD_TTL_S = 90 * DAY_S;
/** An ended turn can be retried for this long. */
export const TURN_RETENTION_S = 7 * DAY_S;
const LANE_LIMIT = 100;
const UNREADABLE = 'its record cannot be read';

export type Acceptance =
  | { readonly outcome: 'accepted'; readonly turnId: string; readonly place: number; readonly wake: boolean }
  | { readonly outcome: 'duplicate'; readonly turnId: string }
  /** A follow-up in a thread where the bot takes no part. */
  | { readonly outcome: 'unaddressed' }
  /** Too many unanswered questions of this person in this thread. */
  | { readonly outcome: 'full' };

export interface Held {
  readonly lane: string;
  readonly fence: string;
}

export interface TurnNotes {
  readonly posted?: readonly PostedPart[];
  readonly sawWrite?: true;
  readonly invoked?: true;
}

export interface Depth {
  readonly readyLanes: number;
  readonly activeLanes: number;
  /** Turns by state: `queued` and `running` now, the ended ones since Redis began. */
  readonly turns: Readonly<Record<string, number>>;
}

export type Lanes = ReturnType<typeof createLanes>;

/** The lanes in Redis. Every method is one round trip and one atomic script. */
export function createLanes(redis: Connection, keyPrefix: string, leaseMs = LEASE_MS) {
  const script = (source: string) => defineScript(source, keyPrefix);
  const [accept, claim, renew, note, finish, release, sweep, depth] = [
    script(ACCEPT),
    script(CLAIM),
    script(RENEW),
    script(NOTE),
    script(FINISH),
    script(RELEASE),
    script(SWEEP),
    script(DEPTH),
  ] as const;

  return {
    /** Claims the message, writes its turn, appends it to its lane and makes the lane ready: all or nothing. */
    async accept(turnId: string, message: InboundMessage): Promise<Acceptance> {
      const [outcome, id, place, wake] = (await accept(redis, [
        turnId,
        laneId(message.key, message.sender),
        message.key.tenant,
        threadId(message.key),
        message.addressed ? 0 : 1,
        JSON.stringify(message),
        CLAIM_TTL_S,
        THREAD_TTL_S,
        LANE_LIMIT,
        ...message.claims.map(claimId),
      ])) as [Acceptance['outcome'], string, number, number];
      if (outcome === 'accepted') return { outcome, turnId: id, place, wake: wake === 1 };
      if (outcome === 'duplicate') return { outcome, turnId: id };
      return { outcome };
    },

    /** Leases the next ready lane to `worker`, or answers undefined when there is none. */
    async claim(worker: string): Promise<ClaimedTurn | undefined> {
      const answer = (await claim(redis, [worker, leaseMs])) as readonly unknown[] | null;
      if (!answer) return undefined;
      const [lane, turnId, fence, generation, quietMs, ...fields] = answer;
      let record: TurnRecord;
      try {
        record = parseTurn(String(turnId), pairs(fields));
      } catch (error) {
        // A record of another version, or not ours: it would come back for ever and block what waits behind it.
        await finish(redis, [
          String(lane),
          String(fence),
          String(turnId),
          'failed',
          TURN_RETENTION_S,
          'reason',
          UNREADABLE,
        ]);
        throw new Error(`turn ${turnId} was ended: ${UNREADABLE}`, { cause: error });
      }
      return { ...record, fence: String(fence), generation: Number(generation), quietMs: Number(quietMs) };
    },

    /** Prolongs what this worker holds; answers the lanes it has lost. */
    async renew(held: readonly Held[]): Promise<string[]> {
      return (await renew(redis, [leaseMs, ...held.flatMap((h) => [h.lane, h.fence])])) as string[];
    },

    /** Adds to the turn record. False: the lane is lost, and nothing was written. */
    async note(turn: ClaimedTurn, notes: TurnNotes): Promise<boolean> {
      const fields = noteFields(notes);
      return (await note(redis, [turn.lane, turn.fence, turn.id, ...fields])) === 1;
    },

    /** Ends the turn and frees its lane. */
    async finish(
      turn: ClaimedTurn,
      end: TurnEnd,
      reason: string,
      notes: TurnNotes = {},
    ): Promise<{ held: boolean; wake: boolean }> {
      const answer = await finish(redis, [
        turn.lane,
        turn.fence,
        turn.id,
        end,
        TURN_RETENTION_S,
        'reason',
        reason,
        ...noteFields(notes),
      ]);
      const [held, wake] = answer as [number, number];
      return { held: held === 1, wake: wake === 1 };
    },

    /** Gives an unfinished turn back for another worker to go on with. True: a wake is needed. */
    async release(turn: ClaimedTurn): Promise<boolean> {
      return (await release(redis, [turn.lane, turn.fence])) === 1;
    },

    /** Frees the lanes of dead workers and counts the ready lanes that nobody took. */
    async sweep(): Promise<{ recovered: number; overlooked: number }> {
      const answer = await sweep(redis, [CHAT_CALL_TIMEOUT_MS, OVERLOOKED_MS, SWEEP_BATCH]);
      const [recovered, overlooked] = answer as [number, number];
      return { recovered, overlooked };
    },

    async depth(): Promise<Depth> {
      const [readyLanes, activeLanes, ...counts] = (await depth(redis, [])) as [number, number, ...string[]];
      const turns = Object.fromEntries(Object.entries(pairs(counts)).map(([state, n]) => [state, Number(n)]));
      return { readyLanes, activeLanes, turns };
    },

    /** The turn record, while it is kept. */
    async read(turnId: string): Promise<TurnRecord | undefined> {
      const fields = await redis.hgetall(`${keyPrefix}:turn:${turnId}`);
      return fields.message === undefined ? undefined : parseTurn(turnId, fields);
    },
  };
}

function noteFields(notes: TurnNotes): (string | number)[] {
  return [
    ...(notes.posted ? ['posted', JSON.stringify(notes.posted)] : []),
    ...(notes.sawWrite ? ['write', 1] : []),
    ...(notes.invoked ? ['invoked', 1] : []),
  ];
}
