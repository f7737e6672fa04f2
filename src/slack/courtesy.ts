import type { Logger } from '../telemetry/logger.ts';
import type { CallAside } from './asides.ts';
import { slackFailure } from './failures.ts';
import { NotNow } from './thread-writer.ts';

/** Answers whether Slack took the call. Never throws. `patienceMs`: how long it may wait for room; a moment by default. */
export type Courtesy = (
  workspace: string,
  method: string,
  args: Record<string, unknown>,
  patienceMs?: number,
) => Promise<boolean>;

const MOMENT_MS = 2_000;

/** Refusals that concern the method in this workspace, not the thread: the next call would be refused, too. */
const NOT_OFFERED = new Set([
  'access_denied',
  'feature_not_enabled',
  'invalid_auth',
  'method_deprecated',
  'method_not_supported_for_channel_type',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_an_agent',
  'not_authed',
  'team_access_not_granted',
  'unknown_method',
]);

/**
 * Calls without which everything works, only less nicely. They are made once, or left out; a method that a workspace does not offer
 * is left alone there from then on, and that is logged once.
 */
export function createCourtesy(callAside: CallAside, log: Logger): Courtesy {
  const off = new Set<string>();
  return async (workspace, method, args, patienceMs = MOMENT_MS) => {
    const name = `${workspace} ${method}`;
    if (off.has(name)) return false;
    try {
      await callAside({ workspace, method, args, patienceMs });
      return true;
    } catch (error) {
      const failure = slackFailure(error);
      if (error instanceof NotNow) log.info({ method }, 'there was no room for a courtesy');
      else if (failure?.kind === 'refused' && NOT_OFFERED.has(failure.code)) {
        if (!off.has(name))
          log.warn({ workspace, method, code: failure.code }, 'Slack does not offer this here');
        off.add(name);
      } else if (failure) log.info({ method, failure }, 'a courtesy was left out');
      else log.warn({ method, err: error }, 'a courtesy failed');
      return false;
    }
  };
}
