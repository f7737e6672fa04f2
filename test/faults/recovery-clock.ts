import type { SlackStandIn } from '../../local/slack/stand-in.ts';
import { turnsIn } from './replies.ts';

export interface RecoveryClock {
  /** These turns have just lost their process. */
  lost(turns: readonly string[], at: number): void;
  /** Milliseconds from the loss of its process to the next visible progress of a turn, for each loss. */
  readonly measured: readonly number[];
  close(): void;
}

/** What a dying process had sent may still be on its way for so long. */
const UNDER_WAY_MS = 100;

/**
 * Measures how long people see nothing happen. A turn that had shown everything before its process died has nothing
 * left to show; it is not measured.
 */
export function createRecoveryClock(
  slack: Pick<SlackStandIn, 'listen'>,
  onMeasured: (turn: string, ms: number) => void,
): RecoveryClock {
  const waiting = new Map<string, number>();
  const measured: number[] = [];
  const close = slack.listen((change) => {
    if (waiting.size === 0 || change.kind !== 'message' || change.message.botId === undefined) return;
    const now = performance.now();
    for (const turn of turnsIn(change.message)) {
      const since = waiting.get(turn);
      if (since === undefined || now - since < UNDER_WAY_MS) continue;
      waiting.delete(turn);
      measured.push(now - since);
      onMeasured(turn, now - since);
    }
  });
  return {
    lost(turns, at) {
      for (const turn of turns) waiting.set(turn, at);
    },
    measured,
    close,
  };
}
