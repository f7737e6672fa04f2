import { EMPTY_VIEW } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ended, stoppedBefore } from './ask-agent.ts';
import type { Lanes } from './lanes.ts';
import type { Hold } from './leases.ts';
import { LaneLost } from './reply.ts';
import { type FindOut, findOut, type Person, type RunsAs } from './runs-as.ts';
import type { ClaimedTurn, Outcome } from './turn.ts';

export interface WhoAsksDeps {
  readonly lanes: Pick<Lanes, 'park'>;
  /** Who asks, and whether they may. */
  readonly identify: (turn: ClaimedTurn) => Promise<RunsAs>;
  /** A failure of `identify` that may pass. */
  readonly identityMayPass: FindOut['mayPass'];
  /** How long a question is kept for a person who has to sign in. Milliseconds. */
  readonly linkWaitMs: number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Never throws. */
  readonly wake: () => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: () => Logger;
}

export type Refused = Extract<RunsAs, { kind: 'refused' }>;

/**
 * The person that a turn runs as; or who may not ask; or how the turn ends because that cannot be told.
 * `set_aside`: it waits, without a worker, until its author has signed in. Throws `LaneLost`.
 */
export async function whoAsks(
  deps: WhoAsksDeps,
  turn: ClaimedTurn,
  hold: Hold,
): Promise<Person | Refused | Outcome | 'set_aside'> {
  for (;;) {
    const found = await findOut({
      identify: () => deps.identify(turn),
      mayPass: deps.identityMayPass,
      pause: (ms) => deps.pause(ms, hold.signal),
      onFailure: (error) => deps.log().warn({ err: error }, 'it could not be told who asks'),
    });
    hold.assertHeld();
    if (found === 'identity_unavailable') return ended(found, EMPTY_VIEW);
    if (found.kind === 'person') return found;
    if (hold.stop.aborted) return stoppedBefore(hold.stop, EMPTY_VIEW);
    if (found.kind === 'refused') return found;
    const leftMs = deps.linkWaitMs - (deps.now() - turn.receivedAt);
    if (leftMs <= 0) return ended('link_lapsed', EMPTY_VIEW);
    try {
      await found.invite();
    } catch (error) {
      deps.log().error({ err: error }, 'the person could not be asked to sign in');
      return ended('sign_in_needed', EMPTY_VIEW);
    }
    const parking = await deps.lanes.park(turn, found.seen, leftMs);
    if (!parking.held) throw new LaneLost(turn.lane);
    if (parking.wake) await deps.wake();
    if (parking.aside) {
      deps.log().info('the question waits until its author has signed in');
      return 'set_aside';
    }
  }
}
