import { z } from 'zod';
import { personId } from '../chat/keys.ts';
import { POLICIES } from '../chat/policies.ts';
import type { Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { keysLike } from '../store/scan.ts';
import type { Sealer } from '../store/sealed.ts';
import { SealedError } from '../store/sealed-error.ts';

/**
 * Pieces of what a policy minded, without personal data, so that operators can tell whether it was right. Few, for
 * fourteen days, under the person that they came from, so that they go when that person is forgotten.
 */

const exampleSchema = z.object({
  /** Epoch milliseconds. */
  at: z.number(),
  /** Missing with `words`. */
  turn: z.string().optional(),
  direction: z.enum(['question', 'answer', 'words']),
  action: z.enum(['blocked', 'masked']),
  mode: z.enum(['enforce', 'shadow', 'off']),
  policies: z.array(z.enum(POLICIES)),
  text: z.string(),
});
export type Example = Readonly<z.infer<typeof exampleSchema>>;

const DAY_S = 86_400;
export const EXAMPLES_KEPT_S = 14 * DAY_S;
/** Of each person. */
const MOST = 20;
const PLAIN = 'plain:';

export interface Examples {
  /** Keeps one; the oldest of this person goes. Rejects as Redis does. @throws SealedError */
  keep(person: Sender, example: Example): Promise<void>;
  /** Those of some people, as far as they can be opened. */
  of(people: readonly Sender[]): AsyncGenerator<Example>;
  /** Those of everybody. Looks at all that Redis holds. */
  all(): AsyncGenerator<Example>;
  /** Answers how many there were. */
  erase(people: readonly Sender[]): Promise<number>;
}

export function createExamples(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Examples {
  const { redis, keyPrefix, sealer, now } = deps;
  const keyOf = (person: string) => `${keyPrefix}:guardexamples:${person}`;
  const ownerOf = (person: string) => ({
    tenant: 'people',
    user: person,
    provider: 'guardexample',
    version: 1,
  });

  async function open(person: string, kept: string): Promise<Example | undefined> {
    try {
      const text = kept.startsWith(PLAIN)
        ? kept.slice(PLAIN.length)
        : (await sealer?.open(ownerOf(person), kept))?.plaintext.toString();
      return text === undefined ? undefined : exampleSchema.safeParse(JSON.parse(text)).data;
    } catch (error) {
      // Sealed with a key that is gone: then so is the example.
      if (error instanceof SealedError || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async function* under(person: string): AsyncGenerator<Example> {
    for (const kept of await redis.zrangebyscore(keyOf(person), now() - EXAMPLES_KEPT_S * 1000, '+inf')) {
      const example = await open(person, kept);
      if (example) yield example;
    }
  }

  return {
    async keep(sender, example) {
      const person = personId(sender);
      const text = JSON.stringify(example);
      const kept = sealer ? await sealer.seal(ownerOf(person), text) : `${PLAIN}${text}`;
      const key = keyOf(person);
      const answers = await redis
        .multi()
        .zadd(key, example.at, kept)
        .zremrangebyscore(key, '-inf', now() - EXAMPLES_KEPT_S * 1000)
        .zremrangebyrank(key, 0, -MOST - 1)
        .expire(key, EXAMPLES_KEPT_S)
        .exec();
      for (const [error] of answers ?? []) if (error) throw error;
    },
    async *of(people) {
      for (const person of new Set(people.map(personId))) yield* under(person);
    },
    async *all() {
      const seen = new Set<string>();
      for await (const keys of keysLike(redis, keyPrefix, ['guardexamples:', '']))
        for (const key of keys) {
          const person = key.slice(keyOf('').length);
          if (seen.has(person)) continue;
          seen.add(person);
          yield* under(person);
        }
    },
    async erase(people) {
      let gone = 0;
      for (const person of new Set(people.map(personId))) {
        const [count] = (await redis.multi().zcard(keyOf(person)).del(keyOf(person)).exec()) ?? [];
        if (count?.[0]) throw count[0];
        gone += Number(count?.[1] ?? 0);
      }
      return gone;
    },
  };
}
