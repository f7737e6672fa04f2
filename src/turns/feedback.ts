import type { Sender } from '../chat/vocabulary.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { FEEDBACK } from './lua-changes.ts';

const RETENTION_S = 90 * 86_400;

export type FeedbackValue = 'up' | 'down';

export interface Feedback {
  readonly turnId: string;
  readonly by: Sender;
  readonly value: FeedbackValue;
  /** In the person's own words; kept in Redis only, never logged. */
  readonly reason?: string;
}

export interface FeedbackDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly observe: (value: FeedbackValue) => void;
  readonly log: Logger;
}

export type FeedbackStore = ReturnType<typeof createFeedback>;

/** What people think of answers: the last word of each person about each turn, kept for 90 days. */
export function createFeedback(deps: FeedbackDeps) {
  const { redis, keyPrefix } = deps;
  const keep = defineScript(FEEDBACK, keyPrefix);

  return {
    /** Answers `known` when this person had said the same of this turn before; a new reason is kept all the same. */
    async record(feedback: Feedback): Promise<'new' | 'known'> {
      const { turnId, by, value, reason = '' } = feedback;
      const who = `${by.tenant}:${by.id}`;
      const before = await keep(redis, [turnId, who, value, reason, RETENTION_S]);
      if (before !== value) deps.observe(value);
      deps.log.info({ turn: turnId, value, before, withReason: reason !== '' }, 'feedback recorded');
      return before === value ? 'known' : 'new';
    },
  };
}
