import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { createLaneModel } from './lane-model.ts';
import { TENANTS } from './lane-world.ts';
import { message } from './messages.ts';

/** `LANE_HISTORIES=10000` for the whole campaign. */
const HISTORIES = Number(process.env.LANE_HISTORIES ?? 250);

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'lane-histories' });
});
afterAll(() => disconnect(redis));

const n = fc.nat({ max: 255 });
const does = <const T extends string>(...names: T[]) => fc.record({ do: fc.constantFrom(...names), n });

/** A step of a history: who does what. Every event has three names; a delivery carries some of them. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      tenant: fc.constantFrom(...TENANTS),
      sender: fc.constantFrom('U1', 'U2'),
      thread: fc.constantFrom<string[]>('1.0', '1.0', '1.0', '2.0'),
      addressed: fc.boolean(),
      event: fc.nat({ max: 20 }),
      names: fc.subarray(['event', 'place', 'client'], { minLength: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), dies: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('finish' as const),
      n,
      end: fc.constantFrom('done' as const, 'done' as const, 'failed' as const, 'unknown' as const),
    }),
  },
  { weight: 4, arbitrary: does('post', 'release', 'note', 'renew') },
  { weight: 3, arbitrary: does('park') },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('signIn' as const),
      tenant: fc.constantFrom(...TENANTS),
      sender: fc.constantFrom('U1', 'U2'),
    }),
  },
  { weight: 1, arbitrary: does('staleWrite') },
  { weight: 1, arbitrary: does('drop') },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('stop' as const), n, all: fc.boolean(), named: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('togglePause' as const, 'sweep' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('edit' as const), n, editor: fc.constantFrom('U1', 'U2') }),
  },
  { weight: 1, arbitrary: does('remove') },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Under the rules that an operator can choose. */
const rules = fc.record({
  policy: fc.constantFrom('queue' as const, 'queue' as const, 'latest' as const, 'interrupt' as const),
  tenantAtOnce: fc.constantFrom(0, 0, 1, 2),
  slots: fc.constantFrom(0, 0, 3),
});

async function take(model: ReturnType<typeof createLaneModel>, act: Step): Promise<void> {
  switch (act.do) {
    case 'deliver': {
      const claims = act.names.map((name) => `${name}:${act.tenant}:${act.event}`);
      return model.accept(message({ ...act, claims }));
    }
    case 'claim':
      return void (await model.claim(act.dies));
    case 'finish':
      return model.finish(act.n, act.end);
    case 'stop':
      await model.stop(act.n, act.all, act.named);
      return model.compareOpen();
    case 'signIn':
      return model.signIn(act.tenant, act.sender);
    case 'edit':
      return model.edit(act.n, act.editor);
    case 'togglePause':
    case 'sweep':
      return model[act.do]();
    default:
      return model[act.do](act.n);
  }
}

/** Many ask at once, most of them of one tenant, and there are few slots. */
const scarce = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      tenant: fc.constantFrom('T1', 'T1', 'T1', 'T1', 'T2', 'T3'),
      sender: fc.constantFrom('U1', 'U2'),
      thread: fc.constantFrom<string[]>('1.0', '2.0', '3.0', '4.0'),
      addressed: fc.constant(true),
      event: fc.nat({ max: 1000 }),
      names: fc.constant<string[]>(['event']),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('claim' as const), dies: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('finish' as const), n, end: fc.constant('done' as const) }),
  },
  { weight: 1, arbitrary: does('release', 'park') },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
);

let histories = 0;

async function play(given: Parameters<typeof createLaneModel>[2], history: readonly Step[]): Promise<void> {
  histories += 1;
  const model = createLaneModel(redis, `{tc}:${histories}`, given);
  await model.begin();
  for (const act of history) {
    await take(model, act);
    await model.compare();
  }
  await model.drain();
}

it(
  'lanes keep every promise in any history of deliveries, edits, deletions, stops, pauses, sign-ins, crashes, shutdowns and stale workers',
  async () => {
    await fc.assert(fc.asyncProperty(rules, fc.array(step, { maxLength: 50, size: 'max' }), play), {
      numRuns: HISTORIES,
      endOnFailure: true,
    });
  },
  60_000 * Math.ceil(HISTORIES / 250),
);

it(
  'and where one tenant asks for more slots than there are',
  async () => {
    const given = fc.record({
      policy: fc.constant('queue' as const),
      tenantAtOnce: fc.constantFrom(0, 0, 0, 3),
      slots: fc.integer({ min: 2, max: 5 }),
    });
    await fc.assert(fc.asyncProperty(given, fc.array(scarce, { minLength: 20, maxLength: 60 }), play), {
      numRuns: HISTORIES,
      endOnFailure: true,
    });
  },
  60_000 * Math.ceil(HISTORIES / 250),
);
