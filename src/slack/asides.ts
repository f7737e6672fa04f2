import type { Pause } from '../turns/pace.ts';
import type { SlackClient } from './client.ts';
import { slackFailure } from './failures.ts';
import type { PacedCall, Pacing } from './pacing.ts';
import { NotNow } from './thread-writer.ts';
import type { SlackAnswer } from './web-api.ts';

/** A call that is no part of a reply, and that nobody waits for. */
export interface Aside {
  readonly workspace: string;
  readonly method: string;
  readonly args: Record<string, unknown>;
  /** How long it may wait for room, once for all tries. Milliseconds; 0: now or not at all. */
  readonly patienceMs: number;
}

/** Throws `NotNow` when there was no room for it, and the client's errors. */
export type CallAside = (aside: Aside) => Promise<SlackAnswer>;

export interface AsidesDeps {
  readonly client: SlackClient;
  readonly pacing: Pacing;
  readonly pause: Pause;
  /** Ends all waiting. */
  readonly closing: AbortSignal;
}

/** So many wait at a time in one process. A flood of them is no reason to keep more in memory. */
const MOST_WAITING = 200;

function pacedCall({ workspace, method, args }: Aside): PacedCall {
  const channel = args.channel ?? args.channel_id;
  return { workspace, method, channel: typeof channel === 'string' ? channel : '' };
}

/** Calls beside the replies: paced together with those of all workers, and only out of what replies do not need. */
export function createAsides(deps: AsidesDeps): CallAside {
  const { client, pacing, pause, closing } = deps;
  let waiting = 0;

  return async (aside) => {
    const call = pacedCall(aside);
    let patienceMs = aside.patienceMs;
    for (;;) {
      const slot = await pacing.ask(call, 'aside');
      let { waitMs } = slot;
      if (slot.granted) {
        try {
          return await client.call(aside.method, aside.args);
        } catch (error) {
          const failure = slackFailure(error);
          if (failure?.kind !== 'rate_limited') throw error;
          waitMs = failure.waitMs;
          await pacing.hold(call, waitMs);
        }
      }
      patienceMs -= waitMs;
      if (patienceMs < 0 || waiting >= MOST_WAITING || closing.aborted)
        throw new NotNow(aside.method, waitMs);
      waiting += 1;
      try {
        await pause(waitMs, closing);
      } catch (error) {
        if (!closing.aborted) throw error;
      } finally {
        waiting -= 1;
      }
    }
  };
}

/**
 * The same for what goes with every turn and may cost it no question to Redis: once and at once, unless Slack is known
 * to want no such call.
 */
export function createPassingCalls(deps: Pick<AsidesDeps, 'client' | 'pacing'>): CallAside {
  return async (aside) => {
    const call = pacedCall(aside);
    const slot = await deps.pacing.ask(call, 'greeting');
    if (!slot.granted) throw new NotNow(aside.method, slot.waitMs);
    try {
      return await deps.client.call(aside.method, aside.args);
    } catch (error) {
      const failure = slackFailure(error);
      if (failure?.kind === 'rate_limited') await deps.pacing.hold(call, failure.waitMs);
      throw error;
    }
  };
}
