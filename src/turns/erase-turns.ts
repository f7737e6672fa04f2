import { z } from 'zod';
import { personId } from '../chat/keys.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { keysLike } from '../store/scan.ts';
import { defineScript } from '../store/scripts.ts';
import { ERASE_FEEDBACK, ERASE_TURN } from './lua-erase.ts';
import type { Operator } from './operator.ts';
import { isEnd, TURN_STATES } from './states.ts';
import { parseSender, receivedAtOf } from './turn.ts';

/** A turn of a person, as far as any version of its record tells. */
export interface TurnOfPerson {
  readonly id: string;
  readonly open: boolean;
  /** Epoch milliseconds, Redis' clock. */
  readonly receivedAt: number;
  readonly fields: Readonly<Record<string, string>>;
}

export interface FeedbackOfPerson {
  readonly turnId: string;
  readonly value: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export type TurnEraser = ReturnType<typeof createTurnEraser>;

const fromMessage = z.object({ sender: z.object({ id: z.string(), tenant: z.string() }) });

/** In channels that companies share, feedback does not say of which company its author is. */
const NO_TENANT = 'unknown';

/**
 * Finds and takes away what turns leave of a person. There is no list of a person's turns, since only this would need
 * it: all records are looked at.
 */
export function createTurnEraser(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly operator: Pick<Operator, 'stopTurn'>;
}) {
  const { redis, keyPrefix, operator } = deps;
  const eraseTurn = defineScript(ERASE_TURN, keyPrefix);
  const eraseFeedback = defineScript(ERASE_FEEDBACK, keyPrefix);

  /** Records in batches, with the name behind `kind`. */
  async function* records(kind: string): AsyncGenerator<[name: string, fields: Record<string, string>]> {
    for await (const keys of keysLike(redis, keyPrefix, [`${kind}:`, ''])) {
      const pipeline = redis.pipeline();
      for (const key of keys) pipeline.hgetall(key);
      const answers = (await pipeline.exec()) ?? [];
      for (const [i, [error, fields]] of answers.entries()) {
        if (error) throw error;
        yield [(keys[i] ?? '').slice(keyPrefix.length + kind.length + 2), fields as Record<string, string>];
      }
    }
  }

  async function* turnsOf(people: readonly Sender[]): AsyncGenerator<TurnOfPerson> {
    for await (const [id, fields] of records('turn')) {
      const sender = senderOf(fields);
      if (!sender || !people.some(({ id: who, tenant }) => who === sender.id && tenant === sender.tenant))
        continue;
      const state = TURN_STATES.find((one) => one === fields.state);
      const open = state !== undefined && !isEnd(state);
      yield { id, open, receivedAt: receivedAtOf(fields), fields };
    }
  }

  const namesOf = (people: readonly Sender[]): string[] => [
    ...new Set(people.flatMap(({ tenant, id }) => [`${tenant}:${id}`, `${NO_TENANT}:${id}`])),
  ];

  return {
    turnsOf,

    /** What they said of answers. */
    async *feedbackOf(people: readonly Sender[]): AsyncGenerator<FeedbackOfPerson> {
      const names = namesOf(people);
      for await (const [turnId, fields] of records('feedback'))
        for (const name of names) {
          const value = fields[name];
          if (value === undefined) continue;
          yield { turnId, value, reason: fields[`${name}/reason`] ?? '', at: Number(fields[`${name}/at`]) };
        }
    },

    /** Asks what they had asked before a moment of Redis' clock to end. Answers how many turns have not ended yet. */
    async stop(people: readonly Sender[], before: number): Promise<number> {
      let open = 0;
      for await (const turn of turnsOf(people)) {
        if (!turn.open || turn.receivedAt >= before) continue;
        const { outcome } = await operator.stopTurn(turn.id, { reason: 'person', by: '' });
        if (outcome === 'stopping' || outcome === 'posting') open += 1;
      }
      return open;
    },

    /** Takes away the turns that they had asked before, with what else is kept of them. Answers how many there were. */
    async erase(people: readonly Sender[], before: number): Promise<number> {
      let gone = 0;
      for await (const { id } of turnsOf(people)) {
        const answer = Number(await eraseTurn(redis, [id, before]));
        if (answer < 0) throw new Error('a turn has not ended yet');
        gone += answer;
      }
      for (const person of people.map(personId)) {
        for await (const keys of keysLike(redis, keyPrefix, ['quota:', `:${person}`]))
          await redis.del(...keys);
      }
      return gone;
    },

    /** Takes away what they said of answers. Answers how often they had said something. */
    async eraseFeedback(people: readonly Sender[]): Promise<number> {
      const names = namesOf(people);
      let gone = 0;
      for await (const [turnId, fields] of records('feedback')) {
        if (!names.some((name) => name in fields)) continue;
        gone += Number(await eraseFeedback(redis, [turnId, ...names]));
      }
      return gone;
    },
  };
}

/** Undefined: nobody can tell. */
function senderOf(fields: Readonly<Record<string, string>>): Sender | undefined {
  try {
    if (fields.message !== undefined) return fromMessage.parse(JSON.parse(fields.message)).sender;
    return fields.sender === undefined ? undefined : parseSender(fields.sender);
  } catch {
    return undefined;
  }
}
