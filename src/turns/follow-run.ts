import type { ReplyView } from '../chat/vocabulary.ts';
import { type AgentEvent, TURN_UNKNOWN } from '../contract/events.ts';
import type { Invocation } from '../contract/invocation.ts';
import { advance, type Progress } from './progress.ts';
import type { Interruption } from './recovery-decision.ts';

export interface Exchange {
  readonly mode: Invocation['mode'];
  readonly afterSeq: number;
  readonly signal: AbortSignal;
}

export interface FollowDeps {
  /** One invocation, decoded. Failures before or within the stream are thrown. */
  readonly open: (exchange: Exchange) => AsyncIterable<AgentEvent>;
  /** Translates a thrown error; undefined for one that is not the agent's (a bug, or a lost lane): it is thrown on. */
  readonly interruptionOf: (error: unknown) => Interruption | undefined;
  /** The turn is given up: another worker has it, or will. */
  readonly signal: AbortSignal;
  /** Aborts with `StopRequested`: what was answered so far is the answer. */
  readonly stop: AbortSignal;
  readonly onView: (view: ReplyView) => void;
  /** Asked after a view. What it returns, if anything, resolves when there is room for more. */
  readonly room?: () => Promise<void> | undefined;
  /** Before a tool that changes things is shown as started. */
  readonly onWrite: () => Promise<void>;
}

/** An agent that is there answers an attach sooner, and replays without such gaps. Milliseconds. */
const REPLAY = { beginsWithin: 2_000, goesOnWithin: 250, endsWithin: 4_000 } as const;

/** How far an exchange came; with `interruption` it did not come to the end of the answer. */
interface Followed {
  readonly progress: Progress;
  readonly interruption?: Interruption;
}

/** One exchange with the agent, heard from behind `from` on. Throws what is not the agent's failure. */
export async function followRun(
  deps: FollowDeps,
  mode: Invocation['mode'],
  from: Progress,
  signal: AbortSignal,
): Promise<Followed> {
  let progress = from;
  try {
    const events = deps.open({ mode, afterSeq: from.lastSeq, signal });
    for await (const event of events) {
      signal.throwIfAborted();
      const refusal = event.type === 'error' ? refusalOf(event.code) : undefined;
      if (refusal) return { progress, interruption: refusal };
      const before = progress;
      progress = advance(progress, event);
      if (progress.sawWrite && !before.sawWrite) await deps.onWrite();
      if (progress.view !== before.view) deps.onView(progress.view);
      const room = deps.room?.();
      if (room) await room;
      if (progress.stop !== undefined) return { progress };
    }
    signal.throwIfAborted();
    // An error event without an end is an answer too: waiting for more would show the person nothing.
    return progress.error ? { progress } : { progress, interruption: { kind: 'cut' } };
  } catch (error) {
    deps.signal.throwIfAborted();
    const interruption = deps.interruptionOf(error);
    // Neither the agent's, nor because we have left: a bug, or a lane that is lost.
    if (interruption === undefined && error !== signal.reason) throw error;
    if (deps.stop.aborted) return { progress, interruption: { kind: 'cut' } };
    return { progress, interruption: signal.aborted || !interruption ? { kind: 'deadline' } : interruption };
  }
}

/** Error codes of our protocol that speak about the run itself, not about the answer. */
function refusalOf(code: string): Interruption | undefined {
  if (code === TURN_UNKNOWN) return { kind: 'turn_unknown' };
  if (code === 'session_busy') return { kind: 'session_busy' };
  return undefined;
}

/**
 * What the run of a lost worker has said until now: followed only until it has replayed that, and not shown on the way.
 * `from` again where it does not answer, or breaks off.
 */
export async function heardSoFar(deps: FollowDeps, from: Progress): Promise<Progress> {
  const enough = new AbortController();
  const leave = () => enough.abort(new DOMException('the run has said what it had to say', 'TimeoutError'));
  const last = setTimeout(leave, REPLAY.endsWithin);
  let silence = setTimeout(leave, REPLAY.beginsWithin);
  const listening = async function* (exchange: Exchange): AsyncGenerator<AgentEvent> {
    for await (const event of deps.open(exchange)) {
      clearTimeout(silence);
      yield event;
      silence = setTimeout(leave, REPLAY.goesOnWithin);
    }
  };
  try {
    const signal = AbortSignal.any([deps.signal, enough.signal]);
    const { room: _, ...rest } = deps;
    const listener = {
      ...rest,
      open: listening,
      stop: new AbortController().signal,
      onView: () => undefined,
    };
    const heard = await followRun(listener, 'attach', from, signal);
    const whole = heard.interruption === undefined || heard.interruption.kind === 'deadline';
    return whole ? heard.progress : from;
  } finally {
    clearTimeout(last);
    clearTimeout(silence);
  }
}
