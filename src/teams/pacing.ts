import { nameOf } from '../chat/digest.ts';
import {
  type CallPacing,
  type CallPacingDeps,
  type CallWindow,
  createCallPacing,
} from '../store/call-pacing.ts';
import type { CallPlace, Connector } from './connector.ts';
import { TeamsCallFailed } from './failures.ts';

/**
 * How often Teams takes what a bot writes: into one thread, and of one tenant. Source: Teams, "Rate limiting for bots",
 * sending to a conversation. Periods are counted a little longer than they are, because calls arrive later than they were
 * allowed, and not all equally late.
 */
const LATER_MS = 300;
const within = (seconds: number, calls: number, progress: number, aside: number): CallWindow => ({
  calls,
  progress,
  aside,
  periodMs: seconds * 1_000 + LATER_MS,
});

export const THREAD_WINDOWS: readonly CallWindow[] = [
  within(1, 7, 4, 3),
  within(2, 8, 5, 4),
  within(30, 60, 40, 20),
  within(3_600, 1_800, 1_200, 600),
];
export const TENANT_WINDOW: CallWindow = within(1, 50, 35, 20);

/** What all workers together write into Teams. */
export type TeamsPacing = CallPacing<CallPlace>;

/**
 * Pacing of what is written into Teams, by thread. Final words wait for room from the start: the limits are those that
 * Teams does enforce, and the wait for most of them is about a second.
 */
export function createTeamsPacing(
  deps: Omit<CallPacingDeps<CallPlace>, 'platform' | 'rulesOf'>,
): TeamsPacing {
  return createCallPacing({
    ...deps,
    platform: 'Teams',
    rulesOf({ serviceUrl, conversation }) {
      // Tenants have a service URL of their own; where several share one, they share the limit as well.
      const workspace = shortName('teams', serviceUrl);
      // The id of a personal chat says whose it is.
      const name = `teams:${shortName(serviceUrl, conversation)}`;
      return { workspace, name, windows: THREAD_WINDOWS, together: TENANT_WINDOW, strict: true };
    },
  });
}

const shortName = (...parts: string[]) => nameOf(parts).slice(0, 26);

/** A connector for what is said besides answers: what there is no room for fails as if Teams had refused it. */
export function paced(connector: Connector, pacing: TeamsPacing): Connector {
  const admit = async (name: string, place: CallPlace) => {
    const { granted, waitMs } = await pacing.ask(place, 'ahead');
    if (!granted) throw new TeamsCallFailed(name, { kind: 'rate_limited', waitMs });
  };
  return {
    ...connector,
    async send(place, activity) {
      await admit('send', place);
      return connector.send(place, activity);
    },
    async signal(place, activity) {
      await admit('signal', place);
      return connector.signal(place, activity);
    },
    async update(place, id, activity) {
      await admit('update', place);
      return connector.update(place, id, activity);
    },
    async remove(place, id) {
      await admit('delete', place);
      return connector.remove(place, id);
    },
  };
}
