import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { redisCommands } from '../../../local/redis/resp.ts';
import * as scripts from '../../../src/turns/lua.ts';
import { runTurn } from '../../../src/turns/run-turn.ts';
import { eventually } from '../../setup/eventually.ts';
import { testRedis } from '../../setup/redis.ts';
import { end, numbered, text } from '../../unit/turns/agent-events.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { message, SOMEBODY } from './messages.ts';
import { createRig } from './rig.ts';

const OURS = new Map(
  Object.entries(scripts).map(([name, source]) => [createHash('sha1').update(source).digest('hex'), name]),
);

/** Names a command; a script of ours by its own name. */
function nameOf([command = '', digest = '']: readonly string[]): string {
  const name = command.toUpperCase();
  return name === 'EVALSHA' ? (OURS.get(digest) ?? 'a script of BullMQ') : name;
}

/** Waiting for work, and what a worker does by the clock however many turns there are. */
const BESIDES = new Set(['BZPOPMIN', 'SWEEP', 'RENEW']);

it('an ordinary turn takes few Redis commands from accept to the end', async () => {
  const url = await testRedis();
  const proxy = await startCountingProxy(url);
  const rig = createRig(proxy.url);
  try {
    let ended = 0;
    rig.startWorker((turn, hold) =>
      runTurn(
        {
          lanes: rig.lanes,
          // A short answer is posted as one message: nothing but its end is recorded.
          openReply: () => ({
            show: () => undefined,
            untakenMs: () => undefined,
            finish: () => Promise.resolve([{ id: '1.1', streaming: false }]),
          }),
          identify: () => Promise.resolve(SOMEBODY),
          identityMayPass: () => false,
          linkWaitMs: 0,
          sessionOf: () => Promise.resolve({ session: 'session', listed: '' }),
          async *invoke() {
            yield* numbered([text('Two instances.'), end()]);
          },
          stopSession: () => Promise.resolve(),
          interruptionOf: () => undefined,
          pause: () => Promise.resolve(),
          wake: rig.wakes.add,
          canAttach: true,
          totalMs: 20_000,
          trace: () => ({ traceId: '', traceparent: '', end: () => undefined }),
          observer: {
            firstText: () => undefined,
            ended: () => {
              ended += 1;
            },
            interrupted: () => undefined,
          },
          log: rig.log,
          now: () => Date.now(),
          monotonic: () => performance.now(),
          random: () => 0.5,
        },
        turn,
        hold,
      ),
    );
    const { acceptTurn } = rig.accept();
    /** Asked beside the proxy, so that looking is not counted. */
    const wakesUnderWay = async () => (await redisCommands(url, [['LLEN', `${rig.prefix}:wakes:active`]]))[0];
    const oneTurn = async () => {
      const before = ended;
      await acceptTurn(message({ thread: `${ended}` }));
      await eventually('the turn has ended', () => ended > before);
      await eventually('its wake is put away', async () => (await wakesUnderWay()) === 0);
    };
    // The first turns also send the scripts.
    await oneTurn();
    await oneTurn();

    proxy.reset();
    const turns = 10;
    for (let i = 0; i < turns; i += 1) await oneTurn();
    const counted = proxy
      .commands()
      .map(nameOf)
      .filter((name) => !BESIDES.has(name));
    for (const ours of ['ACCEPT', 'CLAIM', 'FINISH']) {
      expect(counted.filter((name) => name === ours)).toHaveLength(turns);
    }
    expect(counted.length / turns, `commands: ${counted.join(', ')}`).toBeLessThanOrEqual(10);
  } finally {
    await rig.close();
    await proxy.close();
  }
});
