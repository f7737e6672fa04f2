import { setTimeout as wait } from 'node:timers/promises';
import { type AgentProcess, createLauncher, ping } from './agent-process.ts';
import { ageSession, type SessionLimits } from './session-age.ts';

/** Where the agent of the stand-in comes from. */
export type AgentOptions =
  | {
      /** `process`: every runtime session has its own agent process. `shared`: all have the same one. */
      readonly mode: 'process' | 'shared';
      readonly command: string;
      readonly args: readonly string[];
      /** All that the agent sees of the environment, besides PORT, HOST, EXIT_WITH_PARENT and PATH and the like. */
      readonly env?: Readonly<Record<string, string>>;
      readonly idleTimeoutMs?: number;
      readonly maxLifetimeMs?: number;
      readonly startTimeoutMs?: number;
      readonly maxProcesses?: number;
    }
  | {
      /** An agent that somebody else runs; `url` is its base address. */
      readonly mode: 'url';
      readonly url: string;
    };

export interface SessionView {
  readonly sessionId: string;
  /** null while the process starts, and for an agent that somebody else runs. */
  readonly pid: number | null;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly lastUsedAt: number;
  readonly state: 'starting' | 'ready' | 'busy';
}

/** The right to send one request to the compute of a session. */
export interface Lease {
  /** Base address of the agent. */
  readonly url: string;
  /** Tells that the request is over. Must be called once. */
  release(): void;
  /** Resolves true when the agent process has ended, false when it still lives after `ms`. */
  endsWithin(ms: number): Promise<boolean>;
}

export interface Sessions {
  /** Starts the session's compute if needed; concurrent calls share one start. Throws `AwsError`. */
  acquire(sessionId: string): Promise<Lease>;
  /** Ends the session. Resolves false when there is none. */
  stop(sessionId: string): Promise<boolean>;
  stopAll(): Promise<void>;
  list(): SessionView[];
  close(): Promise<void>;
}

interface Place {
  readonly url: string;
  readonly process?: AgentProcess;
}

interface Session {
  readonly sessionId: string;
  readonly startedAt: number;
  lastUsedAt: number;
  inFlight: number;
  readonly place: Promise<Place>;
  ready: Place | undefined;
}

const DEFAULTS = {
  idleTimeoutMs: 900_000,
  maxLifetimeMs: 28_800_000,
  startTimeoutMs: 30_000,
  maxProcesses: 200,
};

/** The runtime sessions of one agent runtime. */
export function createSessions(deps: {
  readonly agent: AgentOptions;
  readonly now: () => number;
  readonly log: (line: string) => void;
}): Sessions {
  const { agent, now, log } = deps;
  const given: Partial<SessionLimits> = agent.mode === 'url' ? {} : agent;
  const limits: SessionLimits = {
    idleTimeoutMs: given.idleTimeoutMs ?? DEFAULTS.idleTimeoutMs,
    maxLifetimeMs: given.maxLifetimeMs ?? DEFAULTS.maxLifetimeMs,
  };
  const launcher =
    agent.mode === 'url'
      ? undefined
      : createLauncher({
          command: agent.command,
          args: agent.args,
          env: agent.env ?? {},
          startTimeoutMs: agent.startTimeoutMs ?? DEFAULTS.startTimeoutMs,
          maxProcesses: agent.maxProcesses ?? DEFAULTS.maxProcesses,
          log,
        });
  const sessions = new Map<string, Session>();
  let shared: Promise<Place> | undefined;

  async function launch(label: string): Promise<Place> {
    if (!launcher) throw new Error('no launcher without a command');
    const process = await launcher.launch(label);
    return { url: process.url, process };
  }

  function findPlace(sessionId: string): Promise<Place> {
    if (agent.mode === 'url') return Promise.resolve({ url: agent.url.replace(/\/+$/, '') });
    if (agent.mode === 'process') return launch(sessionId.slice(-12));
    if (!shared) {
      const started = launch('shared');
      shared = started;
      const forget = () => {
        if (shared === started) shared = undefined;
      };
      started.then((place) => place.process?.exited.then(forget), forget);
    }
    return shared;
  }

  function begin(sessionId: string): Session {
    const place = findPlace(sessionId);
    const session: Session = {
      sessionId,
      startedAt: now(),
      lastUsedAt: now(),
      inFlight: 0,
      place,
      ready: undefined,
    };
    sessions.set(sessionId, session);
    const forget = () => {
      if (sessions.get(sessionId) === session) sessions.delete(sessionId);
    };
    place.then((found) => {
      session.ready = found;
      void found.process?.exited.then(forget);
    }, forget);
    return session;
  }

  async function end(session: Session): Promise<void> {
    sessions.delete(session.sessionId);
    if (agent.mode !== 'process') return;
    const place = await session.place.catch(() => undefined);
    await place?.process?.stop();
  }

  /** Ends what is too old or idle. */
  async function sweep(): Promise<void> {
    for (const session of [...sessions.values()]) {
      const age = ageSession(session, limits, now());
      if (age === 'keep' || !session.ready) continue;
      if (age === 'idle') {
        const usedAt = session.lastUsedAt;
        const status = await ping(session.ready.url);
        if (status === 'HealthyBusy') session.lastUsedAt = now();
        // A request may have come while the agent was asked.
        if (session.lastUsedAt !== usedAt || session.inFlight > 0) continue;
      }
      log(`session ${session.sessionId} ends: ${age}`);
      await end(session);
    }
  }

  let sweeping = false;
  const shortest = Math.min(limits.idleTimeoutMs, limits.maxLifetimeMs);
  const sweeper = setInterval(
    () => {
      if (sweeping) return;
      sweeping = true;
      sweep()
        .catch((error: unknown) => log(`sweeping sessions failed: ${String(error)}`))
        .finally(() => {
          sweeping = false;
        });
    },
    Math.min(1_000, Math.max(20, shortest / 4)),
  );
  sweeper.unref();

  async function stopAll(): Promise<void> {
    await Promise.all([...sessions.values()].map(end));
  }

  return {
    async acquire(sessionId) {
      const session = sessions.get(sessionId) ?? begin(sessionId);
      session.inFlight += 1;
      session.lastUsedAt = now();
      const release = () => {
        session.inFlight -= 1;
        session.lastUsedAt = now();
      };
      try {
        const { url, process } = await session.place;
        return {
          url,
          release,
          endsWithin: async (ms) => {
            if (!process) return false;
            const timer = new AbortController();
            const late = wait(ms, false, { signal: timer.signal }).catch(() => false);
            const ended = await Promise.race([process.exited.then(() => true), late]);
            timer.abort();
            return ended;
          },
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    async stop(sessionId) {
      const session = sessions.get(sessionId);
      if (!session) return false;
      await end(session);
      return true;
    },
    stopAll,
    list: () =>
      [...sessions.values()].map((session) => ({
        sessionId: session.sessionId,
        pid: session.ready?.process?.pid ?? null,
        startedAt: session.startedAt,
        lastUsedAt: session.lastUsedAt,
        state: !session.ready ? 'starting' : session.inFlight > 0 ? 'busy' : 'ready',
      })),
    async close() {
      clearInterval(sweeper);
      // The launcher first: it also ends what is just starting.
      await launcher?.close();
      await stopAll();
    },
  };
}
