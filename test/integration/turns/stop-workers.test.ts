import { afterEach, beforeAll, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import type { AgentEvent } from '../../../src/contract/events.ts';
import { type AgentCall, runTurn } from '../../../src/turns/run-turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { end, numbered, text } from '../../unit/turns/agent-events.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';
import { scriptedRun } from './turn-bench.ts';

let url: string;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  url = await testRedis();
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/**
 * Sessions of an agent that goes on whatever becomes of its connection, as on AgentCore: only StopRuntimeSession ends a
 * run that hangs. Questions that begin with `hang` do.
 */
function createSessions() {
  const runs = new Map<string, string>();
  const log: string[] = [];
  return {
    log,
    async *invoke({ sessionId, invocation, signal }: AgentCall): AsyncGenerator<AgentEvent> {
      const { mode, turnId, prompt } = invocation;
      const busy = runs.get(sessionId);
      log.push(`${mode} ${prompt}${busy && busy !== turnId ? ' in a busy session' : ''}`);
      runs.set(sessionId, turnId);
      yield* numbered([text(`about ${prompt}`)]);
      if (prompt.startsWith('hang')) {
        await new Promise<void>((_, reject) => {
          if (signal.aborted) reject(signal.reason as Error);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      }
      runs.delete(sessionId);
      yield* numbered([end()], 2);
    },
    async stopSession(sessionId: string): Promise<void> {
      log.push('session stopped');
      runs.delete(sessionId);
    },
  };
}

function startWorker(rig: Rig, sessions: ReturnType<typeof createSessions>) {
  const { deps, finals } = scriptedRun(rig, {
    more: {
      invoke: sessions.invoke,
      stopSession: sessions.stopSession,
      sessionOf: (turn) => Promise.resolve({ session: `session-of-${turn.lane}`, listed: '' }),
      wake: rig.wakes.add,
    },
  });
  rig.startWorker((turn, hold) => runTurn(deps, turn, hold));
  return { finals };
}
const rigOn = (at: string, leaseMs?: number) => {
  const rig = createRig(at, leaseMs === undefined ? {} : { leaseMs });
  closers.push(() => rig.close());
  return rig;
};
const lane = laneId(message().key, message().sender);
const person = { reason: 'person', by: 'T1:U1' } as const;

it('a stop reaches the turn on whichever worker it runs; the next question begins in a session that is free', async () => {
  const rig = rigOn(url);
  const sessions = createSessions();
  const workers = [startWorker(rig, sessions), startWorker(rig, sessions)];
  const { acceptTurn } = rig.accept();
  await acceptTurn(message({ text: 'hang one' }));
  await eventually('it runs', () => sessions.log.includes('start hang one'));
  await acceptTurn(message({ text: 'hang two' }));
  await acceptTurn(message({ text: 'three' }));
  await rig.operator.stopLanes([lane], person);
  await eventually('the second runs', () => sessions.log.includes('start hang two'));
  await rig.operator.stopLanes([lane], person);
  await eventually('all have ended', async () => (await rig.lanes.depth()).turns.done === 1);
  expect(sessions.log).toEqual([
    'start hang one',
    'session stopped',
    'start hang two',
    'session stopped',
    'start three',
  ]);
  const finals = workers.flatMap((worker) => worker.finals);
  expect(new Map(finals.map((view) => [view.text, view.notice?.code]))).toEqual(
    new Map([
      ['about hang one', 'stopped'],
      ['about hang two', 'stopped'],
      ['about three', undefined],
    ]),
  );
  expect(finals).toHaveLength(3);
});

it('stop all ends what runs and what waits, and lets what is asked afterwards be answered', async () => {
  const rig = rigOn(url);
  const sessions = createSessions();
  startWorker(rig, sessions);
  startWorker(rig, sessions);
  const { acceptTurn } = rig.accept();
  await acceptTurn(message({ text: 'hang one' }));
  await eventually('it runs', () => sessions.log.length > 0);
  await acceptTurn(message({ text: 'two' }));
  await acceptTurn(message({ text: 'three' }));
  const stopped = await rig.operator.stopLanes([lane], { ...person, all: true });
  expect(stopped).toMatchObject([{ outcome: 'stopping', cancelled: 2, waiting: 0 }]);
  await acceptTurn(message({ text: 'four' }));
  await eventually('the last is answered', async () => (await rig.lanes.depth()).turns.done === 1);
  expect(sessions.log).toEqual(['start hang one', 'session stopped', 'start four']);
  expect((await rig.lanes.depth()).turns.stopped).toBe(3);
});

it('a stop of a turn whose worker has lost Redis is done by another, who asks the agent nothing', async () => {
  const proxy = await startCountingProxy(url);
  const rig = rigOn(url, 1_500);
  const sessions = createSessions();
  // The same lanes, through a line that will be cut.
  const cutOff = createRig(proxy.url, { leaseMs: 1_500, prefix: rig.prefix });
  closers.push(() => cutOff.close());
  startWorker(cutOff, sessions);
  await rig.accept().acceptTurn(message({ text: 'hang one' }));
  await eventually('it runs', () => sessions.log.length > 0);
  await proxy.close();
  expect(await rig.operator.stopLanes([lane], person)).toMatchObject([{ outcome: 'stopping' }]);
  const { finals } = startWorker(rig, sessions);
  await eventually('it has ended', async () => (await rig.lanes.depth()).turns.stopped === 1);
  expect(sessions.log).toEqual(['start hang one', 'session stopped']);
  expect(finals.map((view) => view.notice?.code)).toEqual(['stopped']);
});
