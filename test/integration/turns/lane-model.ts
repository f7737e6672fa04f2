import { expect } from 'vitest';
import { laneId, threadId } from '../../../src/chat/keys.ts';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import type { Connection } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type Acceptance, createLanes } from '../../../src/turns/lanes.ts';
import { createOperator } from '../../../src/turns/operator.ts';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import type { TurnEnd } from '../../../src/turns/states.ts';
import { dump } from './dump.ts';
import { compareRemains, compareWithRedis } from './lane-checks.ts';
import { createSignIns } from './lane-sign-ins.ts';
import { createLaneWorld, type Holder, type ModelLane, type Rules, TENANTS } from './lane-world.ts';

const OUTCOME = { end: 'done', reason: 'answered', view: { text: 'Two.', tasks: [] } } as const;
/** Longer than any ready lane of a history has waited. Milliseconds. */
const LONG_AGO = 5_000;

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
  const world = createLaneWorld(rules);
  const { lanes, turns, claims, threads, phaseOf, holders } = world;
  /** Claims since a tenant that could be served was last served. */
  const passedOver = new Map<string, number>();

  const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];
  const servedTenants = () => TENANTS.filter((tenant) => world.servable([tenant]) > 0);
  /** Who can be given nothing does not wait for its turn, and begins to count anew. */
  const forgetUnserved = () => {
    for (const tenant of TENANTS) if (world.servable([tenant]) === 0) passedOver.delete(tenant);
  };
  /**
   * Whatever lets more lanes begin owes a wake for each: one less, and a question waits for the sweeper. Where slots are
   * kept for others, one is enough, and it may be in vain: each turn that ends owes the next.
   */
  async function owes<T>(
    wake: (answer: T) => boolean | number,
    act: () => Promise<T>,
    change: () => void,
  ): Promise<T> {
    const before = TENANTS.map((tenant) => world.servable([tenant]));
    const answer = await act();
    change();
    const more = TENANTS.map((tenant, i) => world.servable([tenant]) - (before[i] ?? 0));
    const wakes = Number(wake(answer));
    if (rules.slots === 0) expect(wakes).toBe(more.reduce((sum, one) => sum + one, 0));
    else expect(wakes).toBeGreaterThanOrEqual(more.some((one) => one > 0) ? 1 : 0);
    forgetUnserved();
    return answer;
  }

  async function accept(message: InboundMessage): Promise<void> {
    const id = `turn-${turns.size}`;
    const known = message.claims.map((claim) => claims.get(claim)).find((turn) => turn !== undefined);
    if (known !== undefined) {
      expect(await steady.accept(id, message)).toEqual({ outcome: 'duplicate', turnId: known });
      for (const claim of message.claims) if (!claims.has(claim)) claims.set(claim, known);
      return;
    }
    const thread = threadId(message.key);
    if (!message.addressed && !threads.has(thread)) {
      expect(await steady.accept(id, message)).toEqual({ outcome: 'unaddressed' });
      return;
    }
    const name = laneId(message.key, message.sender);
    const lane: ModelLane = lanes.get(name) ?? { name, tenant: message.key.tenant, queue: [] };
    lanes.set(name, lane);
    const superseded = rules.policy === 'queue' ? [] : world.waitingIn(lane);
    const acceptance = await owes(
      (answer: Acceptance) => answer.outcome === 'accepted' && answer.wake,
      () => steady.accept(id, message),
      () => {
        const [begun] = lane.queue;
        const { text, sender } = message;
        turns.set(id, { lane, text, sender: sender.id, stamp: '', attempts: 0, crashes: 0 });
        lane.queue.push(id);
        for (const turn of superseded) world.cancel(turn, 'superseded');
        const stops = rules.policy === 'interrupt' && begun !== undefined && phaseOf(begun) === 'running';
        if (stops && !world.question(begun).settled) world.askToStop(begun, 'newer_question');
        world.enlist(lane);
      },
    );
    const { wake: _, ...rest } = acceptance as Extract<Acceptance, { outcome: 'accepted' }>;
    expect(rest).toEqual({
      outcome: 'accepted',
      turnId: id,
      place: lane.queue.length,
      ...(world.paused ? { paused: true } : {}),
      ...(superseded.length > 0 ? { superseded: superseded.length } : {}),
    });
    threads.add(thread);
    for (const claim of message.claims) claims.set(claim, id);
  }

  async function claim(mortal: boolean): Promise<boolean> {
    const served = servedTenants();
    const turn = await (mortal ? dying : steady).claim('worker');
    if (!turn) {
      expect(served).toEqual([]);
      return false;
    }
    const lane = lanes.get(turn.lane);
    if (!lane) throw new Error(`claimed a lane that nobody wrote in: ${turn.lane}`);
    expect(served).toContain(lane.tenant);
    expect(lane.name).toBe(world.orderOf(lane.tenant)[0]);
    expect(turn.id).toBe(lane.queue[0]);
    const question = world.question(turn.id);
    question.attempts += 1;
    expect(Number(turn.fence)).toBeGreaterThan(world.lastFence);
    world.lastFence = Number(turn.fence);
    const { attempts, crashes, stop, settled, text } = question;
    expect(turn).toMatchObject({ state: 'running', attempt: attempts, crashes, message: { text } });
    expect(turn.quietMs > 0).toBe(crashes > 0);
    expect([turn.stop, turn.outcome]).toEqual([stop, settled && OUTCOME]);
    expect(Object.keys(turn.at)).toEqual(expect.arrayContaining(['queued', 'running']));
    for (const tenant of served) {
      const skipped = tenant === lane.tenant ? 0 : (passedOver.get(tenant) ?? 0) + 1;
      expect(skipped).toBeLessThan(TENANTS.length);
      passedOver.set(tenant, skipped);
    }
    world.delist(lane);
    lane.holder = { turn, dying: mortal, posting: false };
    world.served.add(lane.tenant);
    forgetUnserved();
    return true;
  }

  const laneOf = ({ turn }: Holder) => lanes.get(turn.lane) as ModelLane;

  async function post(n: number): Promise<void> {
    const holder = pick(holders(), n);
    if (!holder) return;
    // Also a second time: an answer that was lost is asked for again.
    expect(await steady.post(holder.turn, OUTCOME)).toBe(true);
    holder.posting = true;
    world.question(holder.turn.id).settled = true;
    expect(await steady.read(holder.turn.id)).toMatchObject({ state: 'posting', outcome: OUTCOME });
  }

  async function finish(n: number, state: TurnEnd): Promise<void> {
    const holder = pick(holders(), n);
    if (!holder) return;
    const { turn } = holder;
    const lane = laneOf(holder);
    const answer = await owes(
      ({ wake }) => wake,
      () => steady.finish(turn, state, `as ${state}`),
      () => {
        world.free(lane);
        lane.queue.shift();
        world.end(turn.id, state, `as ${state}`);
        world.enlist(lane);
      },
    );
    expect(answer.held).toBe(true);
  }

  async function release(n: number): Promise<void> {
    const holder = pick(holders(), n);
    if (!holder) return;
    const lane = laneOf(holder);
    await owes(
      (wake: boolean) => wake,
      () => steady.release(holder.turn),
      () => {
        world.free(lane);
        world.enlist(lane, true);
      },
    );
  }

  const { park, signIn } = createSignIns({ redis, prefix, lanes: steady, world, owes, pick, laneOf });

  /** Somebody stops a turn by its id, or the first of a lane, alone or with all that wait behind it. */
  async function stop(n: number, all: boolean, named: boolean): Promise<void> {
    const byLane = n % 2 === 0;
    const entry = pick(world.all(), n >> 1);
    const turn = byLane ? entry?.queue[0] : pick([...turns.keys()], n >> 1);
    // Some wishes have a name, and there are few names, so that many are heard again.
    const claim = byLane && named ? `wish-${n % 5}` : undefined;
    const request = { reason: 'person', by: 'U1', all, ...(claim ? { claim } : {}) } as const;
    const before = claim && world.wishes.has(claim) ? await dump(redis, prefix) : undefined;
    const stopped = byLane
      ? (await operator.stopLanes([entry?.name ?? 'nowhere'], request))?.[0]
      : await operator.stopTurn(turn ?? 'never asked', request);
    if (before) {
      expect(stopped).toBeUndefined();
      expect(await dump(redis, prefix)).toEqual(before);
      return;
    }
    if (claim) world.wishes.add(claim);
    if (turn === undefined || world.dropped.has(turn)) return expect(stopped?.outcome).toBe('none');
    const phase = phaseOf(turn);
    if (phase === 'ended') return expect(stopped?.outcome).toBe('ended');
    const { lane, settled } = world.question(turn);
    const others = world.waitingIn(lane).filter((other) => other !== turn);
    expect(stopped).toEqual({
      outcome: phase === 'waiting' ? 'cancelled' : settled ? 'posting' : 'stopping',
      turnId: turn,
      cancelled: all ? others.length : 0,
      waiting: all ? 0 : others.length,
    });
    if (all) for (const other of others) world.cancel(other, 'person');
    if (phase === 'waiting') world.cancel(turn, 'person');
    else if (!settled) {
      world.askToStop(turn, 'person');
      if (lane.aside) world.enlist(lane);
    }
    forgetUnserved();
  }

  async function togglePause(): Promise<void> {
    if (world.paused) expect(await operator.resume()).toBe(TENANTS.flatMap(world.orderOf).length);
    else {
      expect(await operator.pause('ops', 'maintenance')).toBe(true);
      expect(await operator.pause('ops', 'again')).toBe(false);
    }
    world.paused = !world.paused;
    expect((await operator.paused())?.reason).toBe(world.paused ? 'maintenance' : undefined);
    forgetUnserved();
  }

  async function drop(n: number): Promise<void> {
    const turn = pick([...turns.keys()], n);
    if (turn === undefined) return;
    const listed = world.dead.includes(turn) && !world.dropped.has(turn);
    expect(await operator.drop(turn)).toBe(listed);
    if (listed) world.dropped.add(turn);
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
    const lost = pick(world.stale, n);
    const asked = [...some.map((holder) => holder.turn), ...(lost ? [lost] : [])];
    if (asked.length === 0) return;
    const renewal = await steady.renew(asked);
    expect(renewal.lost).toEqual(lost ? [lost.lane] : []);
    const wanted = some.flatMap(({ turn }) => {
      const why = world.question(turn.id).stop;
      return why === undefined ? [] : [[turn.lane, why]];
    });
    expect([...renewal.stops]).toEqual(wanted);
    for (const holder of some) holder.dying = false;
  }

  /** Every lane that is ready by now has waited for long: all that a worker could be given want a wake. */
  async function sweep(): Promise<void> {
    const old = TENANTS.flatMap(world.orderOf);
    for (const lane of old) await redis.zincrby(`${prefix}:ready`, -LONG_AGO, lane);
    const dead = holders().filter((holder) => holder.dying);
    const { recovered, overlooked } = await steady.sweep();
    expect(recovered).toBe(dead.length);
    for (const holder of dead) {
      const lane = laneOf(holder);
      world.free(lane);
      world.question(holder.turn.id).crashes += 1;
      world.enlist(lane, true);
    }
    expect(overlooked).toBe(Math.min(old.length, world.servable()));
    // Which of several dead workers was found first is the clock's.
    for (const tenant of TENANTS) {
      const list = await redis.lrange(`${prefix}:ready:${tenant}`, 0, -1);
      const order = world.orderOf(tenant);
      const front = dead.filter(({ turn }) => order.includes(turn.lane)).length;
      expect(list.slice(0, front).toSorted()).toEqual(order.slice(0, front).toSorted());
      order.splice(0, order.length, ...list);
    }
    forgetUnserved();
  }

  /** A worker that lost its lane tries to write: it is told so, and not one byte in Redis changes. */
  async function staleWrite(n: number): Promise<void> {
    const turn = pick(world.stale, n);
    if (!turn) return;
    const before = await dump(redis, prefix);
    const posted = [{ id: 'stale', streaming: true }];
    expect(await steady.note(turn, { sawWrite: true, posted })).toBe(false);
    expect(await steady.post(turn, OUTCOME)).toBe(false);
    expect(await steady.finish(turn, 'failed', 'stale')).toEqual({ held: false, wake: false });
    expect(await steady.release(turn)).toBe(false);
    const seen = { record: 'none', field: 'none', value: '' };
    expect(await steady.park(turn, seen, 1_000)).toEqual({ held: false, aside: false, wake: false });
    expect((await steady.renew([turn])).lost).toEqual([turn.lane]);
    expect(await dump(redis, prefix)).toEqual(before);
  }

  /** An edit of one of the messages that were delivered, by its author or by somebody else, in any order. */
  async function edit(n: number, editor: string): Promise<void> {
    const claim = pick([...claims.keys(), 'never delivered'], n) ?? '';
    const turn = claims.get(claim) ?? '';
    const question = world.dropped.has(turn) ? undefined : turns.get(turn);
    const stamp = `1700000000.${String(n % 16).padStart(6, '0')}`;
    const text = `edit ${n}`;
    const outcome = await changes.amendQuestion({ claim, editor, text, files: [], stamp });
    if (question?.sender !== editor) return expect(outcome).toBe('unknown');
    const phase = phaseOf(turn);
    if (phase === 'waiting' && stamp > question.stamp) {
      Object.assign(question, { text, stamp });
      return expect(outcome).toBe('amended');
    }
    expect(outcome).toBe(phase === 'running' && question.text !== text ? 'running' : 'unchanged');
  }

  /** A deletion of a delivered message, or of one that is delivered later. */
  async function remove(n: number): Promise<void> {
    const claim = pick([...claims.keys(), `event:T1:${n % 21}`], n) ?? '';
    const turn = claims.get(claim);
    const outcome = await changes.cancelQuestion(claim);
    if (turn === undefined) claims.set(claim, 'closed');
    if (turn === undefined || !turns.has(turn) || world.dropped.has(turn))
      return expect(outcome).toBe('unknown');
    const phase = phaseOf(turn);
    expect(outcome).toBe(phase === 'waiting' ? 'cancelled' : phase);
    if (phase !== 'waiting') return;
    expect(await changes.placeOf(turn)).toBeUndefined();
    world.cancel(turn, 'question deleted');
    forgetUnserved();
  }

  async function compareOpen(): Promise<void> {
    const open = (await operator.openTurns()).map(({ id }) => id);
    expect(open.toSorted()).toEqual(
      world
        .all()
        .flatMap((lane) => lane.queue)
        .toSorted(),
    );
  }

  const compare = () => compareWithRedis(redis, prefix, world);

  /** Lets healthy workers do the rest, then looks at what is left in Redis. */
  async function drain(): Promise<void> {
    if (world.paused) await togglePause();
    for (const tenant of TENANTS) for (const id of ['U1', 'U2']) await signIn(tenant, id);
    await sweep();
    await compareOpen();
    while ((await claim(false)) || holders().length > 0) await finish(0, 'done');
    await compare();
    await compareRemains(redis, prefix, world);
  }

  return {
    /** Workers tell how many slots they have. */
    async begin(): Promise<void> {
      if (rules.slots === 0) return;
      await steady.sweep({ name: 'worker', slots: rules.slots });
      await redis.persist(`${prefix}:slots`);
    },
    accept,
    claim,
    finish,
    post,
    stop,
    togglePause,
    drop,
    release,
    park,
    signIn,
    note,
    renew,
    sweep,
    edit,
    remove,
    staleWrite,
    compare,
    compareOpen,
    drain,
  };
}
