import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQuestionChanges } from '../../../src/turns/question-changes.ts';
import type { TurnEnd } from '../../../src/turns/states.ts';
import { testRedis } from '../../setup/redis.ts';
import { message } from './messages.ts';
import { createRig, type Rig } from './rig.ts';

let url: string;
let rig: Rig;
beforeAll(async () => {
  url = await testRedis();
});
beforeEach(() => {
  rig = createRig(url);
});
afterEach(() => rig.close());

const ASKER = { id: 'U1', tenant: 'T1' };
/** With names as long as Slack's. */
const question = (thread = '1790000000.123456') => ({
  ...message({
    thread,
    text: 'canary-5150, and why is production slow?',
    claims: [`event:${thread}`, thread],
  }),
  messageId: thread,
});

async function endedAs(end: TurnEnd, thread?: string): Promise<string> {
  const acceptance = await rig.accept().acceptTurn(question(thread));
  const turn = await rig.lanes.claim('w');
  if (!turn) throw new Error('nothing to claim');
  await rig.lanes.note(turn, { posted: [{ id: '1790000000.654321', streaming: true }], invoked: true });
  await rig.endTurn(turn, end);
  return 'turnId' in acceptance ? acceptance.turnId : '';
}

const changes = () =>
  createQuestionChanges({
    redis: rig.redis,
    keyPrefix: rig.prefix,
    confirmDurable: () => Promise.resolve(),
    observe: () => undefined,
    log: rig.log,
  });

describe('of a question that was answered', () => {
  it('Redis keeps who asked it, where and when, and no word of it', async () => {
    const id = await endedAs('done');
    const { key, kind, sender, messageId } = question();
    expect(await rig.lanes.read(id)).toMatchObject({
      state: 'done',
      reason: 'answered',
      attempt: 1,
      lane: expect.stringMatching(/^[a-z2-7]{32}$/),
      wordsGone: true,
      message: { key, kind, sender, messageId, text: '', files: [] },
      at: { queued: expect.any(Number), running: expect.any(Number), done: expect.any(Number) },
    });
    expect(JSON.stringify(await rig.redis.hgetall(`${rig.prefix}:turn:${id}`))).not.toContain('canary');
    expect((await rig.operator.show(id))?.record?.wordsGone).toBe(true);
  });

  it('the record is one small block', async () => {
    const id = await endedAs('done');
    expect(await rig.redis.object('ENCODING', `${rig.prefix}:turn:${id}`)).toMatch(
      /^(?:list|zip)(?:pack|list)$/,
    );
  });

  it('it cannot be asked again, and changes of it are history', async () => {
    const id = await endedAs('done');
    expect(await rig.accept().retryTurn(id, { ...ASKER, id: 'U2' })).toBe('not_yours');
    expect(await rig.accept().retryTurn(id, ASKER)).toBe('too_old');
    const [claim = ''] = question().claims;
    const edit = { claim, text: 'something else', files: [], stamp: '1' };
    expect(await changes().amendQuestion({ ...edit, editor: 'U1' })).toBe('unchanged');
    expect(await changes().amendQuestion({ ...edit, editor: 'U2' })).toBe('unknown');
    expect(await changes().cancelQuestion(claim)).toBe('ended');
    expect(await rig.accept().acceptTurn(question())).toEqual({ outcome: 'duplicate', turnId: id });
  });
});

it.each(['failed', 'stopped', 'blocked', 'unknown'] as const)(
  'a question that ended as %s can be asked again in its own words',
  async (end) => {
    const id = await endedAs(end);
    expect((await rig.lanes.read(id))?.message).toEqual(question());
    expect(await rig.accept().retryTurn(id, ASKER)).toBe('accepted');
    expect((await rig.lanes.claim('w'))?.message.text).toBe(question().text);
  },
);

it('a thread that nobody writes in any more costs less than a kibibyte', async () => {
  const memory = async () => {
    const keys = await rig.redis.keys(`${rig.prefix}:*`);
    const sizes = await Promise.all(keys.map((key) => rig.redis.memory('USAGE', key, 'SAMPLES', 0)));
    return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
  };
  await endedAs('done', '1790000000.000000');
  const before = await memory();
  const threads = 20;
  for (let i = 1; i <= threads; i += 1) await endedAs('done', `17900000${i + 10}.123456`);
  expect(((await memory()) - before) / threads).toBeLessThan(1_024);
});
