import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StopRuntimeSessionCommand } from '@aws-sdk/client-bedrock-agentcore';
import { expect, onTestFinished, test } from 'vitest';
import { createAwsStandIn } from '../../../../local/aws/stand-in.ts';
import {
  ask,
  CUT_OFF,
  type Echo,
  errorOf,
  FIXTURE,
  invoke,
  isAlive,
  runtimeClient,
  sessionId,
  startStandIn,
  until,
} from './start.ts';

test('five sessions run in five processes and share no state', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const ids = ['a', 'b', 'c', 'd', 'e'].map(sessionId);
  const first = await Promise.all(ids.map((id) => ask(client, standIn, id)));
  expect(new Set(first.map((echo) => echo.pid)).size).toBe(5);
  const again = await Promise.all(ids.map((id) => ask(client, standIn, id)));
  expect(again.map((echo) => echo.pid)).toEqual(first.map((echo) => echo.pid));
  expect(again.map((echo) => echo.count)).toEqual([2, 2, 2, 2, 2]);
  const views = standIn.sessions();
  expect(views.map((view) => view.sessionId)).toEqual(ids);
  expect(views.map((view) => view.pid)).toEqual(first.map((echo) => echo.pid));
  expect(views.every((view) => view.state === 'ready')).toBe(true);
});

test('concurrent invocations of a new session start one process', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const echoes = await Promise.all(Array.from({ length: 6 }, () => ask(client, standIn, sessionId('same'))));
  expect(new Set(echoes.map((echo) => echo.pid)).size).toBe(1);
  expect(echoes.map((echo) => echo.count).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a stopped session begins afresh with the next invocation', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const id = sessionId('stop');
  const before = await ask(client, standIn, id);
  const stopped = await client.send(
    new StopRuntimeSessionCommand({ agentRuntimeArn: standIn.agentRuntimeArn, runtimeSessionId: id }),
  );
  expect(stopped.runtimeSessionId).toBe(id);
  expect(isAlive(before.pid)).toBe(false);
  const after = await ask(client, standIn, id);
  expect(after.pid).not.toBe(before.pid);
  expect(after.count).toBe(1);
});

test('an agent that ignores SIGTERM is killed', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const id = sessionId('deaf');
  const { pid } = await ask(client, standIn, id, 'deaf');
  await client.send(
    new StopRuntimeSessionCommand({ agentRuntimeArn: standIn.agentRuntimeArn, runtimeSessionId: id }),
  );
  expect(isAlive(pid)).toBe(false);
});

test('stopping a session that does not run is a ResourceNotFoundException', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const call = client.send(
    new StopRuntimeSessionCommand({
      agentRuntimeArn: standIn.agentRuntimeArn,
      runtimeSessionId: sessionId('nobody'),
    }),
  );
  await expect(call).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('a stop with the token of an earlier stop answers the same and ends nothing', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const id = sessionId('token');
  const clientToken = 't'.repeat(40);
  const stop = (runtimeSessionId: string) =>
    client.send(
      new StopRuntimeSessionCommand({
        agentRuntimeArn: standIn.agentRuntimeArn,
        runtimeSessionId,
        clientToken,
      }),
    );
  await ask(client, standIn, id);
  await stop(id);
  const { pid } = await ask(client, standIn, id);
  await stop(id);
  expect(isAlive(pid)).toBe(true);
  await expect(stop(sessionId('other'))).rejects.toMatchObject({
    name: 'ValidationException',
    reason: 'IdempotentParameterMismatchException',
  });
});

test('an idle session ends, one whose agent says HealthyBusy stays', async () => {
  const standIn = await startStandIn({ agent: { idleTimeoutMs: 400 } });
  const client = runtimeClient(standIn);
  const worker = await ask(client, standIn, sessionId('worker'), 'busy');
  const idler = await ask(client, standIn, sessionId('idler'));
  await until('the idle process has ended', () => !isAlive(idler.pid));
  expect(isAlive(worker.pid)).toBe(true);
  expect(standIn.sessions().map((view) => view.pid)).toEqual([worker.pid]);
  await ask(client, standIn, sessionId('worker'), 'idle');
  await until('the process that is no longer busy has ended', () => !isAlive(worker.pid));
});

test('a session is not idle while a request runs', async () => {
  const standIn = await startStandIn({ agent: { idleTimeoutMs: 300 } });
  const client = runtimeClient(standIn);
  const answer = await client.send(invoke(standIn, sessionId('long'), 'stream'));
  const pid = standIn.sessions()[0]?.pid ?? 0;
  const witness = await ask(client, standIn, sessionId('witness'));
  await until('the witness has ended', () => !isAlive(witness.pid));
  expect(isAlive(pid)).toBe(true);
  await ask(client, standIn, sessionId('long'), 'hold');
  expect(await answer.response?.transformToString()).toBe('data: one\n\ndata: two\n\n');
});

test('a session past its lifetime ends in the middle of an answer', async () => {
  let elapsed = 0;
  const standIn = await startStandIn({ now: () => Date.now() + elapsed });
  const client = runtimeClient(standIn);
  const answer = await client.send(invoke(standIn, sessionId('old'), 'stream'));
  const pid = standIn.sessions()[0]?.pid ?? 0;
  elapsed = 28_800_000;
  await expect(answer.response?.transformToString()).rejects.toThrow(CUT_OFF);
  await until('the process has ended', () => !isAlive(pid));
});

test('a process that crashes in the middle leaves a cut answer, and the next invocation a new process', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const id = sessionId('crash');
  const answer = await client.send(invoke(standIn, id, 'crash-mid'));
  const pid = standIn.sessions()[0]?.pid;
  const text = answer.response?.transformToString();
  const cut = errorOf(text ?? Promise.resolve());
  // The order that makes it crash gets no answer either.
  await expect(ask(client, standIn, id, 'hold')).rejects.toMatchObject({ name: 'RuntimeClientError' });
  expect(String(await cut)).toMatch(CUT_OFF);
  const next = await ask(client, standIn, id);
  expect(next.pid).not.toBe(pid);
  expect(next.count).toBe(1);
});

test('an agent that dies without an answer is a RuntimeClientError', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const call = ask(client, standIn, sessionId('gone'), 'crash');
  await expect(call).rejects.toMatchObject({
    name: 'RuntimeClientError',
    $metadata: { httpStatusCode: 424 },
  });
});

test('an agent that never becomes healthy is a RuntimeClientError that says where to look', async () => {
  const lines: string[] = [];
  const standIn = await startStandIn({
    agent: { env: { FIXTURE_NEVER_READY: '1' } },
    log: (line) => lines.push(line),
  });
  const call = ask(runtimeClient(standIn), standIn, sessionId('broken'));
  await expect(call).rejects.toMatchObject({
    name: 'RuntimeClientError',
    message: expect.stringContaining('log'),
  });
  expect(lines.join('\n')).toContain('as ordered, not starting');
  expect(standIn.sessions()).toEqual([]);
});

test('a command that does not exist is a RuntimeClientError, not a crash', async () => {
  const standIn = await startStandIn({ agent: { command: '/nowhere/agent' } });
  const call = ask(runtimeClient(standIn), standIn, sessionId('nowhere'));
  await expect(call).rejects.toMatchObject({ name: 'RuntimeClientError' });
});

test('one process more than allowed is a ServiceQuotaExceededException', async () => {
  const standIn = await startStandIn({ agent: { maxProcesses: 2 } });
  const client = runtimeClient(standIn);
  const results = await Promise.allSettled(
    ['a', 'b', 'c'].map((name) => ask(client, standIn, sessionId(name))),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toMatchObject({
    name: 'ServiceQuotaExceededException',
    $metadata: { httpStatusCode: 402 },
  });
});

test('in shared mode all sessions have one process, and a new one after it dies', async () => {
  const standIn = await startStandIn({ agent: { mode: 'shared' } });
  const client = runtimeClient(standIn);
  const [a, b] = await Promise.all([
    ask(client, standIn, sessionId('a')),
    ask(client, standIn, sessionId('b')),
  ]);
  expect(a.pid).toBe(b.pid);
  expect(standIn.sessions().map((view) => view.pid)).toEqual([a.pid, a.pid]);
  await expect(ask(client, standIn, sessionId('a'), 'crash')).rejects.toMatchObject({
    name: 'RuntimeClientError',
  });
  const next = await ask(client, standIn, sessionId('b'));
  expect(next.pid).not.toBe(a.pid);
});

test('an agent that somebody else runs is reached by its address', async () => {
  const inner = await startStandIn();
  const { pid, headers } = await ask(runtimeClient(inner), inner, sessionId('inner'));
  const outer = await createAwsStandIn({ agent: { mode: 'url', url: `http://${headers.host}/` } });
  onTestFinished(() => outer.close());
  const echo = await ask(runtimeClient(outer), outer, sessionId('outer'));
  expect(echo.pid).toBe(pid);
  expect(outer.sessions()).toMatchObject([{ sessionId: sessionId('outer'), pid: null }]);
});

test('close ends every process, those that are just starting included', async () => {
  const standIn = await startStandIn();
  const client = runtimeClient(standIn);
  const running = await ask(client, standIn, sessionId('running'));
  const starting = errorOf(ask(client, standIn, sessionId('starting')));
  await until('the second session exists', () => standIn.sessions().length === 2);
  await standIn.close();
  expect(String(await starting)).toMatch(CUT_OFF);
  expect(isAlive(running.pid)).toBe(false);
  expect(standIn.sessions()).toEqual([]);
});

test.each(['SIGKILL', 'SIGTERM'] as const)('no agent outlives a parent that gets %s', async (signal) => {
  const parent = spawn(
    process.execPath,
    [fileURLToPath(new URL('./fixture-parent.ts', import.meta.url)), FIXTURE],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void parent.kill('SIGKILL'));
  const lines = createInterface({ input: parent.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { pid } = JSON.parse(line) as Pick<Echo, 'pid'>;
  expect(isAlive(pid)).toBe(true);
  const exited = once(parent, 'exit');
  parent.kill(signal);
  await exited;
  await until('the agent has ended with its parent', () => !isAlive(pid));
});
