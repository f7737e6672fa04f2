import type { Connection } from '../store/connection.ts';
import { createLately } from '../store/lately.ts';
import { directoryId } from './directory-id.ts';

/** Follow-up questions mostly come soon; the next one after that costs a look. */
const KEPT_MS = 600_000;
const MOST_KEPT = 10_000;

export interface KnownLanesDeps {
  /** The connection over which lanes are looked for and claimed. */
  readonly redis: Pick<Connection, 'stream'>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** What is known of lanes as far as a turn may rely on it. */
export interface LanesOfEra {
  /** Whether the lane was among those of the actor when the turn was claimed. False: nobody knows. */
  has(actor: string, lane: string): boolean;
  /** It is among them, as Redis has said since `knownIn` was called. */
  add(actor: string, lane: string): void;
}

export type KnownLanes = ReturnType<typeof createKnownLanes>;

/**
 * Lanes that this process has seen among those of a person, so that a follow-up question need not ask Redis again where
 * nothing has changed. What `new`, `resume` and a delete leave stands in `current:<lane>`, which every claim hands over.
 * A lane leaves the list of its person with the erasure of the person, which begins a new era, as a lost Redis does; or
 * after 400 days without a turn, which is much longer than it is known here. A Redis that has lost only its last writes,
 * because it was restarted or replaced, has lost its connections, too.
 */
export function createKnownLanes({ redis, now }: KnownLanesDeps) {
  const seen = createLately<true>({ most: MOST_KEPT, keptMs: KEPT_MS, now });
  let current: { readonly era: string; readonly stream: Connection['stream'] } | undefined;
  const nameOf = (actor: string, lane: string) => `${directoryId(actor)} ${lane}`;

  return {
    /** `era`: as the claim of a turn has told it. Undefined: nothing is known, and nothing learnt. */
    knownIn(era: string | undefined): LanesOfEra {
      if (era === undefined) return { has: () => false, add: () => undefined };
      const { stream } = redis;
      if (era !== current?.era || stream !== current.stream) {
        seen.clear();
        current = { era, stream };
      }
      const mine = current;
      // Other turns may have begun another era since, and what is sent again goes over another connection.
      const holds = () => mine === current && stream === redis.stream;
      return {
        has: (actor, lane) => holds() && seen.get(nameOf(actor, lane)) === true,
        add: (actor, lane) => {
          if (holds()) seen.set(nameOf(actor, lane), true);
        },
      };
    },
  };
}
