import { expect } from 'vitest';
import { laneId, threadId } from '../../../src/chat/keys.ts';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import type { Connection } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createLanes, type LaneSettings } from '../../../src/turns/lanes.ts';
import { createOperator } from '../../../src/turns/operator.ts';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { dump } from './dump.ts';

interface ModelLane {
  readonly tenant: string;
  readonly queue: string[];
  holder?: Holder | undefined;
}

interface Holder {
  readonly turn: ClaimedTurn;
  /** Claimed with a lease of no length: the next sweep finds it dead unless it is renewed before. */
  dying: boolean;
  /** Its outcome is on record. */
  posting: boolean;
}

/**
 * The lanes beside a model of what they promise. Every method does one thing in both and compares.
 * Workers that die are claims with a lease of no length, so that no history has to wait for a clock.
 */
export function createLaneModel(redis: Connection, prefix: string, rules: Rules) {
  const steady = createLanes(redis, prefix, { ...rules, leaseMs: 60_000 });
  const dying = createLanes(redis, prefix, { ...rules, leaseMs: 0 });
  const operator = createOperator(redis, prefix);
  const changes = createQuestionChanges({
    redis,
    keyPrefix: prefix,
    confirmDurable: () => Promise.resolve(),
    observe: () => undefined,
    log: createLogger({ level: 'silent' }),
  });
  const lanes = new Map<string, ModelLane>();
  const claims = new Map<string, string>();
  const threads = new Set<string>();
  const attempts = new Map<string, number>();
  const crashes = new Map<string, number>();
  const accepted: string[] = [];
  const ended: string[] = [];
  const cancelled: string[] = [];
  /** Turns that somebody wants to end, and why. */
  const stops = new Map<string, string>();
  let paused = false;
  /** What each question says by now, who wrote it, and the stamp of its newest edit. */
  const words = new Map<string, { text: string; readonly sender: string; stamp: string }>();
  const stale: ClaimedTurn[] = [];
  /** Claims since a tenant with something ready was last served. */
  const passedOver = new Map<string, number>();
  let lastFence = 0;

  const ready = (lane: ModelLane) => lane.queue.length > 0 && !lane.holder;
  const runningOf = (tenant: string) =>
    [...lanes.values()].filter((lane) => lane.tenant === tenant && lane.holder).length;
  const capped = (tenant: string) => rules.tenantAtOnce > 0 && runningOf(tenant) >= rules.tenantAtOnce;
  /** Those that a worker may be given now. */
  const served = () => [...readyTenants()].filter((tenant) => !paused && !capped(tenant));
  const readyTenants = () => new Set([...lanes.values()].filter(ready).map((lane) => lane.tenant));
  const holders = () => [...lanes.values()].flatMap((lane) => lane.holder ?? []);
  const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

  async function accept(message: InboundMessage): Promise<void> {
    const id = `turn-${accepted.length}`;
    const known = message.claims.map((claim) => claims.get(claim)).find((turn) => turn !== undefined);
    const acceptance = await steady.accept(id, message);
    if (known !== undefined) {
      expect(acceptance).toEqual({ outcome: 'duplicate', turnId: known });
      for (const claim of message.claims) if (!claims.has(claim)) claims.set(claim, known);
      return;
    }
    const thread = threadId(message.key);
    if (!message.addressed && !threads.has(thread)) {
      expect(acceptance).toEqual({ outcome: 'unaddressed' });
      return;
    }
    const name = laneId(message.key, message.sender);
    const lane: ModelLane = lanes.get(name) ?? { tenant: message.key.tenant, queue: [] };
    lanes.set(name, lane);
    const wasReady = ready(lane);
    const waiting = lane.queue.filter((turn) => phaseOf(turn) === 'waiting');
    const superseded = rules.policy === 'queue' ? [] : waiting;
    for (const turn of superseded) drop(lane, turn);
    const [begun] = lane.queue;
    if (rules.policy === 'interrupt' && begun !== undefined) stops.set(begun, 'newer_question');
    const wake = !lane.holder && !(wasReady && superseded.length < waiting.length + (begun ? 1 : 0));
    lane.queue.push(id);
    const asked = { outcome: 'accepted', turnId: id, place: lane.queue.length };
    const { wake: woken, ...rest } = acceptance as Extract<typeof acceptance, { outcome: 'accepted' }>;
    expect(rest).toEqual({
      ...asked,
      ...(paused ? { paused } : {}),
      ...(superseded.length > 0 ? { superseded: superseded.length } : {}),
    });
    // Woken when the lane was idle; one wake too many does no harm, one too few would.
    if (wake) expect(woken).toBe(true);
    if (lane.holder) expect(woken).toBe(false);
    threads.add(thread);
    for (const claim of message.claims) claims.set(claim, id);
    words.set(id, { text: message.text, sender: message.sender.id, stamp: '' });
    accepted.push(id);
  }

  async function claim(mortal: boolean): Promise<boolean> {
    const waiting = served();
    const turn = await (mortal ? dying : steady).claim('worker');
    if (!turn) {
      expect(waiting).toEqual([]);
      return false;
    }
    const lane = lanes.get(turn.lane);
    if (!lane) throw new Error(`claimed a lane that nobody wrote in: ${turn.lane}`);
    expect(lane.holder).toBeUndefined();
    expect(waiting).toContain(lane.tenant);
    expect(turn.id).toBe(lane.queue[0]);
    expect(turn.message.text).toBe(words.get(turn.id)?.text);
    expect(Number(turn.fence)).toBeGreaterThan(lastFence);
    lastFence = Number(turn.fence);
    attempts.set(turn.id, (attempts.get(turn.id) ?? 0) + 1);
    expect(turn.attempt).toBe(attempts.get(turn.id));
    expect(turn.crashes).toBe(crashes.get(turn.id) ?? 0);
    expect(turn.quietMs > 0).toBe(turn.crashes > 0);
    expect(turn.stop).toBe(stops.get(turn.id));
    expect(turn.state).toBe('running');
    // Who may be given nothing does not wait for its turn.
    for (const tenant of TENANTS) if (!waiting.includes(tenant)) passedOver.delete(tenant);
    for (const tenant of waiting) {
      const skipped = tenant === lane.tenant ? 0 : (passedOver.get(tenant) ?? 0) + 1;
      expect(skipped).toBeLessThan(TENANTS.length);
      passedOver.set(tenant, skipped);
    }
    lane.holder = { turn, dying: mortal, posting: false };
    return true;
  }

  const free = (turn: ClaimedTurn) => {
    const lane = lanes.get(turn.lane) as ModelLane;
    lane.holder = undefined;
    stale.push(turn);
    return lane;
  };

  /** Takes a question that nobody has begun out of its lane. */
  const drop = (lane: ModelLane, turn: string) => {
    lane.queue.splice(lane.queue.indexOf(turn), 1);
    cancelled.push(turn);
    // Who has nothing left to wait for leaves the ring, and begins to count anew.
    if (!readyTenants().has(lane.tenant)) passedOver.delete(lane.tenant);
  };

  async function post(n: number): Promise<void> {
    const holder = pick(holders(), n);
    if (!holder || holder.posting) return;
    expect(await steady.post(holder.turn, OUTCOME)).toBe(true);
    holder.posting = true;
    expect(await steady.read(holder.turn.id)).toMatchObject({ state: 'posting', outcome: OUTCOME });
  }

  async function finish(n: number): Promise<void> {
    const holder = pick(holders(), n);
    if (!holder) return;
    const { turn } = holder;
    if (!holder.posting) {
      // No answer counts as shown before its outcome is on record: the step is refused, and nothing is written.
      const before = await dump(redis, prefix);
      await expect(steady.finish(turn, 'done', 'answered')).rejects.toThrow(/ILLEGAL/);
      expect(await dump(redis, prefix)).toEqual(before);
      await post(n);
    }
    const answer = await steady.finish(turn, 'done', 'answered');
    const lane = free(turn);
    lane.queue.shift();
    ended.push(turn.id);
    expect(answer.held).toBe(true);
    // Also woken when the end of this turn lets others of its tenant begin.
    if (lane.queue.length > 0) expect(answer.wake).toBe(true);
    expect((await steady.read(turn.id))?.outcome).toBeUndefined();
  }

  /** Somebody stops a turn by its id, or the first of a lane, alone or with all that wait behind it. */
  async function stop(n: number, all: boolean): Promise<void> {
    const byLane = n % 2 === 0;
    const entry = pick([...lanes.entries()], n >> 1);
    const turn = byLane ? entry?.[1].queue[0] : pick(accepted, n >> 1);
    const lane = byLane ? entry?.[1] : [...lanes.values()].find((one) => one.queue.includes(turn ?? ''));
    const request = { reason: 'person', by: 'U1', all } as const;
    const stopped = byLane
      ? await operator.stopLane(entry?.[0] ?? 'nowhere', request)
      : await operator.stopTurn(turn ?? 'never asked', request);
    if (turn === undefined) return expect(stopped.outcome).toBe('none');
    if (!lane) return expect(stopped.outcome).toBe('ended');
    const others = lane.queue.filter((other) => other !== turn && phaseOf(other) === 'waiting');
    if (all) for (const other of others) drop(lane, other);
    const phase = phaseOf(turn);
    const posting = lane.holder?.turn.id === turn && lane.holder.posting;
    expect(stopped).toEqual({
      outcome: phase === 'waiting' ? 'cancelled' : posting ? 'posting' : 'stopping',
      turnId: turn,
      cancelled: all ? others.length : 0,
      waiting: all ? 0 : others.length,
    });
    if (phase === 'waiting') drop(lane, turn);
    else if (!posting) stops.set(turn, 'person');
  }

  async function togglePause(): Promise<void> {
    if (paused) expect(await operator.resume()).toBe([...lanes.values()].filter(ready).length);
    else expect(await operator.pause('ops', 'maintenance')).toBe(true);
    paused = !paused;
    expect((await operator.paused()) !== undefined).toBe(paused);
    passedOver.clear();
  }

  async function release(n: number): Promise<void> {
    const turn = pick(holders(), n)?.turn;
    if (!turn) return;
    expect(await steady.release(turn)).toBe(true);
    free(turn);
  }

  async function note(n: number): Promise<void> {
    const turn = pick(holders(), n)?.turn;
    if (!turn) return;
    const posted = [{ id: `p-${turn.fence}`, streaming: false }];
    expect(await steady.note(turn, { posted })).toBe(true);
    expect((await steady.read(turn.id))?.posted).toEqual(posted);
  }

  async function renew(n: number): Promise<void> {
    const some = holders().filter((_, i) => (n >> (i % 8)) % 2 === 1);
    const lost = pick(stale, n);
    const asked = [...some.map((holder) => holder.turn), ...(lost ? [lost] : [])];
    if (asked.length === 0) return;
    const renewal = await steady.renew(asked);
    expect(renewal.lost).toEqual(lost ? [lost.lane] : []);
    const wanted = some.flatMap(({ turn }) => {
      const why = stops.get(turn.id);
      return why === undefined ? [] : [[turn.lane, why]];
    });
    expect([...renewal.stops]).toEqual(wanted);
    for (const holder of some) holder.dying = false;
  }

  async function sweep(): Promise<void> {
    const dead = holders().filter((holder) => holder.dying);
    expect((await steady.sweep()).recovered).toBe(dead.length);
    for (const { turn } of dead) {
      free(turn);
      crashes.set(turn.id, (crashes.get(turn.id) ?? 0) + 1);
    }
  }

  /** A worker that lost its lane tries to write: it is told so, and not one byte in Redis changes. */
  async function staleWrite(n: number): Promise<void> {
    const turn = pick(stale, n);
    if (!turn) return;
    const before = await dump(redis, prefix);
    expect(await steady.note(turn, { sawWrite: true, posted: [{ id: 'stale', streaming: true }] })).toBe(
      false,
    );
    expect(await steady.post(turn, OUTCOME)).toBe(false);
    expect(await steady.finish(turn, 'failed', 'stale')).toEqual({ held: false, wake: false });
    expect(await steady.release(turn)).toBe(false);
    expect((await steady.renew([turn])).lost).toEqual([turn.lane]);
    expect(await dump(redis, prefix)).toEqual(before);
  }

  const phaseOf = (turn: string) => {
    if (cancelled.includes(turn) || ended.includes(turn)) return 'ended';
    return attempts.has(turn) ? 'running' : 'waiting';
  };

  /** An edit of one of the messages that were delivered, by its author or by somebody else, in any order. */
  async function edit(n: number, editor: string): Promise<void> {
    const claim = pick([...claims.keys(), 'never delivered'], n) ?? '';
    const turn = claims.get(claim) ?? '';
    const question = words.get(turn);
    const stamp = `1700000000.${String(n % 16).padStart(6, '0')}`;
    const text = `edit ${n}`;
    const outcome = await changes.amendQuestion({ claim, editor, text, files: [], stamp });
    if (question?.sender !== editor) return expect(outcome).toBe('unknown');
    const phase = phaseOf(turn);
    if (phase === 'waiting' && stamp > question.stamp) {
      words.set(turn, { ...question, text, stamp });
      return expect(outcome).toBe('amended');
    }
    const late = phase === 'running' && question.text !== text;
    expect(outcome).toBe(late ? 'running' : 'unchanged');
  }

  /** A deletion of a delivered message, or of one that is delivered later. */
  async function remove(n: number): Promise<void> {
    const claim = pick([...claims.keys(), `event:T1:${n % 13}`], n) ?? '';
    const turn = claims.get(claim);
    const outcome = await changes.cancelQuestion(claim);
    if (turn === undefined) claims.set(claim, 'closed');
    if (turn === undefined || !words.has(turn)) return expect(outcome).toBe('unknown');
    const phase = phaseOf(turn);
    expect(outcome).toBe(phase === 'waiting' ? 'cancelled' : phase);
    if (phase !== 'waiting') return;
    const lane = [...lanes.values()].find((one) => one.queue.includes(turn));
    expect(await changes.placeOf(turn)).toBeUndefined();
    if (lane) drop(lane, turn);
  }

  async function compareDepth(): Promise<void> {
    const queues = [...lanes.values()];
    const queued = queues.reduce((sum, lane) => sum + lane.queue.length, 0) - holders().length;
    const depth = await steady.depth();
    const { turns } = depth;
    expect({
      ...depth,
      turns: {
        waiting: (turns.received ?? 0) + (turns.queued ?? 0),
        running: turns.running ?? 0,
        posting: turns.posting ?? 0,
      },
    }).toEqual({
      readyLanes: queues.filter(ready).length,
      activeLanes: holders().length,
      paused,
      turns: {
        waiting: queued,
        running: holders().filter((holder) => !holder.posting).length,
        posting: holders().filter((holder) => holder.posting).length,
      },
    });
    const open = (await operator.openTurns()).map(({ id }) => id);
    expect(open.toSorted()).toEqual(queues.flatMap((lane) => lane.queue).toSorted());
    expect(turns.done ?? 0).toBe(ended.length);
    expect(turns.stopped ?? 0).toBe(cancelled.length);
    // Each lane with something to do stands in the ready set, its tenant in the ring, and nothing else does.
    const ring = await redis.lrange(`${prefix}:ring`, 0, -1);
    expect(ring.toSorted()).toEqual([...readyTenants()].toSorted());
  }

  /** Lets healthy workers do the rest, then looks at what is left in Redis. */
  async function drain(): Promise<void> {
    if (paused) await togglePause();
    await sweep();
    while ((await claim(false)) || holders().length > 0) await finish(0);
    await compareDepth();
    expect([...ended, ...cancelled].toSorted()).toEqual(accepted.toSorted());
    expect(new Set(ended).size).toBe(ended.length);
    const left = Object.keys(await dump(redis, prefix));
    const kept = left.map((name) => name.split(':')[0]);
    const expected = [
      ...(claims.size > 0 ? ['claim'] : []),
      ...(accepted.length > 0 ? ['counts', 'thread', 'turn'] : []),
      ...(ended.length > 0 ? ['fence'] : []),
    ];
    expect(new Set(kept)).toEqual(new Set(expected));
    expect(kept.filter((family) => family === 'turn')).toHaveLength(accepted.length);
    expect(kept.filter((family) => family === 'claim')).toHaveLength(claims.size);
    if (left.length > 0) await redis.unlink(left.map((name) => `${prefix}:${name}`));
  }

  return {
    accept,
    claim,
    finish,
    post,
    stop,
    togglePause,
    release,
    note,
    renew,
    sweep,
    edit,
    remove,
    staleWrite,
    compareDepth,
    drain,
  };
}

const OUTCOME = { end: 'done', reason: 'answered', view: { text: 'Two.', tasks: [] } } as const;

export type Rules = Pick<LaneSettings, 'policy' | 'tenantAtOnce'>;

export const TENANTS = ['T1', 'T2', 'T3'] as const;
