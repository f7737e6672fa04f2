import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Accept } from './accept-turn.ts';
import type { Acceptance } from './lanes.ts';

/** The two events of one mention arrive within moments. What is delivered again later is asked of Redis, which decides. */
const REMEMBERED_MS = 5_000;
/** No more names than these are remembered, whatever comes in. */
const MOST_NAMES = 20_000;

export interface TwinsDeps {
  readonly acceptTurn: Accept['acceptTurn'];
  readonly observe: (outcome: Acceptance['outcome']) => void;
  /** Milliseconds, monotonic. */
  readonly monotonic: () => number;
}

/**
 * Platforms deliver one message as several events at a time: as a mention, and as a message. The second one is answered
 * with what became of the first, if this process has taken that just now: half of all questions to Redis about new
 * messages are such twins. Fails with the first, too: both are delivered again then. What was not taken is asked anew.
 */
export function knowTwins({ acceptTurn, observe, monotonic }: TwinsDeps): Accept['acceptTurn'] {
  const lately = new Map<string, { readonly at: number; readonly acceptance: Promise<Acceptance> }>();

  /** The map keeps the order in which they came. */
  const forgetOld = () => {
    const oldest = monotonic() - REMEMBERED_MS;
    for (const [name, { at }] of lately) {
      if (at > oldest && lately.size <= MOST_NAMES) return;
      lately.delete(name);
    }
  };

  return async (message: InboundMessage) => {
    forgetOld();
    const name = message.claims.find((claim) => lately.has(claim));
    const first = name === undefined ? undefined : await lately.get(name)?.acceptance;
    if (first?.outcome === 'accepted' || first?.outcome === 'duplicate') {
      observe('duplicate');
      return { outcome: 'duplicate', turnId: first.turnId };
    }
    const taken = { at: monotonic(), acceptance: acceptTurn(message) };
    for (const claim of message.claims) {
      lately.delete(claim);
      lately.set(claim, taken);
    }
    try {
      return await taken.acceptance;
    } catch (error) {
      for (const claim of message.claims) if (lately.get(claim) === taken) lately.delete(claim);
      throw error;
    }
  };
}
