import { setImmediate as nextTick } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LaneLost } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { createPassingTime, type PassingTime } from './passing-time.ts';
import { type SlackThread, say, shown, startThread, TURN } from './slack-thread.ts';

/** After both looks into the thread, which come 250 ms and 2,250 ms after the answer was lost. */
const LATE_MS = 4_000;

let time: PassingTime;
let thread: SlackThread;
beforeEach(async () => {
  time = createPassingTime();
  thread = await startThread('cloud', { now: time.now, pause: time.pause, slack: { wait: time.wait } });
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const count = (method: string) => thread.methods().filter((name) => name === method).length;
const stands = (text: string) =>
  eventually(`the thread shows ${text}`, () => thread.messages().join('') === shown(text, false));

/** Whatever Slack has not carried out yet is carried out now. */
async function everythingLands(): Promise<void> {
  time.later(60_000);
  await nextTick();
}

test('a post that Slack carries out after it was made again stands once in the end: the one on record', async () => {
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.postMessage', ms: LATE_MS });
  const most: number[] = [];
  thread.slack.listen(() => void most.push(bot().length));
  const parts = await thread.open().finish(say('42'));
  await everythingLands();
  expect(Math.max(...most)).toBe(2);
  expect(thread.messages()).toEqual(['42']);
  expect(parts).toEqual([{ id: bot()[0]?.ts, streaming: false }]);
  expect(thread.writes()).toEqual(['chat.postMessage', 'chat.postMessage', 'chat.delete']);
});

test('a stream that Slack begins after another took its place is ended and taken away', async () => {
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.startStream', ms: LATE_MS });
  const reply = thread.open();
  reply.show(say('Three'));
  await eventually('a stream is on record', () => thread.noted.length > 0);
  await reply.finish(say('Three instances.'));
  await everythingLands();
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(bot()[0]?.stream?.ended).toBe('finished');
  expect(bot()[0]?.ts).toBe(thread.noted[0]?.[0]?.id);
});

test('the end waits until a lost call is over; before that, everything is visible', async () => {
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.postMessage', ms: 4_999, times: 2 });
  const began = time.now();
  let endedAfter = 0;
  const done = thread
    .open()
    .finish(say('42'))
    .then(() => {
      endedAfter = time.now() - began;
    });
  await stands('42');
  expect(endedAfter).toBe(0);
  await done;
  expect(endedAfter).toBeGreaterThanOrEqual(5_000);
  await everythingLands();
  expect(thread.messages()).toEqual(['42']);
});

test('a reply in which nothing was in doubt is not looked at again, and waits for nothing', async () => {
  const reply = thread.open();
  reply.show(say('Three'));
  await stands('Three');
  await reply.finish(say('Three instances.'));
  expect(thread.writes()).toEqual(['chat.startStream', 'chat.stopStream']);
  expect(count('conversations.replies')).toBe(0);
});

test('a lost answer to a call that was carried out costs one look, as before', async () => {
  thread.slack.faults.add({ kind: 'drop_answer', method: 'chat.postMessage' });
  await thread.open().finish(say('42'));
  expect(count('conversations.replies')).toBe(1);
  expect(thread.writes()).toEqual(['chat.postMessage']);
});

test('when the worker is lost before it has looked, its successor takes the copy away', async () => {
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.postMessage', ms: LATE_MS });
  const owner = new AbortController();
  thread.slack.listen(() => bot().length > 0 && owner.abort(new Error('killed')));
  await expect(thread.open({ signal: owner.signal }).finish(say('42'))).rejects.toThrow('killed');
  await everythingLands();
  expect(thread.messages()).toEqual(['42', '42']);
  await thread.open({ turn: { attempt: 2, quietMs: 5_000 } }).finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});

test('a worker that has lost the lane leaves the copy to its successor', async () => {
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.postMessage', ms: LATE_MS });
  const assertHeld = () => {
    if (bot().length > 1) throw new LaneLost('lane');
  };
  await expect(thread.open({ assertHeld }).finish(say('42'))).rejects.toThrow(LaneLost);
  expect(thread.messages()).toEqual(['42', '42']);
  expect(count('chat.delete')).toBe(0);
});

test('where a message may not be deleted, the copy says that it counts no more, and is left alone from then on', async () => {
  const refuse = () =>
    thread.slack.faults.add({ kind: 'error', method: 'chat.delete', error: 'cant_delete_message' });
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.postMessage', ms: LATE_MS });
  refuse();
  const parts = await thread.open().finish(say('42'));
  const words = thread.messages().toSorted();
  expect(words).toEqual(['42', expect.stringContaining('replaced')]);
  refuse();
  await thread.open({ turn: { attempt: 2, posted: parts } }).finish(say('42'));
  expect(thread.messages().toSorted()).toEqual(words);
  expect(count('chat.delete')).toBe(1);
});

test('other turns, and people who write our marks, are left alone', async () => {
  await thread.slack.postAs('bob', 'cloud', `{"id":"${TURN}.0"}`, { threadTs: thread.ts });
  await thread.open({ turn: { id: `${TURN}2` } }).finish(say(`"id":"${TURN}.0"`));
  const before = bot().map((message) => message.ts);
  await thread.open({ turn: { attempt: 2 } }).finish(say('42'));
  expect(bot().map((message) => message.ts)).toEqual([...before, expect.any(String)]);
  expect(count('chat.delete')).toBe(0);
});

test('when nobody may look, the reply ends all the same', async () => {
  const error = 'missing_scope';
  thread.slack.faults.add({ kind: 'error', method: 'conversations.replies', error, times: 99 });
  const posted = await thread.open().finish(say('4'));
  await thread.open({ turn: { attempt: 2, posted } }).finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});

test('while Slack does not let us look, the turn is left to a later worker, but not for ever', async () => {
  const posted = await thread.open().finish(say('4'));
  thread.slack.faults.add({ kind: 'refuse', method: 'conversations.replies', times: 999 });
  const attempt = { attempt: 2, posted };
  await expect(thread.open({ turn: { ...attempt, crashes: 1 } }).finish(say('42'))).rejects.toThrow(
    'did not answer',
  );
  await thread.open({ turn: { ...attempt, crashes: 2 } }).finish(say('42'));
  expect(thread.messages()).toEqual(['42']);
});

test('an earlier look that Slack brings back late does not stay', async () => {
  thread.slack.faults.add({ kind: 'error', method: 'chat.startStream', error: 'not_allowed' });
  const reply = thread.open();
  reply.show(say('Three'));
  await stands('Three');
  thread.slack.faults.add({ kind: 'commit_late', method: 'chat.update', ms: LATE_MS });
  reply.show(say('Three inst'));
  await stands('Three inst');
  await reply.finish(say('Three instances.'));
  await everythingLands();
  expect(thread.messages()).toEqual(['Three instances.']);
  expect(count('conversations.replies')).toBe(0);
});
