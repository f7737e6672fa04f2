import type { Config } from '../config.ts';
import { createGuests } from '../slack/guests.ts';
import type { Connection } from '../store/connection.ts';
import { createConnector } from '../teams/connector.ts';
import { teamsFailure } from '../teams/failures.ts';
import type { TeamsIngress, TeamsIngressDeps } from '../teams/ingress.ts';
import { createTeamsPacing, paced } from '../teams/pacing.ts';
import { createTeamsPeople } from '../teams/people.ts';
import { createPrivateChat } from '../teams/private-chat.ts';
import { createReferences } from '../teams/references.ts';
import { createTeamsReplies } from '../teams/reply.ts';
import { createTokenSource } from '../teams/token-source.ts';
import { createInsist, createVoice, NoPrivateChat } from '../teams/voice.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { CHAT_CALL_TIMEOUT_MS } from '../turns/lanes.ts';
import type { Operator } from '../turns/operator.ts';
import { pause } from '../turns/pause.ts';
import type { OpenReply } from '../turns/reply.ts';
import type { PlatformPeople } from './platforms.ts';

export interface TeamsParts {
  readonly config: Config;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly operator: Pick<Operator, 'stopTurn'>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What the ingress needs besides what it has of Teams itself. */
export type TeamsIntake = Pick<
  TeamsIngressDeps,
  'accept' | 'changes' | 'once' | 'commands' | 'account' | 'pauseReason' | 'onRefused' | 'recordFeedback'
> & {
  /** Where questions are stored: what is needed to answer them goes the same way. */
  readonly intake: Connection;
};

export interface Teams {
  readonly openReply: OpenReply;
  readonly people: PlatformPeople;
  ingress(intake: TeamsIntake): Promise<TeamsIngress>;
  /** Gives up what only waits. */
  close(): void;
}

/** The bot in Microsoft Teams; undefined where it is not there. */
export function composeTeams(parts: TeamsParts): Teams | undefined {
  const { config, redis, keyPrefix, operator, metrics, log } = parts;
  const settings = config.teams;
  if (!settings) return undefined;
  const { appId, appPassword = '', tokenUrl, serviceUrlHosts, allowUnauthenticatedLoopback } = settings;
  const monotonic = () => performance.now();
  const closing = new AbortController();
  const connector = createConnector({
    token:
      appId === undefined ? undefined : createTokenSource({ appId, appPassword, tokenUrl, now: monotonic }),
    serviceUrlHosts,
    allowLoopback: allowUnauthenticatedLoopback,
    timeoutMs: CHAT_CALL_TIMEOUT_MS,
    observe: metrics.teamsCall,
  });
  const references = createReferences(redis, keyPrefix);
  const insist = createInsist(pause, closing.signal);
  const pacing = createTeamsPacing({ redis, keyPrefix, now: monotonic, log });
  const voice = createVoice({ connector: paced(connector, pacing), references, insist });
  const people = createTeamsPeople({ connector, references, insist, now: monotonic, log });

  return {
    openReply: createTeamsReplies({
      connector,
      pacing,
      references,
      onCancelled: ({ id, message: { sender } }) =>
        operator.stopTurn(id, { reason: 'person', by: `${sender.tenant}:${sender.id}` }),
      onDoubt: metrics.teamsPostInDoubt,
      onFinished: (calls) => metrics.turnCalls('teams', calls),
      pause,
      now: monotonic,
      log,
    }),
    people: {
      chat: createPrivateChat(voice),
      isGuest: createGuests({ redis, keyPrefix, lookUp: people.of, now: monotonic }),
      async profileOf({ tenant, id }) {
        const { name, email } = await people.of(tenant, id);
        return { name, workspace: 'Microsoft Teams', ...(email === undefined ? {} : { email }) };
      },
      mayPass: (error) => teamsFailure(error) !== undefined || error instanceof NoPrivateChat,
    },
    async ingress({ intake, ...given }) {
      // botbuilder takes a second to load: only where it is needed.
      const { createTeamsIngress } = await import('../teams/ingress.ts');
      return createTeamsIngress({
        ...settings,
        ...given,
        rules: {
          tenants: config.access.teamsTenants,
          conversations: config.access.channels,
          people: config.access.users,
          externals: config.access.externals,
        },
        references: createReferences(intake, keyPrefix),
        voice,
        monotonic,
        onHandled: metrics.acceptTook,
        onIgnored: metrics.deliveryIgnored,
        onRequestRefused: metrics.requestRefused,
        log,
      });
    },
    close: () => closing.abort(new Error('the process is shutting down')),
  };
}
