import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReplyFile } from '../../../src/chat/vocabulary.ts';
import { LaneLost } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { type SlackThread, say, startThread } from './slack-thread.ts';

let thread: SlackThread;
beforeEach(async () => {
  thread = await startThread();
});
afterEach(() => thread.close());

const bot = () => thread.slack.thread(thread.channel, thread.ts).slice(1);
const withFiles = () => bot().filter((message) => message.files.length > 0);
const smallPrint = () =>
  bot().flatMap((message) =>
    message.blocks.filter(({ type }) => type === 'context').map((block) => JSON.stringify(block)),
  );

const file = (
  name: string,
  mediaType: string,
  content: string,
  more: Partial<ReplyFile> = {},
): ReplyFile => ({
  name,
  mediaType,
  base64: Buffer.from(content).toString('base64'),
  title: '',
  alt: '',
  ...more,
});
const CHART = file('chart.png', 'image/png', 'a picture', { title: 'Costs', alt: 'Costs rise from 3 to 9' });
const TABLE = file('costs.csv', 'text/csv', 'day,cost\n1,3\n');
const COMPLETE = 'files.completeUploadExternal';

test('files stand in the thread below the text, as one message, with names, titles and alt text', async () => {
  const reply = thread.open();
  reply.show(say('See the chart.', { files: [CHART] }));
  await eventually('the text', () => thread.messages()[0] === 'See the chart.');
  expect(withFiles()).toEqual([]);
  const parts = await reply.finish(say('See the chart.', { files: [CHART, TABLE] }));
  expect(bot().map((message) => [message.threadTs, message.files.length])).toEqual([
    [thread.ts, 0],
    [thread.ts, 2],
  ]);
  expect(withFiles()[0]?.files).toMatchObject([
    { name: 'chart.png', title: 'Costs', altText: 'Costs rise from 3 to 9', mimetype: 'image/png' },
    { name: 'costs.csv', title: 'costs.csv', mimetype: 'text/csv', content: Buffer.from('day,cost\n1,3\n') },
  ]);
  const shared = withFiles()[0]?.files.map(({ id }) => ({ id, streaming: false, file: 'shared' }));
  expect(parts.slice(1)).toEqual(shared);
});

test('a reply of nothing but files is their message', async () => {
  await thread.open().finish(say('', { files: [CHART] }));
  expect(bot()).toHaveLength(1);
  expect(withFiles()).toHaveLength(1);
});

test('what is too large, empty or too many is left out with a word about it, in the message itself', async () => {
  const files = [
    file('big.txt', 'text/plain', 'x'.repeat(10 * 1024 * 1024 + 1)),
    file('none.txt', 'text/plain', ''),
    ...Array.from({ length: 9 }, (_, i) => file(`n${i}.txt`, 'text/plain', `${i}`)),
  ];
  await thread.open().finish(say('Here.', { files }));
  expect(thread.writes()).toEqual(['chat.postMessage']);
  expect(withFiles()[0]?.files.map((one) => one.name)).toEqual(
    Array.from({ length: 8 }, (_, i) => `n${i}.txt`),
  );
  expect(smallPrint()).toHaveLength(1);
  expect(smallPrint()[0]).toMatch(
    /“big.txt”: it is larger than 10 MB.*“none.txt”: it is empty.*“n8.txt”: a reply holds 10 files/,
  );
});

test('a workspace that refuses files gets its answer, with a word about the file', async () => {
  thread.slack.faults.add({
    kind: 'error',
    method: 'files.getUploadURLExternal',
    error: 'missing_scope',
    times: 9,
  });
  const reply = thread.open();
  reply.show(say('See'));
  await eventually('the text', () => thread.messages()[0] === 'See');
  await reply.finish(say('See the chart.', { files: [CHART] }));
  expect(thread.messages()).toEqual(['See the chart.']);
  expect(smallPrint()).toEqual([expect.stringContaining('I could not attach “chart.png”')]);
});

test('a file that Slack does not show is said to be missing, and the others are shown', async () => {
  thread.slack.faults.add({
    kind: 'error',
    method: 'files.getUploadURLExternal',
    error: 'file_upload_size_restricted',
  });
  await thread.open().finish(say('Here.', { files: [CHART, TABLE] }));
  expect(withFiles()[0]?.files.map((one) => one.name)).toEqual(['costs.csv']);
  expect(smallPrint()).toEqual([expect.stringContaining('“chart.png”')]);
});

test.each([
  { kind: 'drop_answer', method: COMPLETE },
  { kind: 'drop_answer', method: COMPLETE, times: 3 },
  { kind: 'status', method: COMPLETE, status: 503, commit: true },
  { kind: 'status', method: COMPLETE, status: 500 },
  { kind: 'refuse', method: COMPLETE, times: 2 },
  { kind: 'error', method: COMPLETE, error: 'internal_error' },
  { kind: 'status', method: COMPLETE, status: 429, retryAfter: 3 },
  { kind: 'drop_answer', method: 'files.getUploadURLExternal', times: 2 },
] as const)('files are shown once after %j', async (fault) => {
  thread.slack.faults.add(fault);
  await thread.open().finish(say('Here.', { files: [CHART] }));
  expect(withFiles()).toHaveLength(1);
  expect(smallPrint()).toEqual([]);
});

/** A first worker that is lost at the call of `method`, after Slack has carried it out or before. */
async function lostAt(method: string, carriedOut: boolean): Promise<void> {
  const owner = new AbortController();
  thread.slack.faults.add({ kind: 'delay', method, ms: 40, commit: carriedOut });
  const reply = thread.open({ signal: owner.signal, assertHeld: () => owner.signal.throwIfAborted() });
  const ending = reply.finish(say('Here.', { files: [CHART] }));
  await eventually('the names are on record', () =>
    thread.noted.at(-1)?.some((part) => part.file === 'named'),
  );
  if (carriedOut) await eventually('the files are shown', () => withFiles().length === 1);
  owner.abort(new LaneLost('lane'));
  await ending.catch(() => undefined);
}

test('a successor finds what is shown already', async () => {
  await lostAt(COMPLETE, true);
  const posted = thread.noted.at(-1) ?? [];
  const parts = await thread.open({ turn: { attempt: 2, posted } }).finish(say('Here.', { files: [CHART] }));
  expect(withFiles()).toHaveLength(1);
  expect(thread.messages().filter((text) => text === 'Here.')).toHaveLength(1);
  expect(parts.at(-1)).toMatchObject({ file: 'shared' });
});

test('a successor shows what was uploaded and not shown, without uploading it again', async () => {
  thread.slack.faults.add({ kind: 'refuse', method: COMPLETE, times: 6 });
  await thread.open().finish(say('Here.', { files: [CHART] }));
  const posted = thread.noted.at(-1) ?? [];
  expect(posted.at(-1)).toMatchObject({ file: 'named' });
  await thread.open({ turn: { attempt: 2, posted } }).finish(say('Here.', { files: [CHART] }));
  expect(withFiles()[0]?.files).toMatchObject([{ name: 'chart.png', title: 'Costs' }]);
  expect(thread.methods().filter((name) => name === 'files.getUploadURLExternal')).toHaveLength(1);
});

test('a successor uploads again what Slack has forgotten', async () => {
  const posted = [{ id: 'F0FORGOTTEN', streaming: false, file: 'named' as const }];
  await thread.open({ turn: { attempt: 2, posted } }).finish(say('Here.', { files: [CHART] }));
  expect(withFiles()).toHaveLength(1);
});

test('a worker that has lost its lane uploads nothing', async () => {
  let held = true;
  const reply = thread.open({
    assertHeld: () => {
      if (!held) throw new LaneLost('lane');
    },
    notePosted: async () => {
      held = false;
    },
  });
  await expect(reply.finish(say('Here.', { files: [CHART] }))).rejects.toThrow(LaneLost);
  expect(withFiles()).toEqual([]);
  expect(thread.methods()).not.toContain(COMPLETE);
});
