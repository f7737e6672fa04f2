import { execFile } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkFile } from '../../../scripts/ops/audit-check.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { localDataKeys } from '../../../src/store/data-keys.ts';
import { createLanes } from '../../../src/turns/lanes.ts';
import { COMPILED } from '../../setup/compiled.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from '../turns/messages.ts';

const KEYS = `k1:${randomBytes(32).toString('base64')}`;
let url: string;
let redis: Connection;
let folder: string;
beforeAll(async () => {
  url = await testRedis();
  redis = connect({ url, name: 'test-of-ops' });
  folder = await mkdtemp(join(tmpdir(), 'ops-audit-'));
});
afterAll(async () => {
  await disconnect(redis);
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await redis.flushdb();
});

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command, as an operator gives it. */
function ops(words: string, env: Record<string, string> = { ENCRYPTION_KEYS: KEYS }): Promise<Told> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['scripts/ops.ts', ...words.split(' ')],
      { env: { ...COMPILED, REDIS_URL: url, ...env } },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

const json = (told: Told) => JSON.parse(told.out) as Record<string, unknown>;
const types = async () =>
  (JSON.parse((await ops('audit tail --json')).out) as { event: Record<string, unknown> }[]).map(
    ({ event }) => [event.type, event.action ?? event.outcome].join(' '),
  );

describe('what an operator does to turns', () => {
  test('is on record, before it is done and with what came of it', async () => {
    const lanes = createLanes(redis, '{tc}');
    await lanes.accept('turn-1', message());
    await ops('turns pause --reason we-move');
    await ops('turns stop turn-1');
    await ops('turns drop turn-1');
    await ops('turns retry turn-1');
    await ops('turns resume');
    expect(await types()).toEqual([
      'operator.intake pause',
      'operator.outcome done',
      'operator.turn stop',
      'operator.outcome done',
      'operator.turn drop',
      'operator.outcome nothing_to_do',
      'operator.turn retry',
      'operator.outcome done',
      'operator.intake resume',
      'operator.outcome done',
    ]);
    const lines = JSON.stringify(await redis.xrange('{tc}:audit:log', '-', '+'));
    expect(lines).not.toContain('we-move');
    expect(lines).not.toContain(`:${userInfo().username}"`);
  });

  test('is not done when it cannot be put on record', async () => {
    const lanes = createLanes(redis, '{tc}');
    await lanes.accept('turn-1', message());
    await redis.set('{tc}:audit:head', 'broken');
    for (const words of ['turns pause', 'turns stop turn-1']) {
      const { code, err } = await ops(words);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('Not done, because it could not be put on record'),
      ]);
    }
    expect(await redis.exists('{tc}:paused')).toBe(0);
    expect(await redis.hget('{tc}:turn:turn-1', 'state')).toBe('queued');
  });

  test('without keys is on record in a log apart; with keys forgotten it is refused', async () => {
    expect((await ops('turns pause', {})).code).toBe(0);
    expect(json(await ops('audit verify --json', {}))).toMatchObject({ ok: true, proven: false, entries: 2 });
    expect(await redis.exists('{tc}:audit:log')).toBe(0);
    expect((await ops('turns resume')).code).toBe(0);
    const forgotten = await ops('turns pause', {});
    expect(forgotten).toMatchObject({ code: 1, err: expect.stringContaining('not configured here') });
    expect(await redis.exists('{tc}:paused')).toBe(0);
  });

  test('that names no turn is a mistake, not an act', async () => {
    expect(await ops('turns stop nonsense')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no turn nonsense'),
    });
    expect(await redis.exists('{tc}:audit:log')).toBe(0);
  });
});

describe('the log', () => {
  beforeEach(async () => {
    await ops('turns pause');
    await ops('turns resume');
  });

  test('is verified, with a place to keep; a change in Redis ends with 1 and says where', async () => {
    const { code, out } = await ops('audit verify');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^4 entries, 1 to 4.*\nUnbroken, and signed with our keys/),
    ]);
    const anchor = /--anchor (4:[\w-]{43})/.exec(out)?.[1] ?? '';
    expect((await ops(`audit verify --anchor ${anchor}`)).code).toBe(0);
    await redis.xdel('{tc}:audit:log', '2-0');
    const cut = await ops('audit verify');
    expect(cut).toMatchObject({
      code: 1,
      out: expect.stringContaining('entry 3 does not follow the number before it'),
    });
    await redis.del('{tc}:audit:log', '{tc}:audit:head');
    const gone = await ops(`audit verify --anchor ${anchor}`);
    expect(gone).toMatchObject({ code: 1, out: expect.stringContaining('entry 4 is not what it was') });
  });

  test('is exported, and the file can be verified with the keys alone', async () => {
    const file = join(folder, 'audit.jsonl');
    expect((await ops(`audit export --out ${file}`)).out).toBe(`4 entries are in ${file}.\n`);
    expect(await ops(`audit export --out ${file}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('EEXIST'),
    });
    const printed = await ops('audit export --json');
    expect(printed.out).toBe(await readFile(file, 'utf8'));
    const check = (env: Record<string, string>) =>
      ops(`audit verify --file ${file} --json`, { REDIS_URL: '', ...env });
    expect(json(await check({ ENCRYPTION_KEYS: KEYS }))).toMatchObject({
      ok: true,
      proven: true,
      entries: 4,
    });
    expect(json(await check({}))).toMatchObject({ ok: true, proven: false, entries: 4 });
    await writeFile(file, printed.out.replace('"pause"', '"resume"'));
    expect((await check({ ENCRYPTION_KEYS: KEYS })).code).toBe(1);
  });

  test('leaves no file where it could not be exported', async () => {
    const file = join(folder, 'tried.jsonl');
    expect((await ops(`audit export --out ${file}`, { REDIS_URL: 'redis://127.0.0.1:1' })).code).toBe(1);
    expect((await ops(`audit export --out ${file}`)).out).toBe(`4 entries are in ${file}.\n`);
  });

  test('that was exported is found out when the file was touched in any way', async () => {
    const file = join(folder, 'touched.jsonl');
    const { out } = await ops('audit export');
    const lines = out.trimEnd().split('\n');
    const keys = localDataKeys([{ id: 'k1', key: createSecretKey(Buffer.from(KEYS.slice(3), 'base64')) }]);
    const others = localDataKeys([{ id: 'k1', key: createSecretKey(randomBytes(32)) }]);
    const check = async (content: readonly string[], dataKeys = keys) => {
      await writeFile(file, content.map((line) => `${line}\n`).join(''));
      return (await checkFile(file, dataKeys, [])).ok;
    };
    expect([await check(lines), await check(lines, others)]).toEqual([true, false]);
    const touched: Record<string, readonly string[]> = {
      edited: lines.with(1, (lines[1] ?? '').replace('done', 'failed')),
      'without an entry': lines.toSpliced(2, 1),
      'in another order': lines.with(0, lines[1] ?? '').with(1, lines[0] ?? ''),
      'with an entry twice': lines.toSpliced(1, 0, lines[0] ?? ''),
      'without its end': lines.slice(0, -1),
      'with another end': lines.with(-1, (lines.at(-1) ?? '').replace('{tc}', '{tc-staging}')),
      'with spaces in its end': lines.with(-1, ` ${lines.at(-1)}`),
      'without the newest entry': lines.toSpliced(3, 1),
      'without the oldest entry': lines.slice(1),
      'with nothing in it': [],
      'with the end only': lines.slice(-1),
      'with more behind its end': [...lines, lines[3] ?? ''],
      'with an empty line': lines.toSpliced(2, 0, ''),
    };
    const passed: string[] = [];
    for (const [what, content] of Object.entries(touched)) if (await check(content)) passed.push(what);
    expect(passed).toEqual([]);
  });

  test('is read for one person only by who knows whom to ask for', async () => {
    const mine = await ops(
      `audit tail --who operator:${userInfo().username} --type operator.intake --limit 1`,
    );
    expect(mine.out).toMatch(/^3 {2}\S+ {2}operator\.intake {2}action=resume who=operator:[a-z2-7]{26}\n$/);
    expect((await ops('audit tail --who operator:nobody')).out).toBe('Nothing of that is on record.\n');
    expect((await ops('audit tail --who nobody')).code).not.toBe(0);
  });

  test('keeps what is not too old', async () => {
    expect((await ops('audit prune')).out).toBe('0 entries were removed.\n');
  });
});
