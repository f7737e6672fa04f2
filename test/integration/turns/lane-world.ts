import type { LaneSettings } from '../../../src/turns/lanes.ts';
import type { TurnEnd } from '../../../src/turns/states.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';

export interface Rules extends Pick<LaneSettings, 'policy' | 'tenantAtOnce'> {
  /** Of all workers; 0: nobody has told. */
  readonly slots: number;
}
export const TENANTS = ['T1', 'T2', 'T3'] as const;

export interface Holder {
  readonly turn: ClaimedTurn;
  /** Claimed with a lease of no length: the next sweep finds it dead unless it is renewed before. */
  dying: boolean;
  /** Its outcome was put on record by this holder. */
  posting: boolean;
}

export interface ModelLane {
  readonly name: string;
  readonly tenant: string;
  readonly queue: string[];
  holder?: Holder | undefined;
  /** Its question waits until this person has signed in. */
  aside?: string | undefined;
}

export interface Question {
  readonly lane: ModelLane;
  readonly sender: string;
  text: string;
  /** Of its newest edit. */
  stamp: string;
  attempts: number;
  crashes: number;
  /** Why somebody wants it to end. */
  stop?: string;
  /** Its outcome is on record. */
  settled?: true;
  end?: { readonly state: TurnEnd; readonly reason: string };
}

export type LaneWorld = ReturnType<typeof createLaneWorld>;

/** What the lanes promise, without Redis: plain lists and counts. */
export function createLaneWorld(rules: Rules) {
  const lanes = new Map<string, ModelLane>();
  const turns = new Map<string, Question>();
  /** The ready lanes of each tenant, in the order in which they are served. */
  const order = new Map<string, string[]>(TENANTS.map((tenant) => [tenant, []]));

  const all = () => [...lanes.values()];
  const orderOf = (tenant: string) => order.get(tenant) as string[];
  const held = () => all().filter((lane) => lane.holder !== undefined);
  const running = (tenant: string) => held().filter((lane) => lane.tenant === tenant).length;
  const served = new Set<string>();
  /** Who runs more than one above an equal share leaves the last tenth of the slots to the others. */
  const unreserved = (tenant: string) =>
    rules.slots > 0 && served.size > 1 && (running(tenant) - 1) * served.size > held().length
      ? rules.slots - Math.ceil(rules.slots / 10) - held().length
      : Number.POSITIVE_INFINITY;
  const isWaiting = (turn: string) => phaseOf(turn) === 'waiting';

  const phaseOf = (turn: string): 'waiting' | 'running' | 'ended' => {
    const question = turns.get(turn);
    if (!question || question.end) return 'ended';
    return question.attempts > 0 ? 'running' : 'waiting';
  };

  const world = {
    lanes,
    turns,
    claims: new Map<string, string>(),
    threads: new Set<string>(),
    /** Runs that have lost their lane, or ended. */
    stale: [] as ClaimedTurn[],
    /** Turns that ended badly, oldest first. */
    dead: [] as string[],
    dropped: new Set<string>(),
    wishes: new Set<string>(),
    paused: false,
    lastFence: 0,
    /** Tenants that were given something. */
    served,

    all,
    orderOf,
    held,
    holders: () => held().map((lane) => lane.holder as Holder),
    running,
    phaseOf,
    readyTenants: () => TENANTS.filter((tenant) => orderOf(tenant).length > 0),
    /** How many lanes of these tenants a worker would be given now, one after another. */
    servable: (tenants: readonly string[] = TENANTS): number => {
      if (world.paused) return 0;
      const capped = (tenant: string) =>
        rules.tenantAtOnce === 0 ? Number.POSITIVE_INFINITY : rules.tenantAtOnce - running(tenant);
      const most = (tenant: string) => Math.max(0, Math.min(capped(tenant), unreserved(tenant)));
      return tenants.reduce((sum, tenant) => sum + Math.min(orderOf(tenant).length, most(tenant)), 0);
    },
    question: (turn: string) => turns.get(turn) as Question,
    waitingIn: (lane: ModelLane) => lane.queue.filter(isWaiting),

    enlist(lane: ModelLane, front = false): void {
      const list = orderOf(lane.tenant);
      if (lane.queue.length === 0 || lane.holder || list.includes(lane.name)) return;
      lane.aside = undefined;
      if (front) list.unshift(lane.name);
      else list.push(lane.name);
    },
    delist(lane: ModelLane): void {
      const list = orderOf(lane.tenant);
      if (list.includes(lane.name)) list.splice(list.indexOf(lane.name), 1);
    },
    /** A question that nobody has begun leaves its lane. */
    cancel(turn: string, reason: string): void {
      const question = world.question(turn);
      question.end = { state: 'stopped', reason };
      const { lane } = question;
      lane.queue.splice(lane.queue.indexOf(turn), 1);
      if (lane.queue.length > 0) return;
      lane.aside = undefined;
      world.delist(lane);
    },
    /** The first wish to end a turn counts. */
    askToStop(turn: string, reason: string): void {
      world.question(turn).stop ??= reason;
    },
    end(turn: string, state: TurnEnd, reason: string): void {
      world.question(turn).end = { state, reason };
      if (state === 'failed' || state === 'unknown') world.dead.push(turn);
    },
    /** The holder of this lane is gone. */
    free(lane: ModelLane): void {
      if (lane.holder) world.stale.push(lane.holder.turn);
      lane.holder = undefined;
    },
  };
  return world;
}
