import { nameOf } from '../chat/digest.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { CallAside } from './asides.ts';
import { slackFailure } from './failures.ts';
import type { DueHome, HomePeople } from './home-people.ts';
import type { Json } from './json.ts';
import { NotNow } from './thread-writer.ts';

/** When somebody has just opened a Home; while somebody looks at one; otherwise. Milliseconds. */
const LOOK_MS = { opened: 20, watched: 300, idle: 1_500 } as const;
/** Somebody looks at it: after this process has heard so, or has published something. */
const WATCHED_MS = 3_600_000;
const PATIENCE_MS = 1_500;
/** After a failure that may pass. */
const AGAIN_MS = 5_000;

export interface HomePublisherDeps {
  readonly homes: Pick<HomePeople, 'take' | 'done'>;
  /** The Home of a person as it is now; not `complete`: something could not be found out, which may pass. */
  readonly viewOf: (due: DueHome) => Promise<{ readonly view: Json; readonly complete: boolean }>;
  readonly callAside: CallAside;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface HomePublisher {
  /** Somebody has opened their Home just now. */
  watched(): void;
  /** Takes nothing more, and resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Keeps the App Homes that people look at current: every web process publishes what none has taken yet. */
export function startHomePublisher(deps: HomePublisherDeps): HomePublisher {
  const { homes, log, now } = deps;
  let watchedUntil = Number.NEGATIVE_INFINITY;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function publish(due: DueHome): Promise<void> {
    try {
      const { view, complete } = await deps.viewOf(due);
      const digest = nameOf([JSON.stringify(view)]).slice(0, 32);
      if (digest !== due.view)
        await deps.callAside({
          workspace: due.workspace,
          method: 'views.publish',
          args: { user_id: due.sender.id, view },
          patienceMs: PATIENCE_MS,
        });
      await homes.done(due, digest, complete ? 0 : AGAIN_MS);
    } catch (error) {
      const failure = slackFailure(error);
      // Without a Home tab, or for somebody who is gone, the next time is not better.
      const again = failure?.kind !== 'refused';
      const waitMs = error instanceof NotNow ? Math.max(error.waitMs, AGAIN_MS / 5) : AGAIN_MS;
      log.warn({ err: error }, 'an App Home could not be published');
      await homes.done(due, '', again ? waitMs : 0);
    }
  }

  async function round(): Promise<void> {
    const due = await homes.take();
    if (due.length > 0) watchedUntil = now() + WATCHED_MS;
    await Promise.all(due.map(publish));
  }

  /** The next look begins when the last one has ended: a slow Slack is not asked for more at once. */
  function lookIn(ms: number): void {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      timer = undefined;
      running = round()
        .catch((error: unknown) => log.warn({ err: error }, 'it could not be told whose App Home is due'))
        .finally(() => lookIn(now() < watchedUntil ? LOOK_MS.watched : LOOK_MS.idle));
    }, ms);
  }
  lookIn(LOOK_MS.idle);

  return {
    watched() {
      watchedUntil = now() + WATCHED_MS;
      // A look that is under way is soon followed by the next.
      if (timer) lookIn(LOOK_MS.opened);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
