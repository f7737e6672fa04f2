import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, connect, disconnect } from '../../../src/store/connection.ts';
import { testRedis } from '../../setup/redis.ts';
import { dump } from '../turns/dump.ts';
import { createPersonModel } from './directory-model.ts';
import { idOf, newKey, sealerWith } from './rig.ts';

/** `DIRECTORY_HISTORIES=10000` for the whole campaign. */
const HISTORIES = Number(process.env.DIRECTORY_HISTORIES ?? 500);
const ACTORS = ['sub-1', 'sub-2', 'slack:T1:U1'];
const THREADS = ['1.0', '2.0', '3.0', '4.0'];

let redis: Connection;
beforeAll(async () => {
  redis = connect({ url: await testRedis(), name: 'directory-histories' });
});
afterAll(() => disconnect(redis));

const name = fc.constantFrom(
  'Costs',
  'costs',
  'Costs (2)',
  'Alarms?',
  'Alarms',
  'x'.repeat(90),
  '3',
  'Café',
  '',
);
const tag = fc.constantFrom('may', 'May', 'prod');
const thread = fc.constantFrom(...THREADS);
const who = fc.nat(ACTORS.length - 1);
/** Mostly of the one who acts; else of somebody else. */
const whose = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2) },
);
const does = <const T extends string>(...names: T[]) =>
  fc.record({ do: fc.constantFrom(...names), who, whose, thread, name, tag, n: fc.nat(6) });

const step = fc.oneof(
  { weight: 5, arbitrary: does('ask') },
  { weight: 3, arbitrary: does('rename') },
  { weight: 4, arbitrary: does('archive', 'restore', 'bind', 'begin') },
  { weight: 4, arbitrary: does('tag', 'untag', 'setProject', 'find') },
  { weight: 1, arbitrary: does('remove', 'remove', 'erase') },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Model = ReturnType<typeof createPersonModel>;

async function take(model: Model, act: Step): Promise<void> {
  const owner = ACTORS[(act.who + act.whose) % ACTORS.length] ?? '';
  const id = idOf(owner, act.thread);
  switch (act.do) {
    case 'ask':
      return model.ask(act.thread, act.name);
    case 'rename':
    case 'setProject':
      return model[act.do](id, act.do === 'rename' ? act.name || 'Costs' : act.name.slice(0, 80));
    case 'tag':
    case 'untag':
      return model[act.do](id, act.tag);
    case 'bind':
      return model.bind(act.thread, id);
    case 'begin':
      return model.begin(act.thread);
    case 'find':
      return model.find(act.n, act.name || 'Costs');
    case 'erase':
      return model.erase();
    default:
      return model[act.do](id);
  }
}

/** Keys that would stay for ever. */
async function endless(prefix: string): Promise<string[]> {
  const names = Object.keys(await dump(redis, prefix)).filter((key) => key !== 'namekey');
  const ttls = await Promise.all(names.map((name) => redis.ttl(`${prefix}:${name}`)));
  return names.filter((_, i) => ttls[i] === -1);
}

it(
  'in any history of several people, each sees exactly what is their own, under names that are unique, and can be forgotten',
  async () => {
    let histories = 0;
    const sealer = sealerWith(newKey('k1'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (history, page, sealed) => {
          histories += 1;
          const prefix = `{tc}:h${histories}`;
          const models = ACTORS.map((actor) =>
            createPersonModel(redis, prefix, sealed ? sealer : undefined, actor),
          );
          for (const act of history) {
            const model = models[act.who];
            if (!model) throw new Error('nobody');
            await take(model, act);
            await model.compare(page);
          }
          for (const model of models) await model.compare(page);
          expect(await endless(prefix)).toEqual([]);
          for (const model of models) await model.erase();
          expect(Object.keys(await dump(redis, prefix)).filter((key) => key !== 'namekey')).toEqual([]);
        },
      ),
      { numRuns: HISTORIES, endOnFailure: true },
    );
    expect(histories).toBe(HISTORIES);
  },
  120_000 * Math.ceil(HISTORIES / 500),
);
