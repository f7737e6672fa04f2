import { claimId } from '../chat/keys.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { CLAIM_TTL_S, TURN_RETENTION_S } from './lanes.ts';
import { DROP, OPEN, PAUSE, RESUME, STOP } from './lua-changes.ts';
import { parseTurn, type StopReason, type TurnRecord } from './turn.ts';

/** So many open turns are looked at; beyond that an operator has other worries than a complete list. */
const LIST_LIMIT = 1_000;

export interface Pause {
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds, Redis clock. */
  readonly since: number;
}

/**
 * stopping   a worker has it, or had it, and ends it visibly
 * cancelled  it had not begun, and will not
 * posting    too late: the whole answer is being shown
 * ended      it is over already
 * none       there is no such turn
 */
export type StopOutcome = 'stopping' | 'cancelled' | 'posting' | 'ended' | 'none';

export interface Stopped {
  readonly outcome: StopOutcome;
  readonly turnId: string;
  /** Others of the lane that were cancelled with it. */
  readonly cancelled: number;
  /** Others of the lane that still wait. */
  readonly waiting: number;
}

export interface StopRequest {
  readonly reason: StopReason;
  /** Who wants it, for the record. */
  readonly by: string;
  /** Also what waits behind it. */
  readonly all?: boolean;
  /** Names this wish: however often it is delivered, it stops what it stopped the first time, and nothing after it. */
  readonly claim?: string;
}

export interface ListedTurn {
  readonly id: string;
  readonly state: string;
  readonly reason: string | undefined;
  /** Undefined for a record that cannot be read. */
  readonly record: TurnRecord | undefined;
}

export type Operator = ReturnType<typeof createOperator>;

/** What is done to turns from outside: stop, list, drop; and to all of them: pause and resume. */
export function createOperator(redis: Connection, keyPrefix: string) {
  const script = (source: string) => defineScript(source, keyPrefix);
  const [stop, pause, resume, open, drop] = [
    script(STOP),
    script(PAUSE),
    script(RESUME),
    script(OPEN),
    script(DROP),
  ] as const;

  async function stopIn(
    turnId: string,
    lanes: readonly string[],
    request: StopRequest,
  ): Promise<Stopped[] | undefined> {
    const { reason, by, all = false, claim } = request;
    const wish = claim === undefined ? '' : claimId(claim);
    const args = [reason, by, all ? 1 : 0, TURN_RETENTION_S, wish, CLAIM_TTL_S, turnId, ...lanes];
    const answer = (await stop(redis, args)) as (string | number)[] | null;
    if (!answer) return undefined;
    const stopped: Stopped[] = [];
    for (let i = 0; i < answer.length; i += 4) {
      const [outcome, turn, cancelled, waiting] = answer.slice(i) as [StopOutcome, string, number, number];
      stopped.push({ outcome, turnId: turn, cancelled, waiting });
    }
    return stopped;
  }

  /** Those that are still kept; one that cannot be read is listed all the same. */
  async function read(turnIds: readonly string[]): Promise<ListedTurn[]> {
    const pipeline = redis.pipeline();
    for (const id of turnIds) pipeline.hgetall(`${keyPrefix}:turn:${id}`);
    const records = (await pipeline.exec()) ?? [];
    return records.flatMap(([error, fields], i): ListedTurn[] => {
      if (error) throw error;
      const record = fields as Record<string, string>;
      const id = turnIds[i] ?? '';
      return record.state === undefined ? [] : [listed(id, record)];
    });
  }

  const openTurns = async (): Promise<ListedTurn[]> => read((await open(redis, [LIST_LIMIT])) as string[]);

  return {
    async stopTurn(turnId: string, request: Omit<StopRequest, 'claim'>): Promise<Stopped> {
      return (
        (await stopIn(turnId, [], request))?.[0] ?? { outcome: 'none', turnId, cancelled: 0, waiting: 0 }
      );
    },
    /**
     * Stops what each of these lanes is at, or what it would begin with, all in one step. Undefined: this wish was
     * heard before.
     */
    stopLanes: (lanes: readonly string[], request: StopRequest) => stopIn('', lanes, request),

    openTurns,
    /** The open turns of one lane, in order. */
    async openTurnsIn(lane: string): Promise<TurnRecord[]> {
      const turns = await read(await redis.lrange(`${keyPrefix}:lane:${lane}`, 0, -1));
      return turns.flatMap(({ record }) => record ?? []);
    },
    /** The open turns of one person, wherever they asked, as far as `openTurns` reaches. */
    async openTurnsOf(sender: Sender): Promise<TurnRecord[]> {
      const isTheirs = ({ message }: TurnRecord) =>
        message.sender.id === sender.id && message.sender.tenant === sender.tenant;
      return (await openTurns()).flatMap(({ record }) => (record && isTheirs(record) ? [record] : []));
    },
    /** Turns that did not end well, the newest first. */
    async deadTurns(limit: number): Promise<ListedTurn[]> {
      return read(await redis.zrevrange(`${keyPrefix}:dead`, 0, limit - 1));
    },
    async show(turnId: string): Promise<ListedTurn | undefined> {
      return (await read([turnId]))[0];
    },
    /** Forgets a turn that did not end well. False: it is not among them. */
    drop: async (turnId: string): Promise<boolean> => (await drop(redis, [turnId])) === 1,

    /** False: it was paused already. */
    pause: async (by: string, reason: string): Promise<boolean> => (await pause(redis, [by, reason])) === 1,
    /** How many lanes were waiting for it; undefined when intake was not paused. */
    async resume(): Promise<number | undefined> {
      const waiting = Number(await resume(redis, []));
      return waiting < 0 ? undefined : waiting;
    },
    async paused(): Promise<Pause | undefined> {
      const { by = '', reason = '', at } = await redis.hgetall(`${keyPrefix}:paused`);
      return at === undefined ? undefined : { by, reason, since: Number(at) };
    },
  };
}

function listed(id: string, fields: Readonly<Record<string, string>>): ListedTurn {
  const { state = '', reason } = fields;
  try {
    return { id, state, reason, record: parseTurn(id, fields) };
  } catch {
    // Of another version, or not ours: the list says so by the missing record.
    return { id, state, reason, record: undefined };
  }
}
