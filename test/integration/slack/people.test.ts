import { describe, expect, it } from 'vitest';
import { createSlackStandIn } from '../../../local/slack/stand-in.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { createGuests } from '../../../src/slack/guests.ts';
import { createSlackPeople } from '../../../src/slack/people.ts';
import { connect, disconnect } from '../../../src/store/connection.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { testRedis } from '../../setup/redis.ts';

async function withPeople(
  work: (parts: {
    slack: Awaited<ReturnType<typeof createSlackStandIn>>;
    people: ReturnType<typeof createSlackPeople>;
    id: (name: string) => string;
  }) => Promise<void>,
) {
  const slack = await createSlackStandIn({
    eventsUrl: () => 'http://127.0.0.1:1/',
    signingSecret: 'secret',
    botToken: 'xoxb-people',
  });
  const client = createSlackClient({
    token: 'xoxb-people',
    apiUrl: slack.apiUrl,
    timeoutMs: 5_000,
    observe: () => undefined,
  });
  const people = createSlackPeople({
    client,
    pause: () => Promise.resolve(),
    closing: new AbortController().signal,
    now: () => 0,
    log: createLogger({ level: 'silent' }),
  });
  try {
    await work({ slack, people, id: (name) => slack.people.person(name).id });
  } finally {
    await slack.close();
  }
}
const lookUps = (slack: Awaited<ReturnType<typeof createSlackStandIn>>) =>
  slack.calls.filter(({ method }) => method === 'users.info').length;

describe('looking people up in Slack', () => {
  it('tells members from guests, and asks once for each', () =>
    withPeople(async ({ slack, people, id }) => {
      const all = await Promise.all(
        ['alice', 'alice', 'guest', 'solo'].map((name) => people.of('T', id(name))),
      );
      expect(all.map(({ guest }) => guest)).toEqual([false, false, true, true]);
      expect(lookUps(slack)).toBe(3);
    }));

  it('has patience with a Slack that is busy, and takes nobody for a member without an answer', () =>
    withPeople(async ({ slack, people, id }) => {
      slack.faults.add({ method: 'users.info', kind: 'status', status: 429, retryAfter: 1, times: 1 });
      slack.faults.add({ method: 'users.info', kind: 'status', status: 500, times: 1 });
      expect((await people.of('T', id('guest'))).guest).toBe(true);
      slack.faults.add({ method: 'users.info', kind: 'status', status: 500, times: 3 });
      await expect(people.of('T', id('alice'))).rejects.toThrow(/500/);
      expect((await people.of('T', id('alice'))).guest).toBe(false);
    }));

  it('takes somebody whom Slack does not know for no guest', () =>
    withPeople(async ({ people }) => {
      expect(await people.of('T', 'U0NOBODY')).toEqual({ name: 'U0NOBODY', guest: false });
    }));

  it('is not done again by another worker within some hours', () =>
    withPeople(async ({ slack, people, id }) => {
      const redis = connect({ url: await testRedis(), name: 'people' });
      const worker = () => createGuests({ redis, keyPrefix: '{tc}:people', lookUp: people.of, now: () => 0 });
      try {
        const guest = { tenant: 'T', id: id('guest') };
        const [first, second] = [worker(), worker()];
        expect([await first('T', guest), await first('T', guest), await second('T', guest)]).toEqual([
          true,
          true,
          true,
        ]);
        expect(lookUps(slack)).toBe(1);
        expect(await redis.ttl((await redis.keys('{tc}:people:guest:*'))[0] ?? '')).toBeGreaterThan(20_000);
      } finally {
        await disconnect(redis);
      }
    }));
});
