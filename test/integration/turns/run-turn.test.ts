import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TURN_UNKNOWN } from '../../../src/contract/events.ts';
import type { Hold } from '../../../src/turns/leases.ts';
import { LaneLost, ReplyRefused } from '../../../src/turns/reply.ts';
import { HandedOver } from '../../../src/turns/run-turn.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { end, failure, numbered, text, tool } from '../../unit/turns/agent-events.ts';
import { message } from './messages.ts';
import { createRig, gate, type Rig, withLanes } from './rig.ts';
import { answers, benchOn, hangs, refuses, says } from './turn-bench.ts';

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

const laneIsFree = async () => {
  const { readyLanes, activeLanes } = await rig.lanes.depth();
  return readyLanes === 0 && activeLanes === 0;
};

describe('running a turn', () => {
  it('shows the answer, ends the turn and frees the lane', async () => {
    const b = await bench({ agent: [answers] });
    await b.runNext();
    expect(b.shown[0]).toMatchObject({ text: '', status: expect.any(String) });
    expect(b.finals).toEqual([{ text: 'Two instances.', tasks: [], feedback: true }]);
    expect(b.calls.map((call) => call.invocation)).toEqual([
      {
        v: 1,
        mode: 'start',
        turnId: b.turnId,
        prompt: 'How many?',
        actor: { id: 'slack:T1:U1', name: '', groups: [] },
        session: { id: `session-${'x'.repeat(30)}` },
      },
    ]);
    expect(await rig.lanes.read(b.turnId)).toMatchObject({
      state: 'done',
      reason: 'answered',
      wordsGone: true,
    });
    expect(b.ends).toEqual(['done: answered']);
    expect(await laneIsFree()).toBe(true);
    expect(b.wakes()).toBe(0);
  });

  it('shows at once what the agent said at once, and puts on record first what took its time', async () => {
    const posted: string[] = [];
    const lanes = withLanes(rig.lanes, {
      post: (turn, outcome) => {
        posted.push(turn.id);
        return rig.lanes.post(turn, outcome);
      },
    });
    const quick = await bench({ agent: [answers], more: { lanes, monotonic: () => 0 } });
    await quick.runNext();
    expect(await quick.state()).toBe('done');
    expect(posted).toEqual([]);
    const change = await bench({
      agent: [says(tool('write'), text('Changed.'), end())],
      more: { lanes, monotonic: () => 0 },
    });
    await change.runNext();
    expect(posted).toEqual([change.turnId]);
    const failure = await bench({
      agent: [refuses('agent_denied', 'no')],
      more: { lanes, monotonic: () => 0 },
    });
    await failure.runNext();
    expect(posted).toEqual([change.turnId, failure.turnId]);
  });

  it('wakes for the next question of the lane, and ends well even if that fails', async () => {
    const b = await bench({
      agent: [answers],
      prepare: async () => void (await rig.lanes.accept('second', message())),
      more: { wake: () => Promise.reject(new Error('no queue')) },
    });
    await b.runNext();
    expect(b.ends).toEqual(['done: answered']);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });
  });

  it.each([
    ['', [], 'empty_question'],
    ['', ['a.pdf'], 'file_without_question'],
    ['help', [], 'help'],
  ])('answers %j with %j by itself', async (words, files, code) => {
    const b = await bench({ text: words, files, agent: [] });
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(b.finals).toEqual([{ text: '', tasks: [], notice: expect.objectContaining({ code }) }]);
    expect(await b.state()).toBe('done');
  });

  it.each([
    ['refuses us', [refuses('agent_denied', 'no')], 'failed', 'agent_misconfigured'],
    [
      'is throttled for good',
      Array.from({ length: 4 }, () => refuses('agent_throttled', 'no')),
      'failed',
      'agent_busy',
    ],
    [
      'cannot be reached',
      Array.from({ length: 4 }, () => refuses('agent_unreachable', 'no')),
      'failed',
      'agent_unreachable',
    ],
    ['breaks off for good', [says(text('Two')), says(), says(), says()], 'failed', 'agent_cut_off'],
    ['reports an error', [says(text('Two'), failure('boom'), end())], 'failed', 'agent_failed'],
    ['says nothing', [says(end())], 'failed', 'agent_failed'],
    ['is cut off by its length', [says(text('Two'), end('limit'))], 'done', 'answer_limited'],
    ['is blocked', [says(text('Two'), end('guardrail'))], 'blocked', 'answer_blocked'],
    ['wants an approval', [says(text('Two'), end('approval'))], 'failed', 'approval_unsupported'],
    ['was stopped', [says(text('Two'), end('cancelled'))], 'stopped', 'stopped'],
    [
      'vanishes in the middle of a change',
      [says(tool('write')), says(failure(TURN_UNKNOWN), end())],
      'unknown',
      'outcome_unknown',
    ],
  ] as const)('tells the person when the agent %s', async (_, agent, state, code) => {
    const b = await bench({ agent });
    await b.runNext();
    expect(b.finals).toEqual([expect.objectContaining({ notice: expect.objectContaining({ code }) })]);
    expect(b.calls).toHaveLength(agent.length);
    expect(await b.state()).toBe(state);
    expect(await laneIsFree()).toBe(true);
  });

  it('tells the person of a time-out and stops the silent session', async () => {
    const stopped: string[] = [];
    const b = await bench({
      agent: [hangs(() => undefined, text('Two'))],
      more: {
        totalMs: 10,
        stopSession(session) {
          stopped.push(session);
          return Promise.reject(new Error('already gone'));
        },
      },
    });
    await b.runNext();
    expect(b.finals).toEqual([
      expect.objectContaining({ text: 'Two', notice: expect.objectContaining({ code: 'agent_timeout' }) }),
    ]);
    expect(stopped).toHaveLength(1);
  });

  it('keeps what was shown and speaks of our own fault when something unexpected breaks', async () => {
    const b = await bench({
      agent: [
        async function* () {
          yield* numbered([text('Two')]);
          throw new TypeError('a bug');
        },
      ],
    });
    await b.runNext();
    expect(b.finals).toEqual([
      expect.objectContaining({ text: 'Two', notice: expect.objectContaining({ code: 'internal' }) }),
    ]);
    expect(await b.state()).toBe('failed');
    expect(await laneIsFree()).toBe(true);
  });

  it('invites nobody to ask again when something unexpected breaks after a change was begun', async () => {
    const b = await bench({
      agent: [
        async function* () {
          yield* numbered([tool('write')]);
          throw new TypeError('a bug');
        },
      ],
    });
    await b.runNext();
    expect(b.finals[0]?.notice).toMatchObject({ code: 'outcome_unknown', retry: false });
    expect(await b.state()).toBe('unknown');
  });

  it('gives a turn up with a message after five workers were lost over it, without asking the agent', async () => {
    const b = await bench({ agent: [] });
    const turn = await b.claim();
    await b.run({ ...turn, attempt: 6, crashes: 5 });
    expect(b.calls).toEqual([]);
    expect(b.finals[0]?.notice?.code).toBe('internal');
    expect(await b.state()).toBe('failed');
  });

  it('goes on after any number of orderly shutdowns', async () => {
    const b = await bench({ agent: [answers] });
    for (let i = 0; i < 8; i += 1) await rig.lanes.release(await b.claim());
    await b.runNext();
    expect(b.calls.map((call) => call.mode)).toEqual(['attach']);
    expect(await b.state()).toBe('done');
  });
});

describe('a turn that another worker began', () => {
  it('is attached to from its first event', async () => {
    const b = await bench({ agent: [answers] });
    await rig.lanes.release(await b.claim());
    await b.runNext();
    expect(b.calls[0]?.invocation).toMatchObject({ mode: 'attach', afterSeq: 0 });
    expect(b.finals[0]?.text).toBe('Two instances.');
  });

  it('is not begun again if that worker had seen a change, whatever became of the agent', async () => {
    const b = await bench({ agent: [says(failure(TURN_UNKNOWN), end())] });
    const first = await b.claim();
    await rig.lanes.note(first, { sawWrite: true });
    await rig.lanes.release(first);
    await b.runNext();
    expect(b.calls.map((call) => call.mode)).toEqual(['attach']);
    expect(b.finals[0]?.notice?.code).toBe('outcome_unknown');
    expect(await b.state()).toBe('unknown');
  });

  it('says how old it is, not how long this worker has had it', async () => {
    const b = await bench({
      agent: [hangs(() => undefined, tool('read'))],
      more: { now: () => Date.now() + 3_600_000 },
    });
    const first = await b.claim();
    await rig.lanes.note(first, { posted: [{ id: '1.1', streaming: false }] });
    await rig.lanes.release(first);
    let held: Hold | undefined;
    const running = b.run(await b.claim(), (hold) => {
      held = hold;
    });
    const times = () => b.shown.flatMap(({ status }) => status?.match(/ · .*/)?.[0] ?? []);
    await eventually('a time is said', () => times().length > 0);
    held?.abort(new HandedOver());
    await running;
    expect(times()[0]).toMatch(/^ · 1 h /);
  });

  it('puts a change on record before it goes on, so that the next worker knows', async () => {
    const hanging = gate();
    const b = await bench({ agent: [hangs(hanging.resolve, tool('write'))] });
    const turn = await b.claim();
    const running = b.run(turn, (hold) => void hanging.promise.then(() => hold.abort(new HandedOver())));
    await running;
    expect(await b.claim()).toMatchObject({ id: turn.id, sawWrite: true, attempt: 2 });
  });
});

describe('an agent of other make', () => {
  it('is on record as invoked before it is invoked', async () => {
    let onRecord: boolean | undefined;
    const b = await bench({
      canAttach: false,
      agent: [
        async function* () {
          onRecord = (await rig.lanes.read(b.turnId))?.invoked;
          yield* numbered([text('Two instances.'), end()]);
        },
      ],
    });
    await b.runNext();
    expect(onRecord).toBe(true);
    expect(await b.state()).toBe('done');
  });

  it('is not invoked a second time for a turn of a lost worker', async () => {
    const b = await bench({ canAttach: false, agent: [] });
    const first = await b.claim();
    await rig.lanes.note(first, { invoked: true });
    await rig.lanes.release(first);
    await b.runNext();
    expect(b.calls).toEqual([]);
    expect(b.finals[0]?.notice?.code).toBe('agent_cut_off');
    expect(await b.state()).toBe('unknown');
  });

  it('is invoked when the lost worker had not come that far', async () => {
    const b = await bench({ canAttach: false, agent: [answers] });
    await rig.lanes.release(await b.claim());
    await b.runNext();
    expect(b.calls.map((call) => call.mode)).toEqual(['start']);
    expect(await b.state()).toBe('done');
  });
});

describe('a turn that this worker may not end', () => {
  it('is left alone when the lane is lost in the middle: nothing is written, the reply is told to stop', async () => {
    const hanging = gate();
    const b = await bench({ agent: [hangs(hanging.resolve, text('Two'))] });
    const turn = await b.claim();
    let successor: ClaimedTurn | undefined;
    let before: unknown;
    await b.run(turn, (hold) => {
      void hanging.promise.then(async () => {
        successor = await b.takeOver(turn);
        before = await rig.redis.hgetall(`${rig.prefix}:turn:${turn.id}`);
        hold.abort(new LaneLost(turn.lane));
      });
    });
    expect(b.finals).toEqual([]);
    expect(b.ends).toEqual([]);
    expect(await rig.redis.hgetall(`${rig.prefix}:turn:${turn.id}`)).toEqual(before);
    expect(await rig.lanes.finish(successor as ClaimedTurn, 'failed', '')).toMatchObject({ held: true });
    expect(b.replySignal()?.aborted).toBe(true);
  });

  it('does not ask the agent when the lane was lost before it could', async () => {
    const b = await bench({ agent: [answers] });
    const turn = await b.claim();
    await b.takeOver(turn);
    await b.run(turn, (hold) => hold.abort(new LaneLost(turn.lane)));
    expect(b.calls).toEqual([]);
    expect(b.finals).toEqual([]);
  });

  it('is left alone when Redis refuses a note, and the reply and the agent are told to stop', async () => {
    const b = await bench({
      agent: [
        async function* () {
          await b.takeOver(turn);
          yield* numbered([text('Two'), tool('write'), end()]);
        },
      ],
    });
    const turn = await b.claim();
    await b.run(turn);
    expect(b.finals).toEqual([]);
    expect(b.shown.some((view) => view.tasks.length > 0)).toBe(false);
    expect(b.replySignal()?.aborted).toBe(true);
    expect(await rig.lanes.read(turn.id)).toMatchObject({ state: 'running', sawWrite: false });
  });

  it('is left alone when the lane is lost between the reply and its record', async () => {
    const b = await bench({
      agent: [answers],
      finish: async () => void (await b.takeOver(turn)),
    });
    const turn = await b.claim();
    await b.run(turn);
    expect(b.ends).toEqual([]);
    expect(await rig.lanes.read(turn.id)).toMatchObject({ state: 'running', posted: [] });
  });

  it('is handed over and woken for when the worker shuts down', async () => {
    const hanging = gate();
    const b = await bench({ agent: [hangs(hanging.resolve, text('Two'))] });
    const turn = await b.claim();
    await b.run(turn, (hold) => void hanging.promise.then(() => hold.abort(new HandedOver())));
    expect(b.finals).toEqual([]);
    expect(b.ends).toEqual([]);
    expect(b.wakes()).toBe(1);
    expect(await b.state()).toBe('queued');
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });
  });

  it('ends as failed, with the lane free, when the thread cannot be written to', async () => {
    const b = await bench({
      agent: [answers],
      finish: () => Promise.reject(new ReplyRefused('is_archived')),
      prepare: async () => void (await rig.lanes.accept('second', message())),
    });
    await b.runNext();
    expect(await b.state()).toBe('failed');
    expect(b.ends).toEqual(['failed: reply_refused']);
    expect(b.wakes()).toBe(1);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 1, activeLanes: 0 });
  });

  it('keeps its lane until the lease runs out when the platform is away, and is then taken up again', async () => {
    const b = await bench({ agent: [answers], finish: () => Promise.reject(new Error('no answer')) });
    await b.runNext();
    expect(await b.state()).toBe('posting');
    expect(b.ends).toEqual([]);
    expect(b.replySignal()?.aborted).toBe(true);
    expect(await rig.lanes.depth()).toMatchObject({ readyLanes: 0, activeLanes: 1 });
  });
});
