import { randomBytes } from 'node:crypto';
import type { Sender } from '../chat/vocabulary.ts';
import type { Config } from '../config.ts';
import type { Delivery } from '../privacy/privacy.ts';
import { createGuests } from '../slack/guests.ts';
import type { Connection } from '../store/connection.ts';
import type { DataKeys } from '../store/data-keys.ts';
import { createSealer } from '../store/sealed.ts';
import { createAttachedFiles } from '../teams/attached-files.ts';
import { createConnector } from '../teams/connector.ts';
import { teamsFailure } from '../teams/failures.ts';
import { createFileDownload } from '../teams/file-download.ts';
import { createFileUpload } from '../teams/file-upload.ts';
import type { TeamsIngress, TeamsIngressDeps } from '../teams/ingress.ts';
import { createTeamsPacing, paced } from '../teams/pacing.ts';
import { createTeamsPeople } from '../teams/people.ts';
import { createPrivateChat } from '../teams/private-chat.ts';
import { createPrivateFiles } from '../teams/private-files.ts';
import { createReferences } from '../teams/references.ts';
import { createTeamsReplies } from '../teams/reply.ts';
import { createStagedFiles } from '../teams/staged-files.ts';
import { createThreadNotes } from '../teams/thread-notes.ts';
import { createTokenSource } from '../teams/token-source.ts';
import { createInsist, createVoice, NoPrivateChat } from '../teams/voice.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { CHAT_CALL_TIMEOUT_MS } from '../turns/lanes.ts';
import { createOnce } from '../turns/once.ts';
import type { Operator } from '../turns/operator.ts';
import { pause } from '../turns/pause.ts';
import type { OpenReply } from '../turns/reply.ts';
import type { PlatformPeople } from './platforms.ts';

/** A whole file goes in one request. */
const UPLOAD_TIMEOUT_MS = 60_000;
/** Somebody waits for an answer. */
const DOWNLOAD_TIMEOUT_MS = 10_000;

export interface TeamsParts {
  readonly config: Config;
  readonly redis: Connection;
  readonly keyPrefix: string;
  readonly dataKeys: DataKeys | undefined;
  readonly operator: Pick<Operator, 'stopTurn'>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What the ingress needs besides what it has of Teams itself. */
export type TeamsIntake = Pick<
  TeamsIngressDeps,
  | 'accept'
  | 'changes'
  | 'once'
  | 'commands'
  | 'account'
  | 'conversations'
  | 'withheld'
  | 'pauseReason'
  | 'onRefused'
  | 'recordFeedback'
  | 'privacy'
> & {
  /** Where questions are stored: what is needed to answer them goes the same way. */
  readonly intake: Connection;
};

export interface Teams {
  readonly openReply: OpenReply;
  readonly people: PlatformPeople;
  readonly privateFiles: {
    deliverTo(person: Sender): Delivery;
    /** Resolves also when it is gone already. */
    remove(person: Sender, file: string): Promise<void>;
  };
  /** Takes away what they said where several people talk with the bot. */
  forgetHeard(person: Sender): Promise<void>;
  /** Takes away how to write to somebody, as far as they have not written again after `before` (epoch milliseconds). */
  forgetContact(person: Sender, before: number): Promise<void>;
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
  const token =
    appId === undefined ? undefined : createTokenSource({ appId, appPassword, tokenUrl, now: monotonic });
  const connector = createConnector({
    token,
    serviceUrlHosts,
    allowLoopback: allowUnauthenticatedLoopback,
    timeoutMs: CHAT_CALL_TIMEOUT_MS,
    observe: metrics.teamsCall,
  });
  const references = createReferences(redis, keyPrefix);
  const insist = createInsist(pause, closing.signal);
  const pacing = createTeamsPacing({ redis, keyPrefix, now: monotonic, log });
  const waiting = paced(connector, pacing);
  const voice = createVoice({ connector: waiting, references, insist });
  const attached = createAttachedFiles({
    download: createFileDownload({
      fileHosts: settings.fileHosts,
      serviceUrlHosts,
      allowLoopback: allowUnauthenticatedLoopback,
      token,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    }),
    references,
    voice,
    once: createOnce(redis, keyPrefix),
    log,
  });
  const sealer = parts.dataKeys && createSealer({ keys: parts.dataKeys, randomBytes });
  const staged = createStagedFiles({ redis, keyPrefix, sealer, randomBytes });
  const threads = createThreadNotes({ redis, keyPrefix, sealer, now: () => Date.now(), log });
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
      readThread: threads.readThread,
      readFiles: attached.read,
      tellUnread: attached.tell,
      mayPass: (error) => teamsFailure(error) !== undefined || error instanceof NoPrivateChat,
    },
    privateFiles: createPrivateFiles({ connector: waiting, voice, staged, insist }),
    forgetHeard: threads.forget,
    async forgetContact(person, before) {
      // Whoever is of another tenant was heard of in ours.
      const tenants = new Set([person.tenant, ...config.access.teamsTenants.ids]);
      for (const tenant of tenants) await references.forget({ tenant, id: person.id }, before);
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
        staged,
        threads,
        upload: createFileUpload({ fileHosts: settings.fileHosts, timeoutMs: UPLOAD_TIMEOUT_MS }),
        connector: waiting,
        insist,
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
