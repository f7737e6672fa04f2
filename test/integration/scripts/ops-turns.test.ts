import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ListedTurn } from '../../../src/turns/operator.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { COMPILED } from '../../setup/compiled.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from '../turns/messages.ts';
import { createRig, type Rig } from '../turns/rig.ts';

const OPS = join(import.meta.dirname, '../../../scripts/ops.ts');
const ME = userInfo().username;

let url: string;
let folder: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
  // No .env, and no laptop mode that would be joined.
  folder = await mkdtemp(join(tmpdir(), 'ops-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function opsWith(env: Record<string, string>, ...words: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [OPS, 'turns', ...words],
      { cwd: folder, env: { ...COMPILED, ...env } },
      (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      },
    );
  });
}
const ops = (...words: string[]) => opsWith({ REDIS_URL: url, KEY_PREFIX: rig.prefix }, ...words);
const said = (out: string): Said => ({ code: 0, out: `${out}\n`, err: '' });
const complains = (err: string | RegExp) => ({
  code: 1,
  out: '',
  err: typeof err === 'string' ? `${err}\n` : expect.stringMatching(err),
});

async function asked(id: string, text = 'how many?', thread = id): Promise<void> {
  await rig.lanes.accept(id, message({ thread, text }));
}
async function begun(): Promise<ClaimedTurn> {
  const turn = await rig.lanes.claim('w');
  if (!turn) throw new Error('nothing was ready');
  return turn;
}
async function failed(id: string, text?: string, end: 'failed' | 'unknown' = 'failed'): Promise<void> {
  await asked(id, text);
  const turn = await begun();
  await rig.lanes.post(turn, { end, reason: 'agent_denied', view: { text: '', tasks: [] } });
  await rig.lanes.finish(turn, end, 'agent_denied');
}

describe('a Redis that cannot be used is named in one line:', () => {
  const lineOf = async (REDIS_URL: string, ...words: string[]) => {
    const { code, out, err } = await opsWith({ REDIS_URL }, ...words);
    expect([code, out, err.trimEnd().split('\n').length]).toEqual([1, '', 1]);
    return err;
  };

  it('one that is absent, or has no such database', async () => {
    expect(await lineOf('redis://127.0.0.1:1', 'list')).toMatch(/^REDIS_URL: .*ECONNREFUSED/);
    expect(await lineOf(url.replace(/\d+$/, '99999'), 'list')).toContain('has no database of this number');
  });

  it('one that is silent', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    expect(await lineOf(`redis://127.0.0.1:${port}`, 'pause')).toContain('does not answer within 2.5 s');
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe('ops turns list', () => {
  it('shows what ended badly, newest first, and what else is open only when asked for', async () => {
    expect(await ops('list')).toEqual(said('No turn has failed.'));
    expect(await ops('list', '--open')).toEqual(said('Nothing waits or runs.'));
    expect(await ops('list', '--json')).toEqual(said('[]'));
    await failed('turn-1', 'why\n is prod slow?');
    await failed('turn-2', 'x'.repeat(100), 'unknown');
    await asked('turn-3', 'still here');
    const { code, out } = await ops('list');
    expect(code).toBe(0);
    const [head, first, second, ...more] = out.trimEnd().split('\n');
    expect(head).toMatch(/^turn +state +asked \(UTC\) +reason +question$/);
    expect(first).toMatch(/^turn-2 +unknown +\d{4}-\d\d-\d\dT[\d:]{8} +agent_denied +x{47}…$/);
    expect(second).toMatch(/^turn-1 +failed .* agent_denied +why is prod slow\?$/);
    expect(more).toEqual([]);
    const limited = JSON.parse((await ops('list', '--limit', '1', '--json')).out) as ListedTurn[];
    expect(limited.map(({ id, state, reason }) => [id, state, reason])).toEqual([
      ['turn-2', 'unknown', 'agent_denied'],
    ]);
    expect((await ops('list', '--open')).out).toContain('still here');
  });

  it('shows a record that cannot be read as such', async () => {
    await failed('turn-1');
    await rig.redis.hset(`${rig.prefix}:turn:turn-1`, 'message', '{"from":"another version"}');
    expect((await ops('list')).out).toMatch(/turn-1 +failed +\? +agent_denied +\(unreadable\)/);
    expect((await ops('show', 'turn-1')).out).toContain('Its record cannot be read.');
    expect(await ops('retry', 'turn-1')).toEqual(
      complains('The record of turn-1 cannot be read, so its question is lost.'),
    );
  });

  it.each(['0', 'many', '1.5', '-3'])('refuses --limit %s', async (limit) => {
    const { code, err } = await ops('list', '--limit', limit);
    expect(code).toBe(1);
    expect(err).toContain('It must be a whole number from 1 to 10000.');
  });
});

describe('ops turns show', () => {
  it('tells everything on record of one turn', async () => {
    await failed('turn-1', 'why is prod slow?');
    const { out } = await ops('show', 'turn-1');
    const lines = out.trimEnd().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'turn      turn-1',
        'state     failed',
        'reason    agent_denied',
        'asked by  T1/U1',
        'in        slack T1/C1, thread turn-1',
        'attempts  1, workers lost 0',
        'question  why is prod slow?',
      ]),
    );
    const times = lines.filter((line) => /^\d{4}-/.test(line));
    expect(times.map((line) => line.split('  ')[1])).toEqual(['queued', 'running', 'posting', 'failed']);
    const json = JSON.parse((await ops('show', 'turn-1', '--json')).out) as ListedTurn;
    expect(json.record?.message.text).toBe('why is prod slow?');
  });
});

it.each(['list', 'show'])('personal data are in neither form of turns %s', async (command) => {
  const told = 'mail jane@example.com, 078-05-1120, 4111 1111 1111 1111';
  await rig.lanes.accept('turn-1', {
    ...message({ text: told, files: ['jane@example.com.txt'] }),
    sources: [{ name: 'jane@example.com.txt', kind: 'shared', url: 'https://example.com/?tempauth=abc' }],
  });
  const turn = await begun();
  const view = { text: told, tasks: [{ id: '1', title: told, state: 'complete' as const, detail: told }] };
  await rig.lanes.post(turn, { end: 'failed', reason: 'agent_denied', view });
  const words = command === 'list' ? ['list', '--open'] : ['show', 'turn-1'];
  for (const form of [[], ['--json']]) {
    const { code, out } = await ops(...words, ...form);
    expect([code, out]).toEqual([0, expect.stringContaining('[email]')]);
    expect(out).not.toMatch(/jane@|078-05|4111|tempauth/);
  }
});

describe('ops turns retry', () => {
  it('asks the question of an ended turn again, once, in its thread', async () => {
    await failed('turn-1', 'why is prod slow?');
    const answers: ClaimedTurn[] = [];
    rig.startWorker(async (turn) => {
      answers.push(turn);
      await rig.endTurn(turn);
    });
    expect(await ops('retry', 'turn-1')).toEqual(said('Asked again.'));
    await eventually('the answer', () => answers.length === 1);
    expect(answers[0]?.message).toMatchObject({ text: 'why is prod slow?', key: { thread: 'turn-1' } });
    expect(await ops('retry', 'turn-1')).toEqual(complains('Not asked again: already retried.'));
  });

  it.each([
    ['done', 'answered', 'answered; its words are no longer kept'],
    ['blocked', 'question_blocked: topic (Politics)', 'withheld from the agent; its words are not kept'],
  ] as const)(
    'says, as show does, why the question of a turn that is %s is not there',
    async (end, reason, why) => {
      await asked('turn-1', 'who should I vote for?');
      await rig.lanes.finish(await begun(), end, reason);
      expect(await ops('retry', 'turn-1')).toEqual(complains(`Not asked again: ${why}.`));
      expect((await ops('show', 'turn-1')).out).toContain(`question  (${why})`);
    },
  );

  it('leaves a turn alone that has not ended', async () => {
    await asked('turn-1');
    expect(await ops('retry', 'turn-1')).toEqual(complains('turn-1 has not ended: it is queued.'));
    await begun();
    expect(await ops('retry', 'turn-1')).toEqual(complains('turn-1 has not ended: it is running.'));
    expect((await rig.lanes.depth()).turns).toMatchObject({ running: 1, queued: 0 });
  });
});

describe('ops turns stop', () => {
  it('ends a turn that waits at once, one that runs by its worker, and says when it is too late', async () => {
    await asked('turn-1', 'first', 'thread');
    await asked('turn-2', 'second', 'thread');
    const turn = await begun();
    expect(await ops('stop', 'turn-2')).toEqual(said('It had not begun, and will not.'));
    expect(await rig.lanes.read('turn-2')).toMatchObject({ state: 'stopped', reason: 'operator' });
    expect(await ops('stop', 'turn-1')).toEqual(said('It is being stopped.'));
    expect([...(await rig.lanes.renew([turn])).stops.values()]).toEqual(['operator']);
    expect(await rig.redis.hget(`${rig.prefix}:turn:turn-1`, 'stoppedBy')).toBe(ME);
    await rig.lanes.post(turn, { end: 'stopped', reason: '', view: { text: '', tasks: [] } });
    expect(await ops('stop', 'turn-1')).toEqual(said('Too late: the whole answer is being shown.'));
    await rig.lanes.finish(turn, 'stopped', '');
    expect(await ops('stop', 'turn-1')).toEqual(said('It has ended already.'));
  });
});

describe('ops turns drop', () => {
  it('forgets a turn that failed, and no other', async () => {
    await failed('turn-1');
    await asked('turn-2');
    expect(await ops('drop', 'turn-2')).toEqual(
      complains('turn-2 is not among the turns that failed (turns list).'),
    );
    expect(await rig.lanes.read('turn-2')).toMatchObject({ state: 'queued' });
    expect(await ops('drop', 'turn-1')).toEqual(said('Dropped.'));
    expect(await ops('list')).toEqual(said('No turn has failed.'));
    expect((await ops('show', 'turn-1')).code).toBe(1);
    expect((await ops('drop', 'turn-1')).code).toBe(1);
  });
});

describe('ops turns pause and resume', () => {
  it('hold back what is asked, and let it go on', async () => {
    expect(await ops('resume')).toEqual(said('Intake was not paused.'));
    expect(await ops('pause', '--reason', 'we move house')).toEqual(
      said('Intake is paused. Turns that run go on to their end.'),
    );
    expect(await rig.operator.paused()).toMatchObject({ by: ME, reason: 'we move house' });
    const already = new RegExp(`^Intake was paused already, by ${ME} since 2[^ ]*Z: “we move house”\\.`);
    expect((await ops('pause')).out).toMatch(new RegExp(`${already.source}\n$`));
    // Nobody is to think that people read the new reason now.
    const another = await ops('pause', '--reason', 'until noon');
    expect(another.out).toMatch(already);
    expect(another.out).toContain('another reason takes a resume and a new pause');
    expect(await rig.operator.paused()).toMatchObject({ reason: 'we move house' });
    await asked('turn-1');
    expect((await ops('list', '--open')).out).toMatch(/turn-1 +received/);
    expect(await rig.lanes.claim('w')).toBeUndefined();
    expect(await ops('resume')).toEqual(said('Intake goes on; 1 lane waits for a worker.'));
    expect(await begun()).toMatchObject({ id: 'turn-1' });
  });
});

describe('an operator who mistypes', () => {
  it.each(['show', 'retry', 'stop'])('%s says that there is no such turn', async (command) => {
    expect(await ops(command, 'turn-of-nobody')).toEqual(
      complains(/^There is no turn turn-of-nobody\. Turns are kept for 7 days after their end/),
    );
  });

  it('is shown what there is', async () => {
    const { code, err } = await ops('explode');
    expect(code).toBe(1);
    expect(err).toContain("unknown command 'explode'");
    expect(err).toContain('--help');
  });
});

describe('a Redis that cannot be used', () => {
  const SECRET = 'hunter2';

  it.each<[string, () => Record<string, string>]>([
    ['nobody listens', () => ({ REDIS_URL: `redis://ops:${SECRET}@127.0.0.1:1/0` })],
    [
      'the user or password is wrong',
      () => ({ REDIS_URL: url.replace('redis://', `redis://ops:${SECRET}@`) }),
    ],
    ['the address is none', () => ({ REDIS_URL: `${SECRET}@127.0.0.1` })],
    ['it is another protocol', () => ({ REDIS_URL: `https://:${SECRET}@127.0.0.1` })],
    ['there is no address, and no laptop mode', () => ({})],
  ])('is named with the way to mend it, without a password or a stack: %s', async (_, env) => {
    const { code, out, err } = await opsWith(env(), 'list');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('REDIS_URL');
    expect(err).not.toContain(SECRET);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
