import { type CallPacing, type CallPacingDeps, createCallPacing } from '../store/call-pacing.ts';
import { type CallLimits, SLACK_LIMITS } from './pacing-limits.ts';

export interface PacedCall {
  readonly method: string;
  readonly workspace: string;
  readonly channel: string;
}

/** What all workers together send to Slack. */
export type Pacing = CallPacing<PacedCall>;

export type PacingDeps = Omit<CallPacingDeps<PacedCall>, 'platform' | 'rulesOf'> & {
  readonly limits?: CallLimits;
};

/** Pacing of Slack's Web API, by method; of some methods by channel. */
export function createPacing({ limits = SLACK_LIMITS, ...deps }: PacingDeps): Pacing {
  return createCallPacing({
    ...deps,
    platform: 'Slack',
    rulesOf: ({ workspace, method, channel }) => {
      const limit = limits[method];
      const name = [workspace, method, ...(limit?.each === 'channel' ? [channel] : [])].join(':');
      return { workspace, name, windows: limit ? [limit, ...(limit.spread ? [limit.spread] : [])] : [] };
    },
  });
}
