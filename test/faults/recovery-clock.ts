import { canariesIn } from '../../bench/exactness.ts';
import type { SlackStandIn } from '../../local/slack/stand-in.ts';
import type { TeamsStandIn } from '../../local/teams/stand-in.ts';
import { turnsIn, turnsNamedIn } from './replies.ts';

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
  teams: Pick<TeamsStandIn, 'listen'>,
  turnsOf: (canary: string) => Iterable<string>,
  onMeasured: (turn: string, ms: number) => void,
): RecoveryClock {
  const waiting = new Map<string, number>();
  const measured: number[] = [];
  const goesOn = (turns: Iterable<string>) => {
    const now = performance.now();
    for (const turn of turns) {
      const since = waiting.get(turn);
      if (since === undefined || now - since < UNDER_WAY_MS) continue;
      waiting.delete(turn);
      measured.push(now - since);
      onMeasured(turn, now - since);
    }
  };
  const closeSlack = slack.listen((change) => {
    if (waiting.size === 0 || change.kind !== 'message' || change.message.botId === undefined) return;
    goesOn(turnsIn(change.message));
  });
  const closeTeams = teams.listen(({ activity, status }) => {
    if (waiting.size === 0 || status >= 300) return;
    const marks = JSON.stringify(activity);
    goesOn([...turnsNamedIn(marks), ...canariesIn(marks).flatMap((canary) => [...turnsOf(canary)])]);
  });
  return {
    lost(turns, at) {
      for (const turn of turns) waiting.set(turn, at);
    },
    measured,
    close() {
      closeSlack();
      closeTeams();
    },
  };
}
