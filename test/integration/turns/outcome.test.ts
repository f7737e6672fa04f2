import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../../src/contract/events.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { testRedis } from '../../setup/redis.ts';
import { end, failure, numbered, text } from '../../unit/turns/agent-events.ts';
import { createRig, type Rig, withLanes } from './rig.ts';
import { answers, benchOn, refuses, says } from './turn-bench.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

const bench = benchOn(() => rig);
const dies = () => Promise.reject(new Error('the process is gone'));

/** As if the lease of a dead worker had run out. */
async function takeBack(turn: ClaimedTurn): Promise<void> {
  await rig.redis.zadd(`${rig.prefix}:leases`, 'XX', 1, turn.lane);
  expect((await rig.lanes.sweep()).recovered).toBe(1);
}

/** Runs the turn on a worker that dies at `moment`. Answers the turn as that worker had it. */
async function lose(
  moment: 'before it was shown' | 'after it was shown',
  agent: Parameters<typeof bench>[0]['agent'] = [answers],
) {
  const options =
    moment === 'before it was shown'
      ? { finish: dies }
      : { more: { lanes: withLanes(rig.lanes, { finish: dies }) } };
  const first = await bench({ agent: agent ?? [], ...options });
  const turn = await first.claim();
  await first.run(turn);
  expect(await first.state()).toBe('posting');
  await takeBack(turn);
  return { first, turn };
}

/** The next worker; an agent that is asked at all fails the test unless `agent` has an answer for it. */
async function takeUp(agent: Parameters<typeof bench>[0]['agent'] = []) {
  const next = await rig.lanes.claim('next');
  if (!next) throw new Error('nothing was ready');
  const successor = await bench({ agent, text: 'somebody else asks' });
  await successor.run(next);
  return { successor, next };
}

describe('an outcome that was on record when its worker died', () => {
  it.each(['before it was shown', 'after it was shown'] as const)(
    '%s is shown by the next one, who needs no agent for it',
    async (moment) => {
      const { turn } = await lose(moment);
      const { successor, next } = await takeUp();
      expect(next).toMatchObject({
        id: turn.id,
        attempt: 2,
        crashes: 1,
        outcome: { view: { text: 'Two instances.' } },
      });
      expect(successor.calls).toEqual([]);
      expect(successor.finals).toEqual([{ text: 'Two instances.', tasks: [], feedback: true }]);
      expect(successor.ends).toEqual(['done: answered']);
      const ended = await rig.lanes.read(turn.id);
      expect(ended).toMatchObject({ state: 'done', reason: 'answered' });
      expect(ended?.outcome).toBeUndefined();
    },
  );

  it('keeps the notice, the end and the reason of a failure', async () => {
    const broken = says(text('Two'), failure('model_throttled'), end());
    const { first, turn } = await lose('after it was shown', [broken]);
    const { successor } = await takeUp();
    expect(successor.calls).toEqual([]);
    expect(successor.finals).toEqual(first.finals);
    expect(successor.finals[0]?.notice?.code).toBe('agent_busy');
    expect(await rig.lanes.read(turn.id)).toMatchObject({ state: 'failed', reason: 'model_throttled' });
  });

  it('holds no personal data in its reason, also while the turn has not ended', async () => {
    const b = await bench({ agent: [] });
    const turn = await b.claim();
    const view = { text: 'Two', tasks: [] };
    const reason = 'guardrail_unavailable: unavailable (no route to 203.0.113.9 for bob@example.com)';
    expect(await rig.lanes.post(turn, { end: 'failed', view, reason })).toBe(true);
    const record = await rig.lanes.read(turn.id);
    expect(record).toMatchObject({ state: 'posting', outcome: { end: 'failed', view } });
    expect(record?.outcome?.reason).toBe('guardrail_unavailable: unavailable (no route to [ip] for [email])');
  });

  it('that is a notice alone is put in the same place again, not below itself', async () => {
    const { first, turn } = await lose('after it was shown', [refuses('agent_denied', 'no')]);
    expect((await rig.lanes.read(turn.id))?.posted).toHaveLength(1);
    const { successor } = await takeUp();
    expect(successor.finals).toEqual(first.finals);
    expect(successor.finals[0]?.keep).toBeUndefined();
  });

  it('is shown by whoever comes third as well', async () => {
    await lose('before it was shown');
    const second = await bench({ agent: [], finish: dies, text: 'somebody else asks' });
    const turn = await rig.lanes.claim('second');
    if (!turn) throw new Error('nothing was ready');
    await second.run(turn);
    await takeBack(turn);
    const { successor, next } = await takeUp();
    expect(next).toMatchObject({ attempt: 3, crashes: 2 });
    expect(successor.calls).toEqual([]);
    expect(successor.finals[0]?.text).toBe('Two instances.');
  });

  it('cannot be stopped any more, also while no worker has it', async () => {
    const { turn } = await lose('before it was shown');
    const stopped = await rig.operator.stopTurn(turn.id, { reason: 'person', by: 'T1:U1' });
    expect(stopped.outcome).toBe('posting');
    const { successor } = await takeUp();
    expect(successor.finals[0]?.notice).toBeUndefined();
  });
});

describe('an outcome that is not on record', () => {
  const file: Omit<Extract<AgentEvent, { type: 'file' }>, 'seq'> = {
    type: 'file',
    name: 'cpu.png',
    mediaType: 'image/png',
    base64: 'iVBORw0KGgo=',
    title: 'CPU',
    alt: 'a line',
  };

  it.each([
    ['has files', says(text('See:'), file, end())],
    ['is too long', says(text('x'.repeat(200_001)), end())],
  ])('because it %s is asked for again: the run is attached to', async (_, agent) => {
    const { first, turn } = await lose('before it was shown', [agent]);
    expect((await rig.lanes.read(turn.id))?.outcome).toBeUndefined();
    const { successor } = await takeUp([agent]);
    expect(first.calls.map((call) => call.mode)).toEqual(['start']);
    expect(successor.calls.map((call) => call.mode)).toEqual(['attach']);
    expect(await rig.lanes.read(turn.id)).toMatchObject({ state: 'done' });
  });

  it('because another version wrote it is asked for again', async () => {
    const { turn } = await lose('before it was shown');
    await rig.redis.hset(`${rig.prefix}:turn:${turn.id}`, 'outcome', '{"v":9}');
    const { successor } = await takeUp([answers]);
    expect(successor.calls.map((call) => call.mode)).toEqual(['attach']);
    expect(successor.finals[0]?.text).toBe('Two instances.');
  });

  it('because Redis did not take it is not shown either', async () => {
    const b = await bench({ agent: [answers], more: { lanes: withLanes(rig.lanes, { post: dies }) } });
    await b.runNext();
    expect(b.finals).toEqual([]);
    expect(await b.state()).toBe('running');
  });

  it('because the lane is lost is not shown either', async () => {
    const b = await bench({
      agent: [
        async function* () {
          await b.takeOver(turn);
          yield* numbered([text('Two instances.'), end()]);
        },
      ],
    });
    const turn = await b.claim();
    await b.run(turn);
    expect(b.finals).toEqual([]);
    expect(await b.state()).toBe('running');
  });
});

describe('what an earlier worker had shown', () => {
  const shownBefore = async (b: Awaited<ReturnType<typeof bench>>) => {
    const lost = await b.claim();
    await rig.lanes.note(lost, { posted: [{ id: '1.1', streaming: true }], sawWrite: true });
    await rig.lanes.release(lost);
  };

  it('stays where its successor has nothing to put in its place', async () => {
    const b = await bench({ agent: [says(failure('turn_unknown'), end())] });
    await shownBefore(b);
    await b.runNext();
    expect(b.finals).toEqual([
      { text: '', tasks: [], keep: true, notice: expect.objectContaining({ code: 'outcome_unknown' }) },
    ]);
  });

  it('is replaced by an answer', async () => {
    const b = await bench({ agent: [answers] });
    await shownBefore(b);
    await b.runNext();
    expect(b.finals).toEqual([{ text: 'Two instances.', tasks: [], feedback: true }]);
  });

  it('stays, with the same notice, when the worker that left it there dies as well', async () => {
    const b = await bench({ agent: [says(failure('turn_unknown'), end())], finish: dies });
    await shownBefore(b);
    const turn = await b.claim();
    await b.run(turn);
    await takeBack(turn);
    const { successor } = await takeUp();
    expect(successor.calls).toEqual([]);
    expect(successor.finals[0]).toMatchObject({ keep: true, notice: { code: 'outcome_unknown' } });
  });
});
