import { afterEach, expect, test } from 'vitest';
import { createSocketModeReceiver } from '../../../src/slack/socket-mode.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { pause } from '../../../src/turns/pause.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, type RigOptions, startConversations } from './conversations-rig.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function start(options: RigOptions = {}): Promise<ConversationsRig> {
  const rig = await startConversations('socket', options);
  open.push(rig);
  return rig;
}
const texts = async (rig: ConversationsRig) => (await rig.turns()).map((turn) => turn.message.text);

test('nothing comes in over HTTP', async () => {
  const rig = await start();
  const answer = await fetch(`${rig.webUrl}/slack/events`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(404);
});

test('a lost connection is opened again, and the process is not ready meanwhile', async () => {
  const rig = await start();
  rig.slack.faults.add({ method: 'apps.connections.open', kind: 'error', error: 'internal_error', times: 2 });
  rig.slack.sockets?.drop();
  await eventually('it is seen', () => rig.ingresses[0]?.notReady().length === 1);
  expect((await fetch(`${rig.webUrl}/readyz`)).status).toBe(503);
  await eventually('it is back', () => rig.ingresses[0]?.notReady().length === 0);
  expect(rig.slack.sockets?.count()).toBe(1);
  await rig.slack.postAs('alice', 'dm', 'still there?');
  expect(await texts(rig)).toEqual(['still there?']);
});

test('an outage of Slack’s API while reconnecting does not end the process', async () => {
  const rig = await start();
  for (const kind of ['refuse', 'drop_answer'] as const)
    rig.slack.faults.add({ method: 'apps.connections.open', kind });
  rig.slack.faults.add({ method: 'apps.connections.open', kind: 'status', status: 500 });
  rig.slack.sockets?.drop();
  await eventually('it is seen', () => rig.ingresses[0]?.notReady().length === 1);
  await eventually('it is back', () => rig.ingresses[0]?.notReady().length === 0);
  expect(rig.slack.faults.list()).toEqual([]);
});

test.each(['refresh_requested', 'warning', 'link_disabled'] as const)(
  'when Slack asks for a new connection (%s), nothing is lost and nothing is doubled',
  async (reason) => {
    const rig = await start();
    const asked = ['one', 'two', 'three', 'four'];
    for (const [i, text] of asked.entries()) {
      if (i % 2 === 1) rig.slack.sockets?.refresh(reason);
      await rig.slack.postAs('alice', 'dm', text);
    }
    await rig.slack.deliveries.idle();
    expect((await texts(rig)).toSorted()).toEqual(asked.toSorted());
    await eventually('one connection is left', () => rig.slack.sockets?.count() === 1);
  },
);

test('a connection that breaks while a question is stored costs no question and makes no second one', async () => {
  const rig = await start();
  const held = rig.holdAccept();
  const posted = rig.slack.postAs('alice', 'dm', 'in the middle');
  await held.reached;
  rig.slack.sockets?.drop();
  held.release();
  await posted;
  await rig.slack.deliveries.idle();
  expect(await texts(rig)).toEqual(['in the middle']);
  expect(rig.slack.deliveries.records.at(-1)?.outcome).toBe(200);
});

test('several processes share the deliveries; one that leaves takes none with it', async () => {
  const rig = await start({ processes: 3 });
  expect(rig.slack.sockets?.count()).toBe(3);
  const asked = Array.from({ length: 12 }, (_, i) => `question ${i}`);
  const posted = asked.slice(0, 6).map((text) => rig.slack.postAs('alice', 'dm', text));
  const left = rig.ingresses[0]?.close();
  await Promise.all(posted);
  await left;
  await eventually('it has left', () => rig.slack.sockets?.count() === 2);
  for (const text of asked.slice(6)) await rig.slack.postAs('bob', 'dm', text);
  await rig.slack.deliveries.idle();
  expect((await texts(rig)).toSorted()).toEqual(asked.toSorted());
});

test('what is under way at the end is stored and acknowledged before the connection closes', async () => {
  const rig = await start();
  const held = rig.holdAccept();
  const posted = rig.slack.postAs('alice', 'dm', 'the last one');
  await held.reached;
  const closed = rig.ingresses[0]?.close();
  held.release();
  await Promise.all([posted, closed]);
  expect(rig.slack.deliveries.records.map((one) => one.outcome)).toEqual([200]);
  await eventually('the connection has gone', () => rig.slack.sockets?.count() === 0);
  expect(await texts(rig)).toEqual(['the last one']);
});

test('what people write does not get into the logs', async () => {
  const rig = await start();
  await rig.slack.postAs('alice', 'dm', 'canary-7781');
  expect(rig.logged.join('')).toContain('turn accepted');
  expect(rig.logged.join('')).not.toContain('canary-7781');
  expect(rig.logged.join('')).not.toContain('xapp-1-test');
});

test('a refused token is said to the operator again and again, ever more slowly, until the process is told to end', async () => {
  const rig = await start();
  const waits: number[] = [];
  const logged: string[] = [];
  const receiver = createSocketModeReceiver({
    appToken: 'xapp-wrong',
    apiUrl: rig.slack.apiUrl,
    pause: (ms, signal) => {
      waits.push(ms);
      return pause(1, signal);
    },
    now: () => performance.now(),
    random: () => 1,
    onHandled: () => undefined,
    log: createLogger({ level: 'error', destination: { write: (line) => void logged.push(line) } }),
  });
  await receiver.start();
  await eventually('several tries', () => waits.length >= 9);
  await receiver.stop();
  expect(waits.slice(0, 9)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(receiver.connected()).toBe(false);
  expect(logged.join('')).toContain('SLACK_APP_TOKEN');
  expect(logged.join('')).not.toContain('xapp-wrong');
});
