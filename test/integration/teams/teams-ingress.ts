import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createTeamsStandIn,
  type TeamsStandIn,
  type TeamsStandInOptions,
} from '../../../local/teams/stand-in.ts';
import type { AdmissionRules } from '../../../src/chat/admission.ts';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import { createAccountCommands } from '../../../src/commands/account.ts';
import { createCommands } from '../../../src/commands/commands.ts';
import type { PrivacyCommands } from '../../../src/commands/privacy.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { createConnector } from '../../../src/teams/connector.ts';
import { createFileUpload } from '../../../src/teams/file-upload.ts';
import { createTeamsIngress, type TeamsIngressDeps } from '../../../src/teams/ingress.ts';
import { createPrivateFiles } from '../../../src/teams/private-files.ts';
import { createReferences } from '../../../src/teams/references.ts';
import { createStagedFiles } from '../../../src/teams/staged-files.ts';
import { createThreadNotes, type ThreadNotes } from '../../../src/teams/thread-notes.ts';
import { createTokenSource } from '../../../src/teams/token-source.ts';
import { createInsist, createVoice } from '../../../src/teams/voice.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createOnce } from '../../../src/turns/once.ts';
import { createWebApp } from '../../../src/web/web-app.ts';
import { noPrivacy } from '../../setup/no-privacy.ts';
import { testRedis } from '../../setup/redis.ts';
import { NO_CONVERSATIONS } from '../slack/slack-ingress.ts';

export const APP_ID = '11111111-2222-4333-8444-555555555555';
export const APP_PASSWORD = 'password-of-the-test';

const ANY = { any: true, ids: new Set<string>() };
const NOTHING = { outcome: 'none', turnId: '', cancelled: 0, waiting: 0 } as const;

export interface TestIngress {
  readonly teams: TeamsStandIn;
  readonly url: string;
  /** Messages that became turns. */
  readonly turns: InboundMessage[];
  readonly ignored: string[];
  readonly refused: string[];
  readonly references: ReturnType<typeof createReferences>;
  readonly threads: ThreadNotes;
  close(): Promise<void>;
}

/** The real web app and ingress on a free port, between a real Redis and Teams' stand-in; only accept is the test's. */
export async function startTeamsIngress(
  options: {
    readonly rules?: Partial<AdmissionRules>;
    readonly deps?: Partial<TeamsIngressDeps> | ((redis: Connection) => Partial<TeamsIngressDeps>);
    readonly teams?: Partial<TeamsStandInOptions>;
    readonly privacy?: (
      redis: Connection,
      files: ReturnType<typeof createPrivateFiles>,
      references: ReturnType<typeof createReferences>,
    ) => PrivacyCommands;
  } = {},
): Promise<TestIngress> {
  const redis = connect({ url: await testRedis(), name: 'teams-test' });
  const log = createLogger({ level: 'silent' });
  let url = '';
  const teams = await createTeamsStandIn({
    appId: APP_ID,
    appPassword: APP_PASSWORD,
    botUrl: () => `${url}/api/messages`,
    retryDelaysMs: [],
    ...options.teams,
  });
  const [turns, ignored, refused]: [InboundMessage[], string[], string[]] = [[], [], []];
  const serviceUrlHosts = new Set([teams.environment.TEAMS_SERVICE_URL_HOSTS]);
  const monotonic = () => performance.now();
  const references = createReferences(redis, '{tc}');
  const connector = createConnector({
    token: createTokenSource({
      appId: APP_ID,
      appPassword: APP_PASSWORD,
      tokenUrl: `${teams.url}/botframework.com/oauth2/v2.0/token`,
      now: monotonic,
    }),
    serviceUrlHosts,
    allowLoopback: false,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const insist = createInsist(() => Promise.resolve(), new AbortController().signal);
  const voice = createVoice({ connector, references, insist });
  const staged = createStagedFiles({ redis, keyPrefix: '{tc}', sealer: undefined, randomBytes });
  const threads = createThreadNotes({
    redis,
    keyPrefix: '{tc}',
    sealer: undefined,
    now: () => Date.now(),
    log,
  });
  const privacy =
    options.privacy?.(redis, createPrivateFiles({ connector, voice, staged, insist }), references) ??
    noPrivacy;
  const ingress = createTeamsIngress({
    appId: APP_ID,
    allowUnauthenticatedLoopback: false,
    serviceUrlHosts,
    openIdMetadataUrl: teams.environment.TEAMS_OPENID_METADATA_URL,
    rules: {
      tenants: { any: false, ids: new Set([teams.tenant]) },
      conversations: ANY,
      people: ANY,
      ...options.rules,
    },
    accept: {
      async acceptTurn(message) {
        const known = turns.some(({ claims }) => claims.some((claim) => message.claims.includes(claim)));
        if (known) return { outcome: 'duplicate', turnId: 'turn-1' };
        turns.push(message);
        return { outcome: 'accepted', turnId: 'turn-1', place: 1, wake: true };
      },
      retryTurn: async () => 'accepted',
      takesPart: async () => false,
      othersWrote: async () => undefined,
    },
    changes: { amendQuestion: async () => 'unknown', cancelQuestion: async () => 'unknown' },
    once: createOnce(redis, '{tc}'),
    commands: createCommands({
      operator: {
        stopLanes: async () => [NOTHING],
        stopTurn: async () => NOTHING,
        openTurnsIn: async () => [],
        openTurnsOf: async () => [],
        show: async () => undefined,
      },
      account: createAccountCommands(undefined),
      conversations: NO_CONVERSATIONS,
      privacy,
      tasks: () => [],
      now: () => Date.now(),
    }),
    account: createAccountCommands(undefined),
    conversations: {
      ...NO_CONVERSATIONS,
      edit: NO_CONVERSATIONS.archive,
      entryOf: async () => undefined,
    },
    withheld: { explain: async (turn) => `A rule matched in ${turn}.`, dispute: async () => true },
    references,
    voice,
    privacy,
    threads,
    staged,
    connector,
    insist,
    upload: createFileUpload({
      fileHosts: new Set([teams.environment.TEAMS_FILE_HOSTS]),
      timeoutMs: 5_000,
    }),
    pauseReason: async () => '',
    recordFeedback: async () => 'new',
    monotonic,
    onHandled: () => undefined,
    onIgnored: (why) => void ignored.push(why),
    onRefused: (who, why) => void refused.push(`${who.id}: ${why}`),
    onRequestRefused: (why) => void refused.push(why),
    log,
    ...(typeof options.deps === 'function' ? options.deps(redis) : options.deps),
  });
  const server = createServer(
    createWebApp({
      teamsMessages: ingress.handle,
      notReady: async () => [],
      intake: async () => 'open',
      metrics: async () => '',
      log,
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    teams,
    url,
    turns,
    ignored,
    refused,
    references,
    threads,
    async close() {
      await ingress.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await teams.close();
      await disconnect(redis);
    },
  };
}
