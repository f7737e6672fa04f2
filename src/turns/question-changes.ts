import { claimId } from '../chat/keys.ts';
import type { InboundMessage, Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { retryClaim } from './accept-turn.ts';
import { TURN_RETENTION_S } from './lanes.ts';
import { AMEND, CANCEL, FIND } from './lua-changes.ts';
import { isEnd, type TurnState } from './states.ts';
import { parseMessage, parseSender } from './turn.ts';

/** A deletion that arrives before its message (which may be delivered again for minutes) closes the message's name. */
const CLOSED_S = 3_600;
/** A question can be asked again; its changes follow it from turn to turn, so far. */
const MAX_RETRIES_FOLLOWED = 20;

export interface QuestionEdit {
  /** The claim under which the platform delivered the question. */
  readonly claim: string;
  readonly editor: string;
  readonly text: string;
  readonly files: readonly string[];
  /** Grows from edit to edit of one message; compared as text. */
  readonly stamp: string;
}

/**
 * amended    the waiting question has its new text
 * running    it is being answered already: the answer is for the earlier text
 * unchanged  it was answered, it says the same as before, or a later edit came first
 * unknown    it is no question to us
 */
export type Amendment = 'amended' | 'running' | 'unchanged' | 'unknown';
export type Cancellation = 'cancelled' | 'running' | 'ended' | 'unknown';

export interface QuestionChangesDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Confirms that the write is as durable as promised; throws when it is not. */
  readonly confirmDurable: () => Promise<void>;
  readonly observe: (change: 'edit' | 'delete', outcome: Amendment | Cancellation) => void;
  readonly log: Logger;
}

export type QuestionChanges = ReturnType<typeof createQuestionChanges>;

interface Question {
  readonly turnId: string;
  readonly phase: 'waiting' | 'running' | 'ended';
  readonly sender: Sender;
  /** Undefined once it is answered. */
  readonly message: InboundMessage | undefined;
}

/**
 * What people do to questions that stand in their lanes already. Only a waiting question changes: an agent that has
 * begun cannot unread. All of it can be repeated, because platforms deliver changes more than once, too.
 */
export function createQuestionChanges(deps: QuestionChangesDeps) {
  const { redis, keyPrefix } = deps;
  const find = defineScript(FIND, keyPrefix);
  const amend = defineScript(AMEND, keyPrefix);
  const cancel = defineScript(CANCEL, keyPrefix);

  async function lookUp(claim: string, closeForS = 0): Promise<Question | undefined> {
    const found = (await find(redis, [claimId(claim), closeForS])) as readonly (string | null)[] | null;
    const [turnId, state, attempt, json, asker] = found ?? [];
    if (!turnId || !state || !(json || asker)) return undefined;
    const message = json ? parseMessage(json) : undefined;
    const sender = message?.sender ?? parseSender(asker ?? '');
    return { turnId, phase: phaseOf(state as TurnState, attempt), sender, message };
  }

  /** The question in its newest turn: Retry makes another one of the same message. */
  async function locate(claim: string, closeForS = 0): Promise<Question | undefined> {
    let newest = await lookUp(claim, closeForS);
    for (let i = 0; newest?.phase === 'ended' && i < MAX_RETRIES_FOLLOWED; i += 1) {
      const next = await lookUp(retryClaim(newest.turnId));
      if (!next) break;
      newest = next;
    }
    return newest;
  }

  const note = <T extends Amendment | Cancellation>(
    change: 'edit' | 'delete',
    outcome: T,
    turn?: string,
  ): T => {
    deps.observe(change, outcome);
    if (turn !== undefined) deps.log.info({ turn, change, outcome }, 'a question was changed by its author');
    return outcome;
  };

  return {
    /** Gives a waiting question the text that its author has changed it to. */
    async amendQuestion(edit: QuestionEdit): Promise<Amendment> {
      const question = await locate(edit.claim);
      if (question?.sender.id !== edit.editor) return note('edit', 'unknown');
      const { turnId, phase, message } = question;
      if (phase === 'ended' || !message) return note('edit', 'unchanged', turnId);
      const same = message.text === edit.text && JSON.stringify(message.files) === JSON.stringify(edit.files);
      if (phase === 'running' && same) return note('edit', 'unchanged', turnId);
      if (phase === 'running') return note('edit', 'running', turnId);
      // Also when nothing changes: an older edit that comes later must find the stamp of this one.
      const changed: InboundMessage = { ...message, text: edit.text, files: edit.files };
      const outcome = await amend(redis, [turnId, JSON.stringify(changed), edit.stamp]);
      await deps.confirmDurable();
      if (outcome === 'amended') return note('edit', 'amended', turnId);
      // A worker has taken it in between, or a later edit was here first.
      return note('edit', outcome === 'begun' ? 'running' : 'unchanged', turnId);
    },

    /**
     * Takes a waiting question out of its lane. A message that is not known yet is kept from becoming a question when
     * its delivery is repeated.
     */
    async cancelQuestion(claim: string): Promise<Cancellation> {
      const question = await locate(claim, CLOSED_S);
      if (!question) return note('delete', 'unknown');
      const { turnId, phase } = question;
      if (phase !== 'waiting') return note('delete', phase, turnId);
      const outcome = await cancel(redis, [turnId, 'question deleted', TURN_RETENTION_S]);
      await deps.confirmDurable();
      return note('delete', outcome === 'cancelled' ? 'cancelled' : 'running', turnId);
    },

    /** Where a waiting question stands in its lane, counted from 1; undefined once it has begun, and after. */
    async placeOf(turnId: string): Promise<number | undefined> {
      const [state, attempt, lane] = await redis.hmget(
        `${keyPrefix}:turn:${turnId}`,
        'state',
        'attempt',
        'lane',
      );
      if (!state || !lane || phaseOf(state as TurnState, attempt) !== 'waiting') return undefined;
      const index = await redis.lpos(`${keyPrefix}:lane:${lane}`, turnId);
      return index === null ? undefined : index + 1;
    },
  };
}

function phaseOf(state: TurnState, attempt: string | null | undefined): Question['phase'] {
  if (isEnd(state)) return 'ended';
  const unbegun = state === 'queued' || state === 'received' || state === 'awaiting_link';
  return unbegun && attempt === '0' ? 'waiting' : 'running';
}
