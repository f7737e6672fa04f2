import type { Agent, AgentResult } from '@strands-agents/sdk';
import { MEMORY_UNAVAILABLE } from '../../src/contract/events.ts';
import type { Invocation } from '../../src/contract/invocation.ts';
import type { Caller } from '../caller.ts';
import type { Note } from '../memory/notes.ts';
import { placeOf, type SessionMemory } from '../memory/session-memory.ts';
import type { LoadedModel } from '../models/load-model.ts';
import type { RunLog, Work } from '../runs/registry.ts';
import type { EventBody, Run } from '../runs/run.ts';
import { createTextBatch } from '../runs/text-batch.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import { explainFailure } from './failure.ts';
import { composeQuestion } from './question.ts';
import type { Sessions } from './sessions.ts';
import { describeActor } from './system-prompt.ts';
import { createTranslator, type Stop, stopFor } from './translate.ts';

/** What a turn is asked: the part of an invocation that the agent sees. */
export type Question = Pick<
  Invocation,
  'prompt' | 'actor' | 'thread' | 'files' | 'locale' | 'replyLength' | 'memoryWriter'
> & {
  /** Somebody vouches for the actor; else nothing is remembered. */
  readonly vouched: boolean;
};

/** How long a connected reader may take to accept an event that work waits for, in milliseconds. */
const PATIENCE_MS = 10_000;
/** A reader this many events behind makes the work wait, long before the replay buffer drops anything. */
const MAX_BACKLOG = 500;

/** What was said then is part of the conversation. */
const KEPT: ReadonlySet<Stop> = new Set(['end', 'limit', 'cancelled']);

export type AnswerQuestion = (question: Question, caller: Caller) => Work;

/** Makes the work of a run: ask the session's agent and publish everything that happens as contract events. */
export function createAnswerQuestion(deps: {
  readonly sessions: Sessions;
  readonly loadModel: () => Promise<LoadedModel>;
  readonly catalogue: Catalogue;
  readonly memory: SessionMemory | undefined;
  readonly systemPrompt: string;
  readonly maxCycles: number;
  readonly nonce: () => string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  readonly log: RunLog;
}): AnswerQuestion {
  return (question, caller) => async (run) => {
    let modelId = 'unknown';
    const { publish, said } = createPublisher(run, deps.now);
    const { memory, wallClock } = deps;
    const askedAt = wallClock();
    const actorId = question.vouched ? question.actor.id : undefined;
    const place = placeOf(actorId, run.sessionId);
    let remembers = true;
    let answered = false;
    const { translate, usage } = createTranslator(deps.catalogue.describe);
    let outcome: { readonly stop: Stop } | { readonly failure: unknown };
    let forget: () => void = () => undefined;
    try {
      modelId = (await deps.loadModel()).modelId;
      const [{ agent, complete }, notes] = await Promise.all([
        deps.sessions.agentFor({ sessionId: run.sessionId, actorId, turnId: run.turnId }),
        memory && place ? memory.notes(place, question.prompt) : [],
      ]);
      remembers = complete && notes !== undefined;
      agent.systemPrompt = describeActor(deps.systemPrompt, question.actor, question);
      const before = [...agent.messages];
      forget = () => {
        // A question without an answer would make the next request invalid for most models.
        agent.messages.splice(0, agent.messages.length, ...before);
      };
      const result = await ask(agent, question, run, {
        nonce: deps.nonce(),
        notes: notes ?? [],
        maxCycles: deps.maxCycles,
        caller,
        onEvent: async (event) => {
          for (const body of translate(event)) await publish(body);
        },
      });
      outcome = { stop: run.signal.aborted ? 'cancelled' : stopFor(result.stopReason) };
      answered = KEPT.has(outcome.stop) && said() !== '';
    } catch (error) {
      outcome = run.signal.aborted
        ? { stop: 'cancelled' }
        : isOutputLimit(error)
          ? { stop: 'limit' }
          : { failure: error };
      forget();
    }

    if (run.finished) {
      // The run was ended without us; the agent may still hold its lock.
      deps.sessions.forget(run.sessionId);
      return;
    }
    if ('failure' in outcome) {
      const failure = explainFailure(outcome.failure);
      deps.log.warn({ turnId: run.turnId, code: failure.code, err: outcome.failure }, 'a turn failed');
      await publish({ type: 'error', ...failure });
    }
    // What the agent itself goes on with, and nothing else. Whoever guards its answers knows better what was shown of them.
    if (answered && memory && place && question.memoryWriter === undefined) {
      const { turnId } = run;
      const turn = { turnId, question: question.prompt, answer: said(), askedAt, answeredAt: wallClock() };
      remembers = (await memory.keep(place, turn)) && remembers;
    }
    if (!remembers) await publish({ type: 'notice', code: MEMORY_UNAVAILABLE });
    const tokens = usage();
    if (tokens) await publish({ type: 'usage', model: modelId, ...tokens });
    await publish({ type: 'end', stop: 'stop' in outcome ? outcome.stop : 'end' });
  };
}

async function ask(
  agent: Agent,
  question: Question,
  run: Run,
  options: {
    readonly nonce: string;
    readonly notes: readonly Note[];
    readonly maxCycles: number;
    readonly caller: Caller;
    readonly onEvent: (
      event: Parameters<ReturnType<typeof createTranslator>['translate']>[0],
    ) => Promise<void>;
  },
): Promise<AgentResult> {
  const content = composeQuestion(question, options.nonce, options.notes).map((text) => ({ text }));
  const stream = agent.stream(content, {
    cancelSignal: run.signal,
    limits: { turns: options.maxCycles },
    // For tools, which find it in their context; the SDK keeps it out of messages, events and what it serialises.
    invocationState: { ...options.caller },
  });
  for (;;) {
    const step = await stream.next();
    if (step.done) return step.value;
    // The agent goes on only when we ask for its next event: a tool runs after its `started` was delivered.
    if (!run.finished) await options.onEvent(step.value);
  }
}

/** `said`: all text so far. */
function createPublisher(run: Run, now: () => number) {
  let text = '';
  const batch = createTextBatch({
    send: (piece) => {
      if (!run.finished) run.publish({ type: 'text', text: piece });
    },
    now,
  });
  const publish = async (body: EventBody): Promise<void> => {
    if (run.finished) return;
    if (body.type === 'text') {
      text += body.text;
      batch.add(body.text);
    } else {
      batch.flush();
      const seq = run.publish(body);
      if (body.type === 'tool' && body.state === 'started') await run.delivered(seq, PATIENCE_MS);
    }
    if (run.backlog() > MAX_BACKLOG) await run.delivered(run.last - MAX_BACKLOG / 2, PATIENCE_MS);
  };
  return { publish, said: () => text };
}

function isOutputLimit(error: unknown): boolean {
  return error instanceof Error && error.name === 'MaxTokensError';
}
