import { createSecretKey, randomBytes } from 'node:crypto';
import { startRedis } from '../local/redis/start-redis.ts';
import { createDirectory, type Directory } from '../src/sessions/directory.ts';
import { sessionId } from '../src/sessions/session-id.ts';
import { connect, disconnect } from '../src/store/connection.ts';
import { localDataKeys } from '../src/store/data-keys.ts';
import { createSealer } from '../src/store/sealed.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { type Measured, type Result, resultOf } from './report.ts';
import { quantile } from './statistics.ts';

export interface SessionsOptions {
  /** Each looks at everything once more. */
  readonly rounds: number;
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

/** Sessions of one person, and of everybody. */
const SIZES = { full: { own: 10_000, all: 100_000 }, quick: { own: 300, all: 600 } } as const;
const OTHERS_HAVE = 100;
const AT_ONCE = 100;
const LISTS = 40;
const SEARCHES = 8;
/** What a person waits for at most. Milliseconds, p95. */
const BAR_MS = 300;
const DAY_MS = 86_400_000;
const TOPICS = ['costs', 'alarms', 'instances', 'buckets', 'functions', 'rollout', 'latency', 'certificates'];

/** What the directory of sessions takes when one person has very many of them, and everybody has some. */
export async function benchSessions({ rounds, quick, say }: SessionsOptions): Promise<Measured> {
  const { own, all } = SIZES[quick ? 'quick' : 'full'];
  const redis = await startRedis({ own: true, env: { ...process.env, REDIS_URL: '' }, log: say });
  const connection = connect({ url: redis.url, name: 'bench-sessions' });
  try {
    const keys = localDataKeys([{ id: 'bench', key: createSecretKey(randomBytes(32)) }]);
    const directory = createDirectory({
      redis: connection,
      keyPrefix: '{tc}',
      sealer: createSealer({ keys, randomBytes }),
      randomBytes,
      log: createLogger({ level: 'silent' }),
    });
    say(`sessions: ${all} are written, ${own} of them of one person`);
    await fill(directory, 'sub-many', own);
    for (let i = 0; i * OTHERS_HAVE < all - own; i += 1) await fill(directory, `sub-${i}`, OTHERS_HAVE);
    const used = Number(/^used_memory:(\d+)/m.exec(await connection.info('memory'))?.[1]);

    const problems: string[] = [];
    const found = (what: string, is: number | undefined, wanted: number) => {
      if (is !== wanted) problems.push(`${what}: ${is} instead of ${wanted}`);
    };
    const actor = 'sub-many';
    const first = () => directory.list(actor, { most: 10 });
    const deep = await nthPage(directory, actor, 20);
    const asks: readonly (readonly [string, number, () => Promise<unknown>])[] = [
      ['list_first_page', LISTS, async () => found('first page', (await first()).entries.length, 10)],
      [
        'list_later_page',
        LISTS,
        async () =>
          found(
            'later page',
            (await directory.list(actor, { most: 10, ...(deep ? { after: deep } : {}) })).entries.length,
            10,
          ),
      ],
      [
        'search_common_word',
        LISTS,
        async () =>
          found(
            'common word',
            (await directory.list(actor, { words: 'costs', most: 10 })).entries.length,
            10,
          ),
      ],
      [
        'search_oldest',
        SEARCHES,
        async () =>
          found('oldest', (await directory.list(actor, { words: 'oldest', most: 10 })).entries.length, 1),
      ],
      [
        'search_nothing',
        SEARCHES,
        async () =>
          found('nothing', (await directory.list(actor, { words: 'zebra', most: 10 })).entries.length, 0),
      ],
      [
        'find_by_number',
        LISTS,
        async () => found('number', (await directory.find(actor, { number: own / 2 })).kind.length, 5),
      ],
      [
        'did_you_mean',
        SEARCHES,
        async () => {
          const answer = await directory.find(actor, { title: 'the oldset of all' });
          found('did you mean', answer.kind === 'none' ? answer.near.length : -1, 1);
        },
      ],
    ];
    const results: Result[] = [];
    for (const [metric, times, ask] of asks) {
      await ask();
      const p95s: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const took: number[] = [];
        for (let i = 0; i < times; i += 1) {
          const began = performance.now();
          await ask();
          took.push(performance.now() - began);
        }
        p95s.push(quantile(took, 0.95));
      }
      const [result] = resultOf(`${metric}_p95`, 'ms', p95s);
      if (!result) continue;
      results.push(result);
      if (!quick)
        say(`${result.value <= BAR_MS ? 'met   ' : 'MISSED'} ${result.metric} ${result.value} ≤ ${BAR_MS}`);
    }
    results.push(...resultOf('redis_per_session', 'bytes', [used / all]));
    return { report: { name: 'sessions', rounds, results, exact: problems.length === 0 }, problems };
  } finally {
    await disconnect(connection);
    await redis.stop();
  }
}

async function fill(directory: Directory, actor: string, count: number): Promise<void> {
  const now = Date.now();
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => from + i).map((i) => {
        const origin = { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: `${i}.0` } as const;
        const topic = TOPICS[i % TOPICS.length];
        const name = i === 0 ? 'the oldest of all' : `How are the ${topic} in region ${i}?`;
        const at = now - 80 * DAY_MS + i * 60_000;
        return directory.load(actor, {
          id: sessionId(origin, actor, 0),
          number: i + 1,
          name,
          tags: i % 10 === 0 ? ['prod'] : [],
          project: i % 20 === 0 ? 'Atlas' : '',
          createdAt: at,
          lastAt: at,
          turns: 3,
          question: `${name} Compare with last week, please.`,
          archived: false,
          origin,
        });
      }),
    );
}

/** Where a page begins that is reached by turning so many. */
async function nthPage(directory: Directory, actor: string, pages: number): Promise<string | undefined> {
  let after: string | undefined;
  for (let i = 0; i < pages; i += 1)
    after = (await directory.list(actor, { most: 10, ...(after === undefined ? {} : { after }) })).next;
  return after;
}
