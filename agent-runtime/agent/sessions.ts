import {
  Agent,
  DefaultModelRetryStrategy,
  ExponentialBackoff,
  SlidingWindowConversationManager,
} from '@strands-agents/sdk';
import type { LoadedModel } from '../models/load-model.ts';
import type { Catalogue } from '../tools/catalogue.ts';

/**
 * One agent, and with it one conversation, for each session id. In AgentCore a process serves one session; on a
 * laptop one process may serve many, and what one session said must never reach another.
 */
export interface Sessions {
  agentFor(sessionId: string): Promise<Agent>;
  forget(sessionId: string): void;
  readonly size: number;
}

const MAX_MESSAGES = 100;

export function createSessions(deps: {
  readonly loadModel: () => Promise<LoadedModel>;
  readonly catalogue: Catalogue;
  /** Sessions kept; the one that was used longest ago goes first. */
  readonly maxSessions?: number;
}): Sessions {
  const maxSessions = deps.maxSessions ?? 500;
  const agents = new Map<string, Agent>();

  return {
    async agentFor(sessionId) {
      const { model } = await deps.loadModel();
      const agent = agents.get(sessionId) ?? createAgent(model, deps.catalogue);
      agents.delete(sessionId);
      agents.set(sessionId, agent);
      for (const oldest of agents.keys()) {
        if (agents.size <= maxSessions) break;
        agents.delete(oldest);
      }
      return agent;
    },
    forget(sessionId) {
      agents.delete(sessionId);
    },
    get size() {
      return agents.size;
    },
  };
}

function createAgent(model: LoadedModel['model'], catalogue: Catalogue): Agent {
  return new Agent({
    name: 'Cloud engineer',
    model,
    tools: [...catalogue.tools],
    printer: false,
    sandbox: false,
    conversationManager: new SlidingWindowConversationManager({ windowSize: MAX_MESSAGES }),
    // A person waits: the SDK's own pauses reach four minutes.
    retryStrategy: new DefaultModelRetryStrategy({
      maxAttempts: 4,
      backoff: new ExponentialBackoff({ baseMs: 1_000, maxMs: 15_000 }),
    }),
  });
}
