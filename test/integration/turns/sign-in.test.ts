import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunsAs } from '../../../src/turns/runs-as.ts';
import { testRedis } from '../../setup/redis.ts';
import { message, SOMEBODY } from './messages.ts';
import { createRig, type Rig } from './rig.ts';
import { answers, benchOn } from './turn-bench.ts';

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
const { sender } = message();
const SEEN = { record: 'link:x', field: 'rev', value: '' };

/** A person who is unknown until they have signed in. */
function newcomer(more: { readonly invite?: () => Promise<void>; readonly seen?: typeof SEEN } = {}) {
  const person = {
    invitations: 0,
    signedIn: false,
    identify: async (): Promise<RunsAs> =>
      person.signedIn
        ? SOMEBODY
        : {
            kind: 'unlinked',
            seen: more.seen ?? SEEN,
            invite: async () => {
              await more.invite?.();
              person.invitations += 1;
            },
          },
  };
  return person;
}

describe('the question of somebody who has to sign in', () => {
  it('is kept without a worker, shows nothing, and is answered once when they have', async () => {
    const person = newcomer();
    const b = await bench({ agent: [answers], more: { identify: person.identify } });
    await b.runNext();
    expect([await b.state(), person.invitations, b.shown, b.finals]).toEqual(['awaiting_link', 1, [], []]);
    expect(await rig.lanes.claim('idle')).toBeUndefined();
    expect(await rig.lanes.depth()).toMatchObject({
      readyLanes: 0,
      activeLanes: 0,
      turns: { awaiting_link: 1 },
    });

    person.signedIn = true;
    expect(await rig.lanes.unpark(sender)).toBe(1);
    expect(await rig.lanes.unpark(sender)).toBe(0);
    await b.runNext();
    expect(b.finals.map(({ text }) => text)).toEqual(['Two instances.']);
    expect([await b.state(), b.calls.length, b.calls[0]?.mode]).toEqual(['done', 1, 'start']);
  });

  it('goes on at once when they signed in while they were being asked to', async () => {
    const person = newcomer({
      invite: async () => {
        person.signedIn = true;
        await rig.redis.hset(`${rig.prefix}:link:x`, 'rev', 'new');
      },
    });
    const b = await bench({ agent: [answers], more: { identify: person.identify } });
    await b.runNext();
    expect([await b.state(), b.finals.length]).toEqual(['done', 1]);
  });

  it('is put before them again when they ask another one, and both are answered in order', async () => {
    const person = newcomer();
    const b = await bench({ agent: answers, more: { identify: person.identify } });
    await b.runNext();
    await rig.accept().acceptTurn(message({ text: 'And the second?', claims: ['second'] }));
    await b.runNext();
    expect([person.invitations, await b.state()]).toEqual([2, 'awaiting_link']);
    person.signedIn = true;
    await rig.lanes.unpark(sender);
    await b.runNext();
    await b.runNext();
    expect(b.calls.map(({ invocation }) => invocation.prompt)).toEqual(['How many?', 'And the second?']);
  });

  it('can still be stopped, edited and deleted', async () => {
    const b = await bench({ agent: [], more: { identify: newcomer().identify } });
    const turn = await b.claim();
    await b.run(turn);
    const [stopped] = (await rig.operator.stopLanes([turn.lane], { reason: 'person', by: 'U1' })) ?? [];
    expect([stopped?.outcome, await b.state()]).toEqual(['cancelled', 'stopped']);
    expect(await rig.lanes.unpark(sender)).toBe(0);
  });

  it('says so when nobody has signed in for it in time', async () => {
    const person = newcomer();
    let now = Date.now();
    const more = { identify: person.identify, linkWaitMs: 1, now: () => now };
    const b = await bench({ agent: [], more });
    now = 0;
    await b.runNext();
    expect(await b.state()).toBe('awaiting_link');
    now = Date.now() + 1_000;
    await rig.redis.zadd(`${rig.prefix}:parked`, 'XX', 1, (await rig.lanes.read(b.turnId))?.lane ?? '');
    await rig.lanes.sweep();
    await b.runNext();
    expect(b.finals.map(({ notice }) => notice?.code)).toEqual(['link_lapsed']);
    expect(b.ends).toEqual(['stopped: link_lapsed']);
  });

  it('says in the thread what to do when nothing can be said in private', async () => {
    const person = newcomer({ invite: () => Promise.reject(new Error('user_not_in_channel')) });
    const b = await bench({ agent: [], more: { identify: person.identify } });
    await b.runNext();
    expect(b.finals.map(({ notice }) => notice?.code)).toEqual(['sign_in_needed']);
  });
});

describe('a question of which it cannot be told who asks', () => {
  it('is tried again with patience', async () => {
    let tries = 0;
    const identify = async (): Promise<RunsAs> => {
      tries += 1;
      if (tries < 3) throw new Error('Cognito does not answer');
      return SOMEBODY;
    };
    const b = await bench({ agent: [answers], more: { identify, identityMayPass: () => true } });
    await b.runNext();
    expect([tries, await b.state()]).toEqual([3, 'done']);
  });

  it('fails with a notice when that does not help, and the agent is asked nothing', async () => {
    const identify = () => Promise.reject(new Error('Cognito does not answer'));
    const b = await bench({ agent: [], more: { identify, identityMayPass: () => true } });
    await b.runNext();
    expect(b.finals.map(({ notice }) => [notice?.code, notice?.retry])).toEqual([
      ['identity_unavailable', true],
    ]);
    expect(b.calls).toEqual([]);
  });
});

describe('the question of somebody who may not ask', () => {
  it('is answered in private only, and asks the agent nothing', async () => {
    let told = 0;
    const identify = async (): Promise<RunsAs> => ({
      kind: 'refused',
      reason: 'guest',
      tell: async () => {
        told += 1;
      },
    });
    const b = await bench({ agent: [], more: { identify } });
    await b.runNext();
    expect([told, b.shown, b.finals, b.ends]).toEqual([1, [], [], ['blocked: guest']]);
    expect(await b.state()).toBe('blocked');
  });
});
