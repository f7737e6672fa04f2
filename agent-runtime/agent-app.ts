import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createAnswerQuestion } from './agent/answer.ts';
import { createSessions } from './agent/sessions.ts';
import { readSystemPrompt } from './agent/system-prompt.ts';
import type { AgentEnvironment } from './environment.ts';
import { createMemoryApi } from './memory/memory-api.ts';
import { createSessionMemory } from './memory/session-memory.ts';
import { createWriter } from './memory/writer.ts';
import { type LoadedModel, loadModel } from './models/load-model.ts';
import { createRespond } from './respond.ts';
import { createRuns, type Runs } from './runs/registry.ts';
import { createAgentServer } from './serve.ts';
import { createAwsClients } from './tools/aws-clients.ts';
import { createAwsTools } from './tools/aws-tools.ts';
import { createCatalogue } from './tools/catalogue.ts';
import { createWait, type PauseSecond } from './tools/wait.ts';

export interface AgentApp {
  readonly port: number;
  readonly runs: Runs;
  /** Ends every run with `end: cancelled`, lets the readers have it, and closes the server. */
  stop(): Promise<void>;
}

export interface AgentAppParts {
  /** Ends the process at once, for the demonstration prompt "crash now". */
  readonly crash: () => void;
  /** How the demonstration prompt "wait N seconds" lets a second pass. */
  readonly pauseSecond?: PauseSecond;
  readonly heartbeatMs?: number;
}

const SWEEP_MS = 60_000;
/** How long what was said last may still need to get into Memory at the end. */
const WRITE_AT_END_MS = 3_000;

/** Puts the agent together and starts to listen. */
export async function startAgentApp(environment: AgentEnvironment, parts: AgentAppParts): Promise<AgentApp> {
  const server = createAgentServer({
    logLevel: environment.logLevel,
    maxBodyBytes: environment.maxBodyBytes,
    newTurnId: randomUUID,
  });
  const { log } = server;
  const now = () => performance.now();
  const runs = createRuns({
    now,
    log,
    onBegin: (turnId) => server.busy(turnId),
    ...(parts.heartbeatMs === undefined ? {} : { heartbeatMs: parts.heartbeatMs }),
  });

  const aws = createAwsClients(environment);
  const catalogue = createCatalogue([
    ...createAwsTools(aws),
    ...(environment.model.provider === 'offline' ? [createWait(parts.pauseSecond)] : []),
  ]);
  let loaded: Promise<LoadedModel> | undefined;
  const model = () => {
    loaded ??= loadModel(environment.model, {
      crash: parts.crash,
      log: (finding, message) => log.warn(finding, message),
    });
    return loaded;
  };
  const api =
    environment.memory && createMemoryApi({ memoryId: environment.memory.id, region: environment.region });
  const writer =
    api && environment.memory?.writes
      ? createWriter({
          api,
          log,
          now,
          random: Math.random,
          pause: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
          busy: () => server.busy('memory'),
        })
      : undefined;
  const memory = api && createSessionMemory({ api, writer, log });
  const answer = createAnswerQuestion({
    sessions: createSessions({ loadModel: model, catalogue, memory }),
    memory,
    wallClock: () => Date.now(),
    loadModel: model,
    catalogue,
    systemPrompt: readSystemPrompt(),
    maxCycles: environment.maxCycles,
    nonce: () => randomBytes(12).toString('hex'),
    now,
    log,
  });

  const port = await server.listen(createRespond({ runs, answer, log }), environment);
  log.info({ port, model: environment.model.provider }, 'the agent is ready');
  const sweeper = setInterval(() => runs.sweep(), SWEEP_MS);
  sweeper.unref();
  return {
    port,
    runs,
    async stop() {
      clearInterval(sweeper);
      await runs.stop();
      await writer?.stop(WRITE_AT_END_MS);
      await server.close();
    },
  };
}
