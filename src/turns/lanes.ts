import { claimId, laneId, personId, threadId } from '../chat/keys.ts';
import { maskPersonalData } from '../chat/personal-data.ts';
import type { ConversationKey, InboundMessage, Sender } from '../chat/vocabulary.ts';
import type { Seen } from '../identity/identity.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { FailureCode } from './failure-policy.ts';
import { ACCEPT, CLAIM, DEPTH, FINISH, NOTE, POST, RELEASE, RENEW, SWEEP } from './lua.ts';
import { PARK, UNPARK } from './lua-parking.ts';
import type { TurnEnd } from './states.ts';
import {
  type ClaimedTurn,
  type Outcome,
  originOf,
  type PostedPart,
  pairs,
  parseTurn,
  readStop,
  type StopReason,
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
export const CLAIM_TTL_S = 26 * 3_600;
/** A thread the bot takes part in is known for this long after its last question. */
const THREAD_TTL_S = 90 * DAY_S;
/** An ended turn can be retried for this long. */
export const TURN_RETENTION_S = 7 * DAY_S;
const LANE_LIMIT = 100;
/** What `thread:<id>` says when somebody has written there since its last question, who did not ask one. */
const THREAD_OF_OTHERS = '0';
/** Of the turns that did not end well, so many are listed for the operator. */
const DEAD_LIMIT = 10_000;
const QUOTA_PERIOD_MS = 3_600_000;
/** A longer outcome is not put on record: a successor asks the agent for it again. Characters. */
const OUTCOME_LIMIT = 200_000;

export interface LaneSettings {
  readonly leaseMs: number;
  /**
   * What a new question does to earlier ones of the same person in the same thread. queue: it waits its turn. latest:
   * those that wait are set aside. interrupt: that, and the one being answered is stopped.
   */
  readonly policy: 'queue' | 'latest' | 'interrupt';
  /** Questions an hour; 0 = no limit. */
  readonly personPerHour: number;
  readonly tenantPerHour: number;
  /** Turns of one tenant that run at a time, in all workers; 0 = no limit. */
  readonly tenantAtOnce: number;
}

export const LANE_DEFAULTS: LaneSettings = {
  leaseMs: LEASE_MS,
  policy: 'queue',
  personPerHour: 0,
  tenantPerHour: 0,
  tenantAtOnce: 0,
};

export type Acceptance =
  | {
      readonly outcome: 'accepted';
      readonly turnId: string;
      readonly place: number;
      readonly wake: boolean;
      /** It is kept, and begun when an operator resumes intake. */
      readonly paused?: true;
      /** So many earlier questions that waited were set aside for it. */
      readonly superseded?: number;
    }
  | { readonly outcome: 'duplicate'; readonly turnId: string }
  /** A follow-up in a thread where the bot takes no part. */
  | { readonly outcome: 'unaddressed' }
  /** Too many unanswered questions of this person in this thread. */
  | { readonly outcome: 'full' }
  /** This person, or their tenant, has asked all that they may for now. */
  | { readonly outcome: 'quota'; readonly whose: 'person' | 'tenant'; readonly waitMs: number };

export interface Renewal {
  readonly lost: readonly string[];
  /** Lanes whose turn somebody wants to end. */
  readonly stops: ReadonlyMap<string, StopReason>;
}

export interface Parking {
  /** False: the lane is lost, and nothing was written. */
  readonly held: boolean;
  /** False: what was seen has changed; look again. */
  readonly aside: boolean;
  readonly wake: boolean;
}

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
  /** An operator has paused intake. */
  readonly paused: boolean;
  /** Turns by state: the open ones now, the ended ones since Redis began. */
  readonly turns: Readonly<Record<string, number>>;
}

/** A turn whose record is not ours, or of another version. */
export class RecordUnreadable extends Error {
  constructor(turnId: string, cause: unknown) {
    super(`turn ${turnId} was ended: its record cannot be read`, { cause });
    this.name = 'RecordUnreadable';
  }
}

export type Lanes = ReturnType<typeof createLanes>;

/** The lanes in Redis. Every method is one round trip and one atomic script. */
export function createLanes(redis: Connection, keyPrefix: string, settings: Partial<LaneSettings> = {}) {
  const { leaseMs, policy, personPerHour, tenantPerHour, tenantAtOnce } = { ...LANE_DEFAULTS, ...settings };
  const script = (source: string) => defineScript(source, keyPrefix);
  const [accept, claim, renew, note, post, finish, release, park, unpark, sweep, depth] = [
    script(ACCEPT),
    script(CLAIM),
    script(RENEW),
    script(NOTE),
    script(POST),
    script(FINISH),
    script(RELEASE),
    script(PARK),
    script(UNPARK),
    script(SWEEP),
    script(DEPTH),
  ] as const;

  return {
    /**
     * Claims the message, writes its turn, appends it to its lane and makes the lane ready: all or nothing.
     * `again`: a question that is asked once more sets nothing aside, whatever the policy.
     */
    async accept(turnId: string, message: InboundMessage, again = false): Promise<Acceptance> {
      const answer = (await accept(redis, [
        turnId,
        laneId(message.key, message.sender),
        message.key.tenant,
        threadId(message.key),
        message.addressed ? 0 : 1,
        JSON.stringify(message),
        CLAIM_TTL_S,
        THREAD_TTL_S,
        TURN_RETENTION_S,
        LANE_LIMIT,
        again ? 'queue' : policy,
        personId(message.sender),
        personPerHour,
        tenantPerHour,
        QUOTA_PERIOD_MS,
        tenantAtOnce,
        message.kind === 'direct' || message.messageId === message.key.thread ? 0 : 1,
        ...message.claims.map(claimId),
      ])) as [Acceptance['outcome'], ...unknown[]];
      return readAcceptance(answer);
    },

    /**
     * Leases the next ready lane to `worker`, or answers undefined when there is none, or while intake is paused.
     *
     * @throws RecordUnreadable: that turn is ended as failed; there may be more to claim.
     */
    async claim(worker: string): Promise<ClaimedTurn | undefined> {
      const answer = (await claim(redis, [worker, leaseMs, tenantAtOnce])) as readonly unknown[] | null;
      if (!answer) return undefined;
      const [lane, turnId, fence, quietMs, era, ...fields] = answer;
      const held = { lane: String(lane), fence: String(fence), id: String(turnId) };
      let record: TurnRecord;
      try {
        record = parseTurn(held.id, pairs(fields));
      } catch (error) {
        // A record of another version, or not ours: it would come back for ever and block what waits behind it.
        await end(held, 'failed', 'record_unreadable' satisfies FailureCode, '');
        throw new RecordUnreadable(held.id, error);
      }
      return {
        ...record,
        fence: held.fence,
        quietMs: Number(quietMs),
        ...(era === '' ? {} : { era: String(era) }),
      };
    },

    /** Whether somebody has asked something in this thread. */
    takesPart: async (key: ConversationKey): Promise<boolean> =>
      (await redis.exists(`${keyPrefix}:thread:${threadId(key)}`)) === 1,

    /** Somebody wrote in this thread what is no question. Of threads in which nobody has asked anything nothing is kept. */
    async othersWrote(key: ConversationKey): Promise<void> {
      await redis.set(`${keyPrefix}:thread:${threadId(key)}`, THREAD_OF_OTHERS, 'KEEPTTL', 'XX');
    },

    /** Prolongs what this worker holds; answers the lanes it has lost, and those whose turn shall end. */
    async renew(held: readonly Held[]): Promise<Renewal> {
      const args = [leaseMs, ...held.flatMap((h) => [h.lane, h.fence])];
      const [lost, stops] = (await renew(redis, args)) as [string[], string[]];
      const wanted = Object.entries(pairs(stops)).flatMap(([lane, text]) => {
        const reason = readStop(text);
        return reason ? [[lane, reason] as const] : [];
      });
      return { lost, stops: new Map(wanted) };
    },

    /** Adds to the turn record. False: the lane is lost, and nothing was written. */
    async note(turn: ClaimedTurn, notes: TurnNotes): Promise<boolean> {
      const fields = noteFields(notes);
      return (await note(redis, [turn.lane, turn.fence, turn.id, ...fields])) === 1;
    },

    /**
     * Puts on record how the turn ends, before that is shown, and for which session it counts. False: the lane is lost,
     * and nothing was written.
     */
    async post(turn: ClaimedTurn, outcome: Outcome, listed = ''): Promise<boolean> {
      const reason = maskedReason(outcome.reason);
      const text = outcome.view.files?.length ? undefined : JSON.stringify({ ...outcome, reason });
      const fields = [
        ...(text === undefined || text.length > OUTCOME_LIMIT ? [] : ['outcome', text]),
        ...(listed === '' ? [] : ['session', listed]),
      ];
      return (await post(redis, [turn.lane, turn.fence, turn.id, ...fields])) === 1;
    },

    /**
     * Ends the turn and frees its lane. The words of a question that was answered or withheld are not kept any longer. `listed` names
     * the session that the turn is counted for; empty: as on record.
     */
    finish: (turn: ClaimedTurn, state: TurnEnd, reason: string, listed = '') =>
      end(turn, state, reason, listed, keptOf(turn, state, reason)),

    /** Gives an unfinished turn back for another worker to go on with. True: a wake is needed. */
    async release(turn: ClaimedTurn): Promise<boolean> {
      return (await release(redis, [turn.lane, turn.fence, tenantAtOnce])) === 1;
    },

    /**
     * Sets a turn aside with its lane, until its author has signed in (`unpark`), asks anew, or `waitMs` are over; not
     * when what was `seen` is another by now.
     */
    async park(turn: ClaimedTurn, seen: Seen, waitMs: number): Promise<Parking> {
      const { sender } = turn.message;
      const { record, field, value } = seen;
      const args = [
        turn.lane,
        turn.fence,
        turn.id,
        personId(sender),
        record,
        field,
        value,
        waitMs,
        tenantAtOnce,
      ];
      const [held, aside, wake] = (await park(redis, args)) as [number, number, number];
      return { held: held === 1, aside: aside === 1, wake: wake === 1 };
    },

    /** Puts back what was set aside for a sign-in of this person. Answers how many wakes are needed. */
    async unpark(sender: Sender): Promise<number> {
      return (await unpark(redis, [personId(sender), tenantAtOnce])) as number;
    },

    /** Frees the lanes of dead workers and counts the ready lanes that nobody took. Tells of the slots of the caller. */
    async sweep(worker?: {
      readonly name: string;
      readonly slots: number;
    }): Promise<{ recovered: number; overlooked: number }> {
      const limits = [CHAT_CALL_TIMEOUT_MS, OVERLOOKED_MS, SWEEP_BATCH, tenantAtOnce];
      const answer = await sweep(redis, [...limits, ...(worker ? [worker.name, worker.slots] : [])]);
      const [recovered, overlooked] = answer as [number, number];
      return { recovered, overlooked };
    },

    async depth(): Promise<Depth> {
      const answer = (await depth(redis, [])) as [number, number, number, ...string[]];
      const [readyLanes, activeLanes, paused, ...counts] = answer;
      const turns = Object.fromEntries(Object.entries(pairs(counts)).map(([state, n]) => [state, Number(n)]));
      return { readyLanes, activeLanes, paused: paused === 1, turns };
    },

    /** The turn record, while it is kept. */
    async read(turnId: string): Promise<TurnRecord | undefined> {
      const fields = await redis.hgetall(`${keyPrefix}:turn:${turnId}`);
      return fields.state === undefined ? undefined : parseTurn(turnId, fields);
    },
  };

  async function end(
    turn: Held & { readonly id: string },
    state: TurnEnd,
    reason: string,
    listed: string,
    fields: readonly (string | number)[] = [],
  ): Promise<{ held: boolean; wake: boolean }> {
    const args = [turn.lane, turn.fence, turn.id, state, TURN_RETENTION_S, DEAD_LIMIT, tenantAtOnce, listed];
    const fixed = ['reason', maskedReason(reason)];
    const [held, wake] = (await finish(redis, [...args, ...fixed, ...fields])) as [number, number];
    return { held: held === 1, wake: wake === 1 };
  }
}

/** Parts of it may come from the agent, or be the words of a service that failed. */
const maskedReason = maskPersonalData;

const WITHHELD_QUESTION: FailureCode = 'question_blocked';

/** What was answered, or withheld from the agent, is not asked again: who asked and where is enough. */
function keptOf({ message }: ClaimedTurn, state: TurnEnd, reason: string): string[] {
  if (state === 'done') return originOf(message);
  if (state !== 'blocked' || !reason.startsWith(WITHHELD_QUESTION)) return [];
  // In which language to say why.
  return [...originOf(message), ...(message.locale === undefined ? [] : ['locale', message.locale])];
}

function readAcceptance([outcome, first, second, wake, paused, superseded]: readonly unknown[]): Acceptance {
  switch (outcome as Acceptance['outcome']) {
    case 'accepted':
      return {
        outcome: 'accepted',
        turnId: String(first),
        place: Number(second),
        wake: wake === 1,
        ...(paused === 1 ? { paused: true } : {}),
        ...(Number(superseded) > 0 ? { superseded: Number(superseded) } : {}),
      };
    case 'duplicate':
      return { outcome: 'duplicate', turnId: String(first) };
    case 'quota':
      return { outcome: 'quota', whose: first === 'person' ? 'person' : 'tenant', waitMs: Number(second) };
    case 'unaddressed':
      return { outcome: 'unaddressed' };
    case 'full':
      return { outcome: 'full' };
    default:
      throw new Error(`the accept script answered ${String(outcome)}`);
  }
}

function noteFields(notes: TurnNotes): (string | number)[] {
  return [
    ...(notes.posted ? ['posted', JSON.stringify(notes.posted)] : []),
    ...(notes.sawWrite ? ['write', 1] : []),
    ...(notes.invoked ? ['invoked', 1] : []),
  ];
}
