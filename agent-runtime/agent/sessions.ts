import {
  Agent,
  DefaultModelRetryStrategy,
  ExponentialBackoff,
  Message,
  SlidingWindowConversationManager,
  TextBlock,
} from '@strands-agents/sdk';
import { turnTag } from '../../src/contract/memory.ts';
import type { SaidMessage } from '../memory/conversation.ts';
import { placeOf, type SessionMemory } from '../memory/session-memory.ts';
import type { LoadedModel } from '../models/load-model.ts';
import type { Catalogue } from '../tools/catalogue.ts';

/** For whom a session's agent is asked. */
export interface Asking {
  readonly sessionId: string;
  /** Undefined: nobody vouches for who asks. */
  readonly actorId: string | undefined;
  readonly turnId: string;
}

/**
 * One agent, and with it one conversation, for each session id. In AgentCore a process serves one session; on a
 * laptop one process may serve many, and what one session or person said must never reach another.
 */
export interface Sessions {
  /** A new agent begins with what Memory tells of the session. `complete`: Memory could be asked, if there is one. */
  agentFor(asking: Asking): Promise<{ readonly agent: Agent; readonly complete: boolean }>;
  forget(sessionId: string): void;
  readonly size: number;
}

const MAX_MESSAGES = 100;

interface Conversation {
  readonly agent: Agent;
  readonly actorId: string | undefined;
  /** Memory has told what was said before. */
  complete: boolean;
  /** Turns that this process knows of while it is not complete. */
  readonly turns: Set<string>;
}

export function createSessions(deps: {
  readonly loadModel: () => Promise<LoadedModel>;
  readonly catalogue: Catalogue;
  readonly memory?: Pick<SessionMemory, 'history'> | undefined;
  /** Sessions kept; the one that was used longest ago goes first. */
  readonly maxSessions?: number;
}): Sessions {
  const maxSessions = deps.maxSessions ?? 500;
  const conversations = new Map<string, Conversation>();

  function conversationOf({ sessionId, actorId }: Asking, model: LoadedModel['model']): Conversation {
    const known = conversations.get(sessionId);
    const conversation =
      known && known.actorId === actorId
        ? known
        : { agent: createAgent(model, deps.catalogue), actorId, complete: false, turns: new Set<string>() };
    conversations.delete(sessionId);
    conversations.set(sessionId, conversation);
    for (const oldest of conversations.keys()) {
      if (conversations.size <= maxSessions) break;
      conversations.delete(oldest);
    }
    return conversation;
  }

  /** What was said before stands before what this process has heard itself. */
  async function complete(conversation: Conversation, { sessionId, actorId, turnId }: Asking): Promise<void> {
    conversation.turns.add(turnTag(turnId));
    const place = placeOf(actorId, sessionId);
    const said = deps.memory && place ? await deps.memory.history(place, conversation.turns) : [];
    if (!said) return;
    conversation.agent.messages.unshift(...said.map(toMessage));
    conversation.complete = true;
    conversation.turns.clear();
  }

  return {
    async agentFor(asking) {
      const { model } = await deps.loadModel();
      const conversation = conversationOf(asking, model);
      if (!conversation.complete) await complete(conversation, asking);
      return { agent: conversation.agent, complete: conversation.complete };
    },
    forget(sessionId) {
      conversations.delete(sessionId);
    },
    get size() {
      return conversations.size;
    },
  };
}

/** As the agent keeps what was said. */
export const toMessage = ({ role, text }: SaidMessage): Message =>
  new Message({ role, content: [new TextBlock(text)] });

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
