import { expect } from 'vitest';
import type { Connection } from '../../../src/store/connection.ts';
import { dump } from './dump.ts';
import { type LaneWorld, TENANTS } from './lane-world.ts';

/** Everything in Redis that is the same whatever the clock says, beside what the model says. */
export async function compareWithRedis(redis: Connection, prefix: string, world: LaneWorld): Promise<void> {
  const read = redis.pipeline();
  for (const tenant of TENANTS) read.lrange(`${prefix}:ready:${tenant}`, 0, -1);
  read.lrange(`${prefix}:ring`, 0, -1);
  read.zrange(`${prefix}:ready`, '0', '-1');
  read.zrange(`${prefix}:leases`, '0', '-1');
  read.hgetall(`${prefix}:running`);
  read.zrange(`${prefix}:dead`, '0', '-1');
  read.exists(`${prefix}:paused`);
  read.zrange(`${prefix}:parked`, '0', '-1');
  read.hgetall(`${prefix}:counts`);
  const lanes = world.all();
  for (const lane of lanes) read.lrange(`${prefix}:lane:${lane.name}`, 0, -1);
  const held = world.held();
  for (const lane of held) read.hmget(`${prefix}:lease:${lane.name}`, 'turn', 'fence', 'stop', 'tenant');
  const answers = ((await read.exec()) ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
  const lists = answers.splice(0, TENANTS.length);
  const [ring, ready, leases, running, dead, paused, parked, counts] = answers.splice(0, 8);
  const queues = answers.splice(0, lanes.length);

  expect(lists).toEqual(TENANTS.map((tenant) => world.orderOf(tenant)));
  // A lane is ready exactly when it has turns, no lease, and nobody to wait for; a tenant is in the ring exactly when it
  // has ready lanes.
  const idle = lanes
    .filter((lane) => lane.queue.length > 0 && !lane.holder && !lane.aside)
    .map((lane) => lane.name);
  expect((ready as string[]).toSorted()).toEqual(idle.toSorted());
  const aside = lanes.filter((lane) => lane.aside).map((lane) => lane.name);
  expect((parked as string[]).toSorted()).toEqual(aside.toSorted());
  expect((ring as string[]).toSorted()).toEqual(world.readyTenants());
  expect(queues).toEqual(lanes.map((lane) => lane.queue));
  expect((leases as string[]).toSorted()).toEqual(held.map((lane) => lane.name).toSorted());
  expect(answers).toEqual(
    held.map(({ holder, tenant }) => [
      holder?.turn.id,
      holder?.turn.fence,
      world.question(holder?.turn.id ?? '').stop ?? '',
      tenant,
    ]),
  );
  const atOnce = TENANTS.map((tenant) => [tenant, world.running(tenant)] as const).filter(([, n]) => n > 0);
  expect(running).toEqual(Object.fromEntries(atOnce.map(([tenant, n]) => [tenant, String(n)])));
  expect(new Set(dead as string[])).toEqual(new Set(world.dead.filter((turn) => !world.dropped.has(turn))));
  expect(paused).toBe(world.paused ? 1 : 0);
  expect(countsOf(counts as Record<string, string>)).toEqual(expectedCounts(world));
}

/** What a question waits for makes no difference to the sum of those that wait. */
function countsOf(counts: Readonly<Record<string, string>>): Record<string, number> {
  const { queued = '0', received = '0', awaiting_link: aside = '0', ...rest } = counts;
  const all = { waiting: Number(queued) + Number(received) + Number(aside), ...rest };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, n]) => (Number(n) === 0 ? [] : [[name, Number(n)]])),
  );
}

function expectedCounts(world: LaneWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const [id, { end, lane }] of world.turns) {
    const holder = lane.holder?.turn.id === id ? lane.holder : undefined;
    if (end) add(end.state);
    else if (holder) add(holder.posting ? 'posting' : 'running');
    else add('waiting');
  }
  return counts;
}

/** At the end every turn has ended as the model says, and nothing is left but what is kept for a time. */
export async function compareRemains(redis: Connection, prefix: string, world: LaneWorld): Promise<void> {
  const kept = [...world.turns].filter(([id]) => !world.dropped.has(id));
  const read = redis.pipeline();
  for (const [id] of kept) {
    read.hmget(`${prefix}:turn:${id}`, 'state', 'reason', 'attempt', 'crashes', 'outcome');
    read.ttl(`${prefix}:turn:${id}`);
  }
  const answers = ((await read.exec()) ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
  for (const [i, [, question]] of kept.entries()) {
    const [record, ttl] = [answers[2 * i], answers[2 * i + 1]];
    const crashes = question.crashes === 0 ? null : String(question.crashes);
    const { state, reason } = question.end ?? { state: 'open', reason: '' };
    // That it was begun once goes without saying.
    const attempts = question.attempts === 1 ? null : String(question.attempts);
    expect(record).toEqual([state, reason, attempts, crashes, null]);
    expect(ttl).toBeGreaterThan(0);
  }
  const left = Object.keys(await dump(redis, prefix));
  const families = left.map((name) => name.split(':')[0]);
  const names = world.claims.size + world.wishes.size;
  expect(new Set(families)).toEqual(
    new Set([
      ...(names > 0 ? ['claim'] : []),
      ...(world.turns.size > 0 ? ['counts', 'thread'] : []),
      ...(kept.length > 0 ? ['turn'] : []),
      ...(world.dead.some((turn) => !world.dropped.has(turn)) ? ['dead'] : []),
      ...(world.lastFence > 0 ? ['fence', 'era', 'served'] : []),
      ...left.filter((name) => name === 'slots' || name === 'workers'),
    ]),
  );
  expect(families.filter((family) => family === 'claim')).toHaveLength(names);
  if (left.length > 0) await redis.unlink(left.map((name) => `${prefix}:${name}`));
}
