import { spoken } from '../chat/duration.ts';
import type { ReplyView } from '../chat/vocabulary.ts';

/** After so long without anything new to see, the time that has passed is said instead. Milliseconds. */
const SAY_AFTER_MS = 10_000;
/** Where what was said last has found no room either, it is said again after so long. Milliseconds. */
const SAY_AGAIN_MS = 4_000;
/** What takes longer than this can be stopped with a button. Milliseconds. */
const LONG_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 1_000;

export interface HeartbeatDeps {
  readonly show: (view: ReplyView) => void;
  /** For how long the platform has taken nothing that was shown; undefined where it does not tell. Milliseconds. */
  readonly untakenMs: () => number | undefined;
  /** How old a turn is of which another worker has shown something. Milliseconds. */
  readonly ageMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/**
 * Passes views on, and speaks up while nothing new comes, or the platform has no room for it: people see that a long task
 * goes on, and for how long.
 * A status that was given a time keeps one until there is another status, and never one that has long passed.
 */
export function createHeartbeat(deps: HeartbeatDeps) {
  const beganHere = deps.now();
  const began = beganHere - deps.ageMs;
  let view: ReplyView | undefined;
  let seen = '';
  let changedAt = beganHere;
  let saidAt = beganHere;
  /** Whoever takes a turn over says at once that it goes on. */
  let time = deps.ageMs < SAY_AFTER_MS ? '' : spoken(deps.ageMs);
  let long = false;
  let ending = false;

  const decorated = (plain: ReplyView): ReplyView => ({
    ...plain,
    ...(time === '' ? {} : { status: `${(plain.status ?? 'is working').replace(/[.…]+$/, '')} · ${time}` }),
    ...(long ? { long: true } : {}),
  });

  const look = () => {
    const now = deps.now();
    const untakenMs = deps.untakenMs() ?? 0;
    const quietMs = ending ? untakenMs : Math.max(now - changedAt, untakenMs);
    const saidMs = now - saidAt;
    const silent = quietMs >= SAY_AFTER_MS && saidMs >= (untakenMs >= saidMs ? SAY_AGAIN_MS : SAY_AFTER_MS);
    const turnsLong = !ending && !long && now - began >= LONG_AFTER_MS;
    if (!view || !(silent || turnsLong)) return;
    if (silent) {
      changedAt = now;
      saidAt = now;
      time = spoken(now - began);
    }
    long ||= turnsLong;
    deps.show(decorated(view));
  };
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  return {
    show(next: ReplyView): void {
      if (!stopped) timer ??= setInterval(look, LOOK_EVERY_MS);
      const now = deps.now();
      const sight = JSON.stringify([next.status, next.text.length, next.tasks]);
      if (sight !== seen) {
        if (view && next.status !== view.status) time = '';
        seen = sight;
        changedAt = now;
      }
      if (time !== '' && now - saidAt >= SAY_AFTER_MS) {
        saidAt = now;
        time = spoken(now - began);
      }
      view = next;
      deps.show(decorated(next));
    },
    /** The end is being shown: only while the platform has no room for it the time is still said. */
    end(): void {
      ending = true;
    },
    /** Nothing is shown by the clock from then on. */
    stop(): void {
      stopped = true;
      clearInterval(timer);
    },
  };
}
