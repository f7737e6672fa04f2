import { EMPTY_VIEW, type ReplyView } from '../chat/vocabulary.ts';
import type { AgentEvent } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type AskAgentDeps, askAgent, ended } from './ask-agent.ts';
import type { Exchange } from './follow-run.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { Lanes } from './lanes.ts';
import type { Hold } from './leases.ts';
import { localAnswer } from './local-answer.ts';
import { eitherOf, until } from './pace.ts';
import { closeTasks } from './progress.ts';
import { LaneLost, type OpenReply, ReplyRefused } from './reply.ts';
import type { Person } from './runs-as.ts';
import type { TurnEnd } from './states.ts';
import type { ClaimedTurn, Outcome } from './turn.ts';
import { blockedBy, noticeOf, type TurnGuards, withheld } from './turn-guards.ts';
import { type Refused, type WhoAsksDeps, whoAsks } from './who-asks.ts';

/** A turn that crashed this many workers is given up with a message instead of crashing the next. */
const MAX_CRASHES = 5;
/** So many workers may try to show that message; then the turn ends on record only. */
const NOTICE_TRIES = 3;

/** An answer that took longer goes on record before it is shown; a quicker one is as quickly asked for again. */
const RECORD_AFTER_MS = 1_000;

/** The end of an answer is not kept back any longer by a session that is being stopped. Milliseconds. */
const SHOWN_BESIDE_MS = 1_000;

/** The worker is shutting down: the turn goes on elsewhere. */
export class HandedOver extends Error {
  constructor() {
    super('the worker is shutting down');
    this.name = 'HandedOver';
  }
}

export interface TurnTrace {
  readonly traceId: string;
  readonly traceparent: string;
  end(outcome: string): void;
}

/** What is counted of a turn. Times in milliseconds. */
export interface TurnObserver {
  firstText(msSinceReceived: number): void;
  ended(end: TurnEnd, reason: string, msSinceReceived: number): void;
  interrupted(kind: string): void;
}

export interface AgentCall extends Exchange {
  readonly sessionId: string;
  readonly person: Person;
  readonly traceparent: string;
  /** What the turn was asked with. */
  readonly message: ClaimedTurn['message'];
  readonly others?: ClaimedTurn['others'] | undefined;
  readonly invocation: Invocation;
}

/** What a turn has come to. Times are epoch milliseconds. */
export interface Said {
  readonly actor: string;
  readonly session: string;
  readonly turnId: string;
  readonly question: string;
  readonly answer: string;
  readonly end: TurnEnd;
  readonly askedAt: number;
  readonly answeredAt: number;
}

export interface RunTurnDeps extends Pick<WhoAsksDeps, 'identify' | 'identityMayPass' | 'linkWaitMs'> {
  readonly guards?: TurnGuards;
  readonly lanes: Pick<Lanes, 'note' | 'post' | 'finish' | 'park' | 'release'>;
  readonly openReply: OpenReply;
  /** The session in which the turn of this actor is answered. */
  readonly sessionOf: (
    turn: ClaimedTurn,
    actorId: string,
  ) => Promise<{
    readonly session: string;
    /** Names it to whoever counts the turn; empty: nobody does. */
    readonly listed: string;
  }>;
  readonly invoke: (call: AgentCall) => AsyncIterable<AgentEvent>;
  /** Tells Memory what was said, where the agent does not. Never throws. */
  readonly remember?: ((said: Said) => Promise<void>) | undefined;
  /** Ends the runtime session; given up when the signal aborts. */
  readonly stopSession: (sessionId: string, person: Person, signal: AbortSignal) => Promise<void>;
  readonly interruptionOf: AskAgentDeps['interruptionOf'];
  readonly pause: AskAgentDeps['pause'];
  readonly wake: () => Promise<void>;
  readonly canAttach: boolean;
  readonly totalMs: number;
  readonly trace: (turn: ClaimedTurn) => TurnTrace;
  readonly observer: TurnObserver;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly monotonic: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/**
 * Runs one claimed turn to a visible end and frees its lane. Never throws for what belongs to the turn:
 * whatever happens, the person reads an answer or a notice, unless another worker has taken over.
 */
export async function runTurn(deps: RunTurnDeps, turn: ClaimedTurn, hold: Hold): Promise<void> {
  const { message } = turn;
  const trace = deps.trace(turn);
  let names: Readonly<Record<string, string>> = { turn: turn.id, trace: trace.traceId };
  let made: Logger | undefined;
  /** Made when there is something to say: most turns say one thing, at their end. */
  const log = () => {
    made ??= deps.log.child(names);
    return made;
  };
  const beganAt = deps.monotonic();

  const reply = deps.openReply({
    turn,
    assertHeld: hold.assertHeld,
    signal: hold.signal,
    notePosted: async (parts) => {
      if (!(await deps.lanes.note(turn, { posted: parts }))) throw new LaneLost(turn.lane);
    },
  });

  let shownText = false;
  let lastView = EMPTY_VIEW;
  let sawWrite = turn.sawWrite;
  const show = (view: ReplyView) => {
    lastView = view;
    if (!shownText && view.text !== '') {
      shownText = true;
      deps.observer.firstText(deps.now() - turn.receivedAt);
    }
    heartbeat.show(view);
  };
  const heartbeat = createHeartbeat({
    show: (view) => reply.show(view),
    untakenMs: () => reply.untakenMs(),
    ageMs: turn.posted.length > 0 ? Math.max(0, deps.now() - turn.receivedAt) : 0,
    now: deps.monotonic,
  });

  let listed = '';
  let stopping: Promise<void> | undefined;
  const ask = async (person: Person, prompt: string): Promise<Outcome> => {
    // A session is named after what it was asked, and Memory hears of it.
    const asked = { ...turn, message: { ...message, text: prompt } };
    const answered = await deps.sessionOf(asked, person.actor.id);
    const { session } = answered;
    listed = answered.listed;
    names = { ...names, session };
    made = undefined;
    const locale = turn.language ?? message.locale;
    const invocation = {
      v: 1 as const,
      turnId: turn.id,
      prompt,
      actor: person.actor,
      session: { id: session },
      ...(locale === undefined ? {} : { locale }),
      ...(turn.replyLength ? { replyLength: turn.replyLength } : {}),
    };
    const guarded = deps.guards?.answer?.(turn, show, hold.signal);
    const outcome = await askAgent(
      {
        open: (exchange) => {
          if (exchange.mode === 'start') guarded?.restart();
          // A process that was frozen since its claim must not begin what a successor is already running.
          hold.assertHeld();
          return deps.invoke({
            ...exchange,
            sessionId: session,
            person,
            traceparent: trace.traceparent,
            message,
            others: turn.others,
            invocation: {
              ...invocation,
              mode: exchange.mode,
              ...(exchange.mode === 'attach' ? { afterSeq: exchange.afterSeq } : {}),
            },
          });
        },
        interruptionOf: deps.interruptionOf,
        stopSession: async () => {
          // The session is the lane's: whoever has lost it would end the run of a successor.
          hold.assertHeld();
          stopping = deps.stopSession(session, person, hold.signal).catch((error: unknown) => {
            log().warn(
              { err: error },
              'the runtime session could not be stopped; it ends by its own idle time-out',
            );
          });
          await until(hold.signal, stopping, deps.pause, SHOWN_BESIDE_MS);
        },
        canAttach: deps.canAttach,
        totalMs: deps.totalMs,
        signal: hold.signal,
        stop: guarded ? eitherOf(hold.stop, guarded.blocked) : hold.stop,
        onView: guarded ? guarded.take : show,
        ...(guarded ? { room: guarded.room } : {}),
        onWrite: async () => {
          sawWrite = true;
          if (!(await deps.lanes.note(turn, { sawWrite: true }))) throw new LaneLost(turn.lane);
        },
        onInterruption: (interruption) => {
          deps.observer.interrupted(interruption.kind);
          log().warn({ interruption }, 'the exchange with the agent was interrupted');
        },
        pause: deps.pause,
        random: deps.random,
      },
      turn.attempt > 1 ? { sawWrite: turn.sawWrite, streaming: leftStreaming(turn) } : undefined,
    ).catch((error: unknown) => {
      guarded?.close();
      throw error;
    });
    if (!guarded) return await remember(outcome, person, session, prompt);
    const { view, block } = await guarded.finish(outcome.view);
    // A check that was cut short by our leaving says nothing.
    hold.signal.throwIfAborted();
    const passed = { ...outcome, view };
    return await remember(block ? withheld(block, passed, sawWrite) : passed, person, session, prompt);
  };

  /** Before it is shown: whoever takes over from there on asks the agent no more. */
  const remember = async (
    outcome: Outcome,
    { actor }: Person,
    session: string,
    question: string,
  ): Promise<Outcome> => {
    const said = { turnId: turn.id, question, answer: outcome.view.text, end: outcome.end };
    const times = { askedAt: turn.receivedAt, answeredAt: deps.now() };
    await deps.remember?.({ actor: actor.id, session, ...said, ...times });
    return outcome;
  };

  /** The end of a turn that failed on our side. After a change was begun, nobody is invited to ask again. */
  const broken = (code: 'unexpected' | 'workers_lost'): Outcome =>
    sawWrite
      ? { end: 'unknown', view: lastView, notice: 'outcome_unknown', reason: code }
      : ended(code, lastView);

  /** A wake that is not added does no harm: the sweeper finds the lane. */
  const wake = async () => {
    await deps.wake().catch((error: unknown) => {
      log().warn({ err: error }, 'the wake was not added; the sweeper will do it');
    });
  };

  /** Undefined: the turn is set aside until its author has signed in, or ended in private. */
  const answer = async (): Promise<Outcome | undefined> => {
    if (turn.crashes >= MAX_CRASHES) return broken('workers_lost');
    // A worker was lost, or shut down, while it showed this.
    if (turn.outcome) return turn.outcome;
    const local = localAnswer(message);
    if (local) return { end: 'done', view: EMPTY_VIEW, notice: local, reason: local };
    const person = await whoAsks({ ...deps, log, wake }, turn, hold);
    if (person === 'set_aside') {
      trace.end('awaiting_link');
      return undefined;
    }
    if ('end' in person) return person;
    if (person.kind === 'refused') return refuse(person);
    heartbeat.show({ ...EMPTY_VIEW, status: 'is thinking…' });
    const question = (await deps.guards?.question?.(turn, hold.signal)) ?? { text: message.text };
    hold.signal.throwIfAborted();
    if ('kind' in question) return blockedBy(question, 'question_blocked', EMPTY_VIEW, sawWrite);
    if (!deps.canAttach) {
      // An agent that cannot attach is invoked once: after a lost worker nobody can tell how far it came.
      if (turn.invoked && !hold.stop.aborted) {
        const outcome = ended('worker_lost', EMPTY_VIEW);
        return sawWrite ? { ...outcome, notice: 'outcome_unknown' } : outcome;
      }
      if (!turn.invoked && !(await deps.lanes.note(turn, { invoked: true }))) throw new LaneLost(turn.lane);
    }
    return ask(person, question.text);
  };

  /** They are told in private; in the thread nothing is shown. */
  const refuse = async (refused: Refused): Promise<undefined> => {
    await refused.tell();
    await close('blocked', refused.reason);
  };

  /** Ends the turn on record and frees its lane. */
  const close = async (end: TurnEnd, reason: string): Promise<void> => {
    // The next question of the session must not meet what was to be stopped.
    await stopping;
    const freed = await deps.lanes.finish(turn, end, reason, listed);
    if (!freed.held) throw new LaneLost(turn.lane);
    if (freed.wake) await wake();
    deps.observer.ended(end, reason, deps.now() - turn.receivedAt);
    log().info({ end, reason, attempt: turn.attempt }, 'turn ended');
    trace.end(end);
  };

  /**
   * What was long in coming, or has changed something, must not depend on the agent's being there to say it again. And an
   * end that is no answer would not come out the same: a successor that finds no record of it would remark it twice.
   */
  const worthRecording = ({ end }: Outcome) =>
    end !== 'done' || sawWrite || turn.attempt > 1 || deps.monotonic() - beganAt >= RECORD_AFTER_MS;

  const conclude = async (given: Outcome): Promise<void> => {
    const outcome = turn.outcome ? given : keptBy(turn, given);
    if (worthRecording(outcome) && !(await deps.lanes.post(turn, outcome, listed)))
      throw new LaneLost(turn.lane);
    const view = closeTasks(outcome.view, outcome.end);
    const { end, reason, notice: code } = outcome;
    const answered = end === 'done' && view.text.trim() !== '';
    await reply.finish({
      ...view,
      ...(code ? { notice: await noticeOf(outcome, code, deps.guards, turn) } : {}),
      ...(answered ? { feedback: true } : {}),
    });
    await close(end, reason);
  };

  try {
    if (turn.crashes >= MAX_CRASHES + NOTICE_TRIES)
      throw new ReplyRefused('the notice could not be shown either');
    let outcome: Outcome | undefined;
    try {
      outcome = await answer();
    } catch (error) {
      if (hold.signal.aborted || error instanceof LaneLost) throw error;
      log().error({ err: error }, 'the turn failed unexpectedly');
      outcome = broken('unexpected');
    } finally {
      // From here on only the final look counts.
      heartbeat.end();
    }
    if (outcome) await conclude(outcome);
  } catch (error) {
    heartbeat.stop();
    await leave(error);
  } finally {
    heartbeat.stop();
    hold.drop();
  }

  /** The turn cannot be ended by this worker as it should: hand it over, or put on record that nobody can show it. */
  async function leave(thrown: unknown): Promise<void> {
    const error = hold.signal.aborted ? (hold.signal.reason as unknown) : thrown;
    // Whatever the reply still has to write, or the agent to send, is over.
    hold.abort(error instanceof Error ? error : new Error('the turn was left', { cause: error }));
    trace.end(error instanceof Error ? error.name : 'error');
    if (error instanceof LaneLost) {
      log().warn('another worker has taken this turn over');
      return;
    }
    if (error instanceof HandedOver) {
      if (await deps.lanes.release(turn)) await wake();
      log().info('turn handed over');
      return;
    }
    if (error instanceof ReplyRefused) {
      log().error(
        { platformError: error.reason },
        'the reply cannot be shown: check the bot’s scopes and its place in the channel',
      );
      const freed = await deps.lanes.finish(turn, 'failed', `reply_refused: ${error.reason}`, listed);
      if (!freed.held) return;
      if (freed.wake) await wake();
      deps.observer.ended('failed', 'reply_refused', deps.now() - turn.receivedAt);
      return;
    }
    // Redis or the platform is away for now. The lease runs out and the turn is taken up again.
    log().error({ err: error }, 'the turn could not be concluded; it will be taken up again');
  }
}

const leftStreaming = ({ posted }: ClaimedTurn) => posted.some(({ streaming }) => streaming);

/** A worker that has nothing to show in its place leaves what an earlier one had shown; only the notice is added. */
function keptBy(turn: ClaimedTurn, outcome: Outcome): Outcome {
  const { view } = outcome;
  const empty = view.text.trim() === '' && view.tasks.length === 0 && !view.files?.length;
  return empty && turn.posted.length > 0 ? { ...outcome, view: { ...view, keep: true } } : outcome;
}
