import { expect } from 'vitest';
import type { Connection } from '../../../src/store/connection.ts';
import type { Lanes } from '../../../src/turns/lanes.ts';
import { dump } from './dump.ts';
import type { Holder, LaneWorld, ModelLane } from './lane-world.ts';

export interface SignInsDeps {
  readonly redis: Connection;
  readonly prefix: string;
  readonly lanes: Pick<Lanes, 'park' | 'unpark' | 'read'>;
  readonly world: LaneWorld;
  /** Acts, changes the model, and compares the wakes that are owed. */
  readonly owes: <T>(
    wake: (answer: T) => boolean | number,
    act: () => Promise<T>,
    change: () => void,
  ) => Promise<T>;
  readonly pick: <T>(list: readonly T[], n: number) => T | undefined;
  readonly laneOf: (holder: Holder) => ModelLane;
}

/** Questions that wait until their author has signed in, beside the model. */
export function createSignIns({ redis, prefix, lanes, world, owes, pick, laneOf }: SignInsDeps) {
  /** Its author has to sign in: the question is set aside with its lane, unless they have just done so. */
  async function park(n: number): Promise<void> {
    const holder = pick(world.holders(), n);
    if (!holder) return;
    const { turn } = holder;
    const lane = laneOf(holder);
    const signedIn = { record: 'counts', field: 'signed_in', value: 'not yet' };
    if (n % 3 === 0) {
      const before = await dump(redis, prefix);
      expect(await lanes.park(turn, signedIn, 60_000)).toEqual({ held: true, aside: false, wake: false });
      return expect(await dump(redis, prefix)).toEqual(before);
    }
    // What has begun to be shown waits for nobody.
    if (holder.posting) return;
    const answer = await owes(
      ({ wake }) => wake,
      () => lanes.park(turn, { ...signedIn, value: '' }, 60_000),
      () => {
        world.free(lane);
        world.question(turn.id).attempts -= 1;
        lane.aside = turn.message.sender.id;
      },
    );
    expect(answer).toMatchObject({ held: true, aside: true });
    expect(await lanes.read(turn.id)).toMatchObject({ state: 'awaiting_link' });
  }

  /** Somebody has signed in: all that waits for them goes on, in no order that anybody has promised. */
  async function signIn(tenant: string, id: string): Promise<void> {
    const waiting = world.all().filter((lane) => lane.tenant === tenant && lane.aside === id);
    await owes(
      (wakes: number) => wakes,
      () => lanes.unpark({ tenant, id }),
      () => {
        for (const lane of waiting) world.enlist(lane);
      },
    );
    const order = world.orderOf(tenant);
    const list = await redis.lrange(`${prefix}:ready:${tenant}`, 0, -1);
    expect(list.toSorted()).toEqual(order.toSorted());
    order.splice(0, order.length, ...list);
  }

  return { park, signIn };
}
