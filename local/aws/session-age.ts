/** When a runtime session ends by itself. Pure: the clock is handed in. */

export interface SessionClock {
  /** Epoch milliseconds of the start of the session's compute. */
  readonly startedAt: number;
  /** Epoch milliseconds at which a request last began, ended, or the agent last said that it is busy. */
  readonly lastUsedAt: number;
  readonly inFlight: number;
}

export interface SessionLimits {
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number;
}

/**
 * `expired`: ends now, even in the middle of a request. `idle`: ends unless its agent answers /ping with HealthyBusy.
 * AWS's defaults are 900 s and 28,800 s.
 */
export function ageSession(
  session: SessionClock,
  limits: SessionLimits,
  now: number,
): 'keep' | 'idle' | 'expired' {
  if (now - session.startedAt >= limits.maxLifetimeMs) return 'expired';
  if (session.inFlight > 0) return 'keep';
  return now - session.lastUsedAt >= limits.idleTimeoutMs ? 'idle' : 'keep';
}
