import { execFile } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuditKeys } from '../../../src/audit/audit-keys.ts';
import { readEntry } from '../../../src/audit/chain.ts';
import { pageOf } from '../../../src/audit/read-log.ts';
import { type Audit, createAudit } from '../../../src/audit/recorder.ts';
import type { InboundMessage } from '../../../src/chat/vocabulary.ts';
import { createExamples } from '../../../src/guardrails/examples.ts';
import type { GuardMode, Intervention } from '../../../src/guardrails/guards.ts';
import { composeSightings } from '../../../src/main/guard-sightings.ts';
import { composeExplanations } from '../../../src/main/guards.ts';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { localDataKeys } from '../../../src/store/data-keys.ts';
import { createSealer } from '../../../src/store/sealed.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { createOnce, createTakeBack } from '../../../src/turns/once.ts';
import type { ClaimedTurn } from '../../../src/turns/turn.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from '../turns/messages.ts';

const SECRET = randomBytes(32);
const ENV_KEYS = `k1:${SECRET.toString('base64')}`;
let url: string;
let redis: Connection;
let metrics: Metrics;
beforeAll(async () => {
  url = await testRedis();
  redis = connect({ url, name: 'test-of-sightings' });
});
afterAll(() => disconnect(redis));
beforeEach(async () => {
  await redis.flushdb();
  metrics = createMetrics();
});

const log = createLogger({ level: 'silent' });
const keys = localDataKeys([{ id: 'k1', key: createSecretKey(SECRET) }]);

function open(
  mode: GuardMode = 'enforce',
  keepExamples = true,
  recording = (record: Audit['record']): Audit['record'] => record,
) {
  const audit = createAudit({
    redis,
    keyPrefix: '{tc}',
    keys: createAuditKeys(redis, '{tc}', keys),
    confirmDurable: async () => undefined,
    now: () => performance.now(),
    randomBytes,
    observe: () => undefined,
    log,
  });
  const sightings = composeSightings({
    ...{ redis, keyPrefix: '{tc}', dataKeys: keys, audit, metrics, log, mode, keepExamples },
    now: Date.now,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  return {
    ...sightings,
    audit,
    async settle() {
      await sightings.close();
      await audit.settled();
    },
    explanations: composeExplanations({
      audit: { record: recording(audit.record) },
      once: createOnce(redis, '{tc}'),
      takeBack: createTakeBack(redis, '{tc}'),
      platform: 'slack',
      people: { languageOf: async () => undefined },
      read: async () => ({ ...turn('t1'), reason: 'question_blocked: topic (topic: Politics)' }) as never,
    }),
  };
}

const turn = (id: string, over: Partial<InboundMessage> = {}) =>
  ({ id, message: { ...message(), ...over } }) as ClaimedTurn;
const blocked = (text?: string): Intervention => ({
  ...{ direction: 'question', policies: ['topic'], action: 'blocked' },
  example: () => text,
});

const examples = () =>
  createExamples({
    ...{ redis, keyPrefix: '{tc}', now: Date.now },
    sealer: createSealer({ keys, randomBytes }),
  });
async function report() {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['scripts/ops.ts', 'guardrail', 'report', '--json'],
    { env: { REDIS_URL: url, ENCRYPTION_KEYS: ENV_KEYS } },
  );
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('what a policy minds', () => {
  it('comes to operators as a report, with what people marked as wrong', { timeout: 30_000 }, async () => {
    const seen = open();
    for (let i = 1; i <= 9; i += 1) seen.checked(turn(`ok${i}`));
    const t1 = turn('t1');
    seen.checked(t1);
    seen.inTurn(t1, blocked('Who should I vote for, [email]?'));
    seen.inTurn(t1, blocked('Who should I vote for, [email]?'));
    await seen.explanations.dispute('t1', { tenant: 'T1', id: 'U1' });
    await seen.settle();
    const made = await report();
    expect(made).toMatchObject({
      turns: [{ mode: 'enforce', checked: 10, intervened: 1, share: 0.1, alarm: false }],
      alarm: false,
      interventions: { byPolicy: [{ policy: 'topic', direction: 'question', action: 'blocked', count: 1 }] },
      disputed: [{ policy: 'topic', disputed: 1, blocked: 1, turns: ['t1'] }],
      examples: [{ turn: 't1', text: 'Who should I vote for, [email]?', disputed: true }],
    });
  });

  it('shows the share of turns in metrics, so that an alarm can watch it; what could not be checked is no part of it', async () => {
    const seen = open('shadow');
    const [t1, t2] = [turn('t1'), turn('t2')];
    for (const one of [t1, t2]) seen.checked(one);
    seen.inTurn(t1, blocked());
    seen.inTurn(t1, { direction: 'answer', policies: ['hate'], action: 'blocked' });
    seen.inTurn(t2, { direction: 'question', policies: ['unavailable'], action: 'blocked' });
    await seen.settle();
    const lines = (await metrics.expose())
      .split('\n')
      .filter((line) => line.includes('guardrail_turns_total{'));
    expect(lines.map((line) => /outcome="(\w+)".*mode="(\w+)".*\} (\d+)/.exec(line)?.slice(1))).toEqual([
      ['checked', 'shadow', '2'],
      ['intervened', 'shadow', '1'],
    ]);
  });

  it('counts direct messages together, so that no count names a person', async () => {
    const seen = open();
    seen.inTurn(turn('t1', { kind: 'direct' }), blocked());
    await seen.settle();
    const [day = ''] = await redis.keys('{tc}:guardcounts:*');
    expect(Object.keys(await redis.hgetall(day)).map((field) => JSON.parse(field) as unknown[])).toEqual(
      expect.arrayContaining([['question', 'blocked', 'topic', 'enforce', 'direct']]),
    );
    expect(JSON.stringify(await redis.hgetall(day))).not.toContain(message().key.conversation);
    expect(await redis.ttl(day)).toBeGreaterThan(0);
  });
});

describe('what a policy minds in words that belong to no turn', () => {
  const { key, sender } = message();
  const minded = (action: Intervention['action'] = 'blocked'): Intervention => ({
    ...{ direction: 'question', policies: ['topic'], action },
    example: () => 'a name',
  });

  it('counts once a time, stands on record without a turn, and comes to operators', {
    timeout: 30_000,
  }, async () => {
    const seen = open();
    const found = seen.inWords({ key, sender });
    for (const one of [minded(), minded(), minded('masked')]) found(one);
    seen.inWords({ key, sender })(minded());
    await seen.settle();
    const lines = (await metrics.expose())
      .split('\n')
      .filter((line) => line.includes('interventions_total{'));
    expect(lines.map((line) => /direction="(\w+)",action="(\w+)".*\} (\d+)/.exec(line)?.slice(1))).toEqual([
      ['words', 'blocked', '2'],
      ['words', 'masked', '1'],
    ]);
    const made = await report();
    expect(made).toMatchObject({
      turns: [],
      interventions: {
        byPolicy: [
          { direction: 'words', action: 'blocked', count: 2 },
          { direction: 'words', action: 'masked', count: 1 },
        ],
        byChannel: [{ name: 'direct' }],
      },
      disputed: [],
    });
    const examples = made.examples as object[];
    expect(examples).toHaveLength(3);
    expect(examples[0]).toMatchObject({ direction: 'words', text: 'a name', disputed: false });
    expect(examples[0]).not.toHaveProperty('turn');
  });

  it('is on record with who it was, and what', async () => {
    const seen = open();
    seen.inWords({ key, sender })(minded());
    await seen.settle();
    const [entry] = (await pageOf(redis, '{tc}', '-')).map(({ line }) => readEntry(line)?.event);
    expect(entry).toMatchObject({
      type: 'guardrail.intervened',
      direction: 'words',
      action: 'blocked',
      mode: 'enforce',
      policy: 'topic',
    });
    expect(entry).not.toHaveProperty('turn');
  });
});

describe('what people mark as a mistake', () => {
  const alice = { tenant: 'T1', id: 'U1' };
  const bob = { tenant: 'T1', id: 'U2' };
  const entries = async () => (await pageOf(redis, '{tc}', '-')).map(({ line }) => readEntry(line)?.event);

  it('is on record once of each person, however often they press', async () => {
    const { explanations } = open();
    const pressed = [alice, alice, bob].map((who) => explanations.dispute('t1', who));
    expect(await Promise.all(pressed)).toEqual([true, true, true]);
    expect(await explanations.dispute('t1', alice)).toBe(true);
    expect(await explanations.dispute('t2', alice)).toBe(true);
    const turns = (await entries()).map((event) => event?.type === 'guardrail.disputed' && event.turn);
    expect(turns).toEqual(['t1', 't1', 't2']);
  });

  it('is on record after a second press, where the first could not be written', async () => {
    let writes = 0;
    const { explanations } = open('enforce', true, (record) => async (event) => {
      writes += 1;
      if (writes === 1) throw new Error('Redis is full');
      return await record(event);
    });
    await expect(explanations.dispute('t1', alice)).rejects.toThrow('Redis is full');
    expect(await explanations.dispute('t1', alice)).toBe(true);
    expect(await entries()).toHaveLength(1);
  });
});

describe('an example', () => {
  const of = async (person: { tenant: string; id: string }) => {
    const all = [];
    for await (const one of examples().of([person])) all.push(one.text);
    return all;
  };
  const { sender } = message();

  it('is sealed, kept for a while, and the newest twenty of a person', async () => {
    const seen = open();
    for (let i = 1; i <= 25; i += 1) seen.inTurn(turn(`t${i}`), blocked(`words ${i}`));
    await seen.settle();
    const [key = ''] = await redis.keys('{tc}:guardexamples:*');
    expect(await redis.zcard(key)).toBe(20);
    expect(await redis.ttl(key)).toBeGreaterThan(13 * 86_400);
    expect(JSON.stringify(await redis.zrange(key, 0, '-1'))).not.toContain('words');
    expect((await of(sender)).length).toBe(20);
  });

  it('goes when its person is forgotten, and nobody else’s does', async () => {
    const seen = open();
    seen.inTurn(turn('t1'), blocked('of the one'));
    const other = { ...sender, id: 'UOTHER' };
    seen.inTurn(turn('t2', { sender: other }), blocked('of the other'));
    await seen.settle();
    expect(await examples().erase([sender])).toBe(1);
    expect([await of(sender), await of(other)]).toEqual([[], ['of the other']]);
  });

  it('is not kept where the operator wants none', async () => {
    const seen = open('enforce', false);
    seen.inTurn(turn('t1'), blocked('words'));
    await seen.settle();
    expect(await redis.keys('{tc}:guardexamples:*')).toEqual([]);
  });
});
