import { randomBytes } from 'node:crypto';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import type { AgentEvent } from '../../../src/contract/events.ts';
import { type Hold, keepLeases } from '../../../src/turns/leases.ts';
import { pause } from '../../../src/turns/pause.ts';
import type { Interruption } from '../../../src/turns/recovery-decision.ts';
import type { OpenReply } from '../../../src/turns/reply.ts';
import { type AgentCall, type RunTurnDeps, runTurn } from '../../../src/turns/run-turn.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { end, numbered, text } from '../../unit/turns/agent-events.ts';
import { message, SOMEBODY } from './messages.ts';
import type { Rig } from './rig.ts';

class Refusal extends Error {
  readonly interruption: Interruption;
  constructor(interruption: Interruption) {
    super('refused');
    this.interruption = interruption;
  }
}

/** What the agent does in one exchange. */
export type Exchange = (call: AgentCall) => AsyncIterable<AgentEvent>;
export const says = (...events: Parameters<typeof numbered>[0]): Exchange =>
  async function* () {
    yield* numbered(events);
  };
export const refuses =
  (code: 'agent_denied' | 'agent_throttled' | 'agent_unreachable', started: 'no' | 'maybe'): Exchange =>
  () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Refusal({ kind: 'refused', code, started })),
    }),
  });
export const hangs = (then: () => void, ...events: Parameters<typeof numbered>[0]): Exchange =>
  async function* ({ signal }) {
    yield* numbered(events);
    then();
    await pause(60_000, signal);
  };
export const answers = says(text('Two instances.'), end());

export interface BenchOptions {
  /** What it does in each exchange, one after the other; or in every one. */
  readonly agent?: readonly Exchange[] | Exchange;
  readonly canAttach?: boolean;
  readonly finish?: (view: ReplyView) => Promise<void>;
  readonly more?: Partial<RunTurnDeps>;
}

/** Everything that `runTurn` needs, with a scripted agent and replies that record what they were asked to show. */
export function scriptedRun(rig: Rig, options: BenchOptions) {
  const calls: AgentCall[] = [];
  const shown: ReplyView[] = [];
  const finals: ReplyView[] = [];
  const ends: string[] = [];
  const interrupted: string[] = [];
  let wakes = 0;
  let targetSignal: AbortSignal | undefined;
  const openReply: OpenReply = (target) => {
    targetSignal = target.signal;
    return {
      show: (view) => void shown.push(view),
      untakenMs: () => undefined,
      async finish(view) {
        target.assertHeld();
        await options.finish?.(view);
        const posted = [{ id: '1.1', streaming: false }];
        await target.notePosted(posted);
        finals.push(view);
        return posted;
      },
    };
  };
  let clock = 0;
  const deps: RunTurnDeps = {
    lanes: rig.lanes,
    openReply,
    identify: () => Promise.resolve(SOMEBODY),
    identityMayPass: () => false,
    linkWaitMs: 86_400_000,
    sessionOf: () => Promise.resolve({ session: `session-${'x'.repeat(30)}`, listed: '' }),
    invoke(call) {
      const { agent } = options;
      const exchange = typeof agent === 'function' ? agent : agent?.[calls.length];
      calls.push(call);
      if (!exchange) throw new Error('the agent was invoked more often than expected');
      return exchange(call);
    },
    stopSession: () => Promise.resolve(),
    interruptionOf: (error) => (error instanceof Refusal ? error.interruption : undefined),
    pause: (_ms, signal) => (signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve()),
    wake: () => {
      wakes += 1;
      return Promise.resolve();
    },
    canAttach: options.canAttach ?? true,
    totalMs: 20_000,
    trace: () => ({ traceId: 't', traceparent: '00-t', end: () => undefined }),
    observer: {
      firstText: () => undefined,
      ended: (ending, reason) => ends.push(`${ending}: ${reason}`),
      interrupted: (kind) => interrupted.push(kind),
    },
    log: rig.log,
    now: () => Date.now(),
    // Seconds pass from look to look: what was said took long enough to be put on record.
    monotonic: () => {
      clock += 2_000;
      return clock;
    },
    random: () => 0.5,
    ...options.more,
  };
  return {
    deps,
    calls,
    shown,
    finals,
    ends,
    interrupted,
    wakes: () => wakes,
    replySignal: () => targetSignal,
  };
}

/** Makes a bench with one accepted question: its turn is claimed and run by hand. */
export const benchOn =
  (at: () => Rig) =>
  async (
    options: BenchOptions & {
      readonly text?: string;
      readonly files?: readonly string[];
      readonly prepare?: () => Promise<void>;
    },
  ) => {
    const rig = at();
    const { acceptTurn } = rig.accept({ randomBytes });
    const acceptance = await acceptTurn(
      message({ text: options.text ?? 'How many?', files: options.files ?? [] }),
    );
    const turnId = 'turnId' in acceptance ? acceptance.turnId : '';
    await options.prepare?.();
    const claim = async () => {
      const turn = await rig.lanes.claim('bench');
      if (!turn) throw new Error('nothing was ready');
      return turn;
    };
    const scripted = scriptedRun(rig, options);
    const { deps } = scripted;
    const run = async (turn: ClaimedTurn, during?: (hold: Hold) => void) => {
      const leases = keepLeases({
        lanes: rig.lanes,
        now: () => performance.now(),
        onError: () => undefined,
      });
      const hold = leases.hold(turn, performance.now());
      during?.(hold);
      await runTurn(deps, turn, hold).finally(() => leases.close());
    };
    return {
      ...scripted,
      turnId,
      claim,
      run,
      runNext: async () => run(await claim()),
      state: async () => (await rig.lanes.read(turnId))?.state,
      /** Another worker takes the lane, as after a lease that ran out. */
      takeOver: async (turn: ClaimedTurn) => {
        await rig.lanes.release(turn);
        return claim();
      },
    };
  };
