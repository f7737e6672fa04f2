import { hostname } from 'node:os';
import { createRuntimeClient } from '../agentcore/runtime-client.ts';
import { createJwtRuntimeClient } from '../agentcore/runtime-client-jwt.ts';
import type { Config } from '../config.ts';
import type { SlackClient, SlackUploader } from '../slack/client.ts';
import type { Pacing } from '../slack/pacing.ts';
import { connectForQueue, disconnect } from '../store/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Traces } from '../telemetry/traces.ts';
import { createAgentCalls, interruptionOf } from '../turns/agent-calls.ts';
import { withFiles } from '../turns/attached-files.ts';
import type { Lanes } from '../turns/lanes.ts';
import { pause } from '../turns/pause.ts';
import { type RunTurnDeps, runTurn } from '../turns/run-turn.ts';
import { withThread } from '../turns/seen-thread.ts';
import { withPassedWords } from '../turns/turn-guards.ts';
import type { Wakes } from '../turns/wakes.ts';
import { startTurnWorker } from '../turns/worker.ts';
import type { ComposedConversations } from './conversations.ts';
import type { ComposedGuards } from './guards.ts';
import { type ComposedMemory, toldWriter } from './memory.ts';
import type { People } from './people.ts';
import { repliesByPlatform, slackReplies } from './platforms.ts';
import type { ComposedPrivacy } from './privacy.ts';
import type { Teams } from './teams.ts';

export interface WorkerParts {
  readonly config: Config;
  readonly lanes: Lanes;
  readonly wakes: Wakes;
  readonly wake: () => Promise<void>;
  readonly onRedisError: (error: Error) => void;
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** Undefined where the bot is not in Slack. */
  readonly slack: (SlackClient & SlackUploader) | undefined;
  /** Undefined where the bot is not in Teams. */
  readonly teams: Pick<Teams, 'openReply'> | undefined;
  readonly pacing: Pacing;
  readonly people: People;
  readonly talks: Pick<ComposedConversations, 'sessionFor' | 'startUpkeep'>;
  readonly memory: Pick<ComposedMemory, 'remember'> | undefined;
  readonly privacy: Pick<ComposedPrivacy, 'startWorker' | 'close'>;
  readonly guarded: Pick<ComposedGuards, 'guards' | 'guardThread' | 'guardFiles'>;
  readonly now: () => number;
  /** Milliseconds, monotonic. */
  readonly monotonic: () => number;
  readonly log: Logger;
  /** Takes what has to be closed once no turn is running; the last comes first. */
  readonly onClose: (...steps: readonly (() => Promise<unknown>)[]) => void;
}

export type TurnWorker = ReturnType<typeof startTurnWorker>;

/** The worker role: takes turns, runs them with the agent's runtime, and carries erasures out. */
export function composeWorker(parts: WorkerParts): TurnWorker {
  const { config, lanes, wakes, wake, metrics, slack, teams, people, privacy, guarded } = parts;
  const { now, monotonic, log, onClose } = parts;
  const queueConnection = connectForQueue({
    url: config.redis.url,
    name: 'threadcore-queue',
    onError: parts.onRedisError,
  });
  onClose(() => disconnect(queueConnection));
  const createClient = config.agent.auth === 'jwt' ? createJwtRuntimeClient : createRuntimeClient;
  const runtime = createClient({
    region: config.agent.region,
    endpoint: config.agent.auth === 'jwt' ? config.agent.jwtEndpoint : config.agent.endpoint,
    runtimeArn: config.agent.runtimeArn ?? '',
    qualifier: config.agent.qualifier,
    maxSockets: config.worker.concurrency + 10,
  });
  const upkeep = parts.talks.startUpkeep(runtime);
  onClose(
    async () => runtime.close(),
    () => upkeep.close(),
  );
  const calls = createAgentCalls({
    runtime,
    protocol: config.agent.protocol,
    memoryWriter: toldWriter(config),
    silenceMs: config.agent.silenceMs,
    onUnknown: metrics.unknownAgentEvent,
  });
  // Before the runtime goes.
  onClose(() => privacy.close());
  privacy.startWorker((session, bearer, signal) => {
    const actor = { id: '', name: '', groups: [] };
    return calls.stopSession(session, { kind: 'person', actor, ...(bearer ? { bearer } : {}) }, signal);
  });
  const { guards, wordsOf } = withPassedWords(guarded.guards);
  const deps: RunTurnDeps = {
    guards,
    lanes,
    openReply: repliesByPlatform({
      ...(slack
        ? { slack: slackReplies({ client: slack, pacing: parts.pacing, metrics, wordsOf, log }) }
        : {}),
      ...(teams ? { teams: teams.openReply } : {}),
    }),
    identify: people.identify,
    identityMayPass: people.mayPass,
    linkWaitMs: people.linkWaitMs,
    sessionOf: parts.talks.sessionFor,
    remember: parts.memory?.remember,
    invoke: withFiles(withThread(calls.invoke, guarded.guardThread(people.readThread)), {
      read: people.readFiles,
      guard: guarded.guardFiles,
      tell: people.tellUnread,
    }),
    stopSession: calls.stopSession,
    interruptionOf,
    pause,
    wake,
    canAttach: config.agent.protocol === 'threadcore',
    totalMs: config.worker.turnTimeoutMs,
    trace: (turn) => parts.traces.startTurn({ turnId: turn.id, platform: turn.message.key.platform }),
    observer: {
      firstText: metrics.firstText,
      ended: (end, _reason, ms) => metrics.turnEnded(end, ms),
      interrupted: metrics.turnInterrupted,
    },
    log,
    now,
    monotonic,
    random: Math.random,
  };
  return startTurnWorker({
    connection: queueConnection,
    keyPrefix: config.redis.keyPrefix,
    name: `${hostname()}:${process.pid}`,
    concurrency: config.worker.concurrency,
    lanes,
    wakes,
    run: (turn, hold) => runTurn(deps, turn, hold),
    monotonic,
    log,
  });
}
