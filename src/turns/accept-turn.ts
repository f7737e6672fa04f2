import { base32 } from '../chat/digest.ts';
import type { InboundMessage } from '../chat/vocabulary.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Acceptance, Lanes } from './lanes.ts';
import type { Wakes } from './wakes.ts';

export interface AcceptDeps {
  readonly lanes: Pick<Lanes, 'accept' | 'read' | 'takesPart' | 'othersWrote'>;
  readonly wakes: Pick<Wakes, 'add'>;
  /** Confirms that the write is as durable as promised; throws when it is not. */
  readonly confirmDurable: () => Promise<void>;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly observe: (outcome: Acceptance['outcome']) => void;
  readonly log: Logger;
}

/** kept: it is begun when an operator resumes intake. too_old: its words are no longer kept, also when it was answered. */
export type Retry = 'accepted' | 'kept' | 'already_retried' | 'not_yours' | 'too_old' | 'busy' | 'quota';

/** 75 random bits. Every name under which a question was delivered leads to its id: each of them has it as a value. */
const ID_LENGTH = 15;
const ID_BYTES = 10;

/** Under this name the question of a turn is asked again, once. */
export const retryClaim = (turnId: string): string => `retry:${turnId}`;

/** Puts questions into lanes. Talks to nothing but Redis, so that the platform can be answered at once. */
export function createAccept(deps: AcceptDeps) {
  /**
   * Accepts a message once, whatever number of times it is delivered. When this resolves, the turn is durable.
   * A failed wake is not a failed accept: the sweeper finds the lane.
   */
  const acceptTurn = (message: InboundMessage): Promise<Acceptance> => accept(message, false);

  async function accept(message: InboundMessage, again: boolean): Promise<Acceptance> {
    const turnId = `turn-${base32(deps.randomBytes(ID_BYTES)).slice(0, ID_LENGTH)}`;
    const acceptance = await deps.lanes.accept(turnId, message, again);
    // The other outcomes have written nothing: what people say to each other is not refused when a replica is away.
    if (acceptance.outcome === 'accepted' || acceptance.outcome === 'duplicate') await deps.confirmDurable();
    deps.observe(acceptance.outcome);
    if (acceptance.outcome === 'accepted') {
      deps.log.info(
        { turn: turnId, platform: message.key.platform, tenant: message.key.tenant },
        'turn accepted',
      );
      if (acceptance.wake) {
        await deps.wakes.add().catch((error: unknown) => {
          deps.log.warn({ err: error, turn: turnId }, 'the wake was not added; the sweeper will do it');
        });
      }
    }
    return acceptance;
  }

  /** Asks the question of an ended turn again, once, for the person who asked it. */
  async function retryTurn(
    turnId: string,
    by: { readonly id: string; readonly tenant: string },
  ): Promise<Retry> {
    const turn = await deps.lanes.read(turnId);
    if (!turn) return 'too_old';
    const { sender } = turn.message;
    if (sender.id !== by.id || sender.tenant !== by.tenant) return 'not_yours';
    if (turn.wordsGone) return 'too_old';
    const acceptance = await accept({ ...turn.message, addressed: true, claims: [retryClaim(turnId)] }, true);
    if (acceptance.outcome === 'accepted') return acceptance.paused ? 'kept' : 'accepted';
    if (acceptance.outcome === 'quota') return 'quota';
    return acceptance.outcome === 'full' ? 'busy' : 'already_retried';
  }

  return {
    acceptTurn,
    retryTurn,
    /** Whether the bot takes part in a thread: only there words without a mention are meant for it. */
    takesPart: deps.lanes.takesPart,
    /** Somebody wrote in a thread what is no question: the agent is told with the next one there. */
    othersWrote: deps.lanes.othersWrote,
  };
}

export type Accept = ReturnType<typeof createAccept>;
