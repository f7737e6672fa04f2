import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Json } from '../../../local/teams/model.ts';
import { notice } from '../../../src/chat/notices.ts';
import { LaneLost } from '../../../src/turns/reply.ts';
import { eventually } from '../../setup/eventually.ts';
import { say, type TeamsThread, threadOfTest as thread } from './teams-thread.ts';

const entities = (activity: Json | undefined) => (activity?.entities ?? []) as Json[];
const statuses = ({ teams }: TeamsThread) => teams.calls.map(({ status }) => status);
const methods = ({ teams }: TeamsThread) =>
  teams.calls.flatMap(({ method, activity }) =>
    activity.type === 'typing' && !activity.entities ? [] : [method],
  );

test('a short answer is one message, in a channel in the thread of its question', async () => {
  const t = await thread('cloud');
  const posted = await t.open().finish(say('42'));
  expect(t.texts()).toEqual(['42']);
  expect(methods(t)).toEqual(['send']);
  expect(posted).toEqual([{ id: t.teams.repliesTo(t.question)[0]?.id, streaming: false }]);
  expect(t.teams.repliesTo(t.question)[0]?.root).toBe(t.question.id);
});

test('in a personal chat words appear as they come, at Teams’ pace, each chunk beginning with the one before', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('', { status: 'Looking' }));
  await t.shows('Looking');
  let text = '';
  for (const word of ['There ', 'are ', 'four ', 'instances.']) {
    text += word;
    reply.show(say(text));
    await t.shows(text);
  }
  await reply.finish(say(`${text} Done.`));
  expect(t.texts()).toEqual(['There are four instances. Done.']);
  expect(statuses(t).filter((status) => status >= 400)).toEqual([]);
  const streamed = t.teams.calls.filter(({ activity }) => activity.type === 'typing');
  const gaps = streamed.slice(1).map(({ at }, i) => at - (streamed[i]?.at ?? 0));
  expect(gaps.every((gap) => gap >= 1_000)).toBe(true);
  expect(entities(t.teams.calls.at(-1)?.activity)[0]).toMatchObject({ streamType: 'final' });
  expect(t.noted[0]).toMatchObject([{ streaming: true }]);
});

test('views that come faster than Teams takes them are overtaken', async () => {
  const t = await thread();
  const reply = t.open();
  for (let i = 1; i <= 500; i += 1) reply.show(say('x'.repeat(i)));
  await reply.finish(say('x'.repeat(500)));
  expect(t.texts()).toEqual(['x'.repeat(500)]);
  expect(t.teams.calls.length).toBeLessThan(5);
});

test('a stream is ended before its two minutes, and the answer goes on in the same message', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.later(106_000);
  await eventually('the end of the stream', () => t.teams.repliesTo(t.question)[0]?.streaming === false);
  reply.show(say('one two'));
  await t.shows('one two');
  t.later(200_000);
  await reply.finish(say('one two three'));
  expect(t.texts()).toEqual(['one two three']);
  expect(statuses(t).filter((status) => status >= 400)).toEqual([]);
});

test('a stream that Teams has ended for its age is updated as a whole', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({
    method: 'send',
    kind: 'error',
    code: 'ContentStreamNotAllowed',
    message: 'Content stream finished due to exceeded streaming time.',
  });
  t.teams.endStreams();
  reply.show(say('one two'));
  await t.shows('one two');
  await reply.finish(say('one two three'));
  expect(t.texts()).toEqual(['one two three']);
});

test('where there is no streaming, the answer is a message that is edited', async () => {
  const t = await thread('personal', { streams: false });
  const reply = t.open();
  reply.show(say('', { status: 'Looking' }));
  reply.show(say('one'));
  await t.shows('one');
  reply.show(say('one two'));
  await t.shows('one two');
  await reply.finish(say('one two three'));
  expect(t.texts()).toEqual(['one two three']);
  expect(t.teams.repliesTo(t.question)[0]?.edits).toBe(2);
});

test('when the person presses Stop, what was streamed stays, the turn is stopped, and its end is told below', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  const message = await t.shows('one');
  t.teams.stop(message.id);
  reply.show(say('one two'));
  await eventually('the stop', () => t.stopped.length === 1);
  reply.show(say('one two three'));
  await reply.finish(say('one two three', { notice: notice('stopped') }));
  expect(t.texts()).toEqual(['one', notice('stopped').text]);
  expect(t.stopped).toEqual(['turn-abcdefghijklmnopqrst']);
});

test('a stop at the very end leaves no second answer, and is told', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  const message = await t.shows('one');
  t.teams.stop(message.id);
  await reply.finish(say('one two'));
  expect(t.texts()).toEqual(['one', notice('stopped').text]);
});

test('of a long answer that is stopped at its end, nothing follows but that it was', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  const message = await t.shows('one');
  t.teams.stop(message.id);
  await reply.finish(say('one '.repeat(12_000)));
  expect(t.texts()).toEqual(['one', notice('stopped').text]);
});

test('an answer that begins anew takes the place of what was streamed', async () => {
  const t = await thread();
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  reply.show(say('other'));
  await t.shows('other');
  await reply.finish(say('other words'));
  expect(t.texts()).toEqual(['other words']);
});

test('a long answer that begins anew is complete again, its first part included', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  const text = `${'one '.repeat(6_000)}two`;
  reply.show(say(text));
  await eventually('both parts', () => t.texts().length === 2);
  reply.show(say('', { status: 'Looking', long: true }));
  await t.shows('Working on it…');
  reply.show(say(text));
  await reply.finish(say(`${text} three`));
  expect(t.texts().join('')).toBe(`${text} three`);
});

test('steps, notices and files stand below the words, with a button to ask again', async () => {
  const t = await thread('cloud');
  const tasks = [{ id: '1', title: 'List <b>', state: 'complete' as const }];
  const file = { name: 'costs.csv', mediaType: 'text/csv', base64: '', title: '', alt: '' };
  await t.open().finish(say('`a<b>` & <b>', { tasks, files: [file], notice: notice('agent_failed') }));
  const [message] = t.teams.repliesTo(t.question);
  expect(message?.text).toBe(
    [
      '`a<b>` &amp; &lt;b>',
      '---',
      '✓ List &lt;b>',
      notice('agent_failed').text,
      'I made the file costs.csv, but cannot show files in Teams yet.',
    ].join('\n\n'),
  );
  expect(JSON.stringify(message?.activity.attachments)).toContain('"verb":"turn_retry"');
});

test.each(['personal', 'cloud'] as const)(
  'pictures that Teams does not take cost the reader the pictures, not the answer (%s)',
  async (where) => {
    const t = await thread(where);
    const reply = t.open();
    reply.show(say('See the'));
    await t.shows('See the');
    const base64 = readFileSync(new URL('../../../infra/teams/outline.png', import.meta.url)).toString(
      'base64',
    );
    const file = { name: 'chart.png', mediaType: 'image/png', base64, title: '', alt: '' };
    const method = where === 'personal' ? 'send' : 'update';
    t.teams.faults.add({
      method,
      kind: 'error',
      status: 413,
      code: 'MessageSizeTooBig',
      message: 'too large',
    });
    await reply.finish(say('See the chart.', { files: [file] }));
    expect(t.texts()).toEqual([
      'See the chart.\n\n---\n\nI made the file chart.png, but cannot show files in Teams yet.',
    ]);
  },
);

test('what takes long in a channel can be stopped with a button, which goes with the end', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('', { long: true, status: 'Counting' }));
  const message = await t.shows('Working on it…');
  expect(JSON.stringify(message.activity.attachments)).toContain('"verb":"turn_stop"');
  await reply.finish(say('42'));
  expect(message.text).toBe('42');
  expect(message.activity.attachments).toBeUndefined();
});

test.each(['personal', 'cloud'] as const)(
  'a long answer is split into messages that Teams takes (%s)',
  async (where) => {
    const t = await thread(where);
    const reply = t.open();
    const line = 'Ünïcödé "quoted" text, long enough to fill a line of the answer.\n';
    const text = `${line.repeat(700)}\`\`\`js\n${line.repeat(400)}\`\`\`\nend ${'word '.repeat(12_000)}${'x'.repeat(40_000)}`;
    for (let length = 0; length < text.length; length += 15_000) {
      reply.show(say(text.slice(0, length)));
      const calls = t.teams.calls.length;
      await eventually('a write', () => t.teams.calls.length > calls || length === 0);
    }
    await reply.finish(say(text));
    const texts = t.texts();
    expect(texts.length).toBeGreaterThan(6);
    // A block of code is closed and opened again where it was cut; nothing else is added.
    expect(texts.join('').replaceAll('``````js\n', '')).toBe(text);
    expect(statuses(t).filter((status) => status >= 400)).toEqual([]);
  },
);

test('when Teams wants to be left alone, only the end waits for it', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method: 'update', kind: 'status', status: 429, retryAfter: 20 });
  reply.show(say('one two'));
  await reply.finish(say('one two three'));
  expect(t.texts()).toEqual(['one two three']);
});

test('the limits for a thread are kept to by a long answer', async () => {
  const t = await thread('cloud', { throttled: true });
  const reply = t.open();
  for (let i = 1; i <= 40; i += 1) {
    reply.show(say('x'.repeat(i)));
    await t.shows('x'.repeat(i));
  }
  await reply.finish(say('done'));
  expect(t.texts()).toEqual(['done']);
  expect(statuses(t).filter((status) => status === 429)).toEqual([]);
});

test('an update whose answer was lost is made again', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  for (const kind of ['drop_answer', 'refuse'] as const) t.teams.faults.add({ method: 'update', kind });
  t.teams.faults.add({ method: 'update', kind: 'status', status: 502 });
  await reply.finish(say('one two'));
  expect(t.texts()).toEqual(['one two']);
  expect(t.doubts()).toBe(0);
});

test('an update that comes late, over a newer one, does not stay', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  await t.shows('one');
  t.teams.faults.add({ method: 'update', kind: 'commit_late', ms: 4_500 });
  reply.show(say('one two'));
  await t.shows('one two');
  await reply.finish(say('one two three'));
  // It has come meanwhile, and after the last words.
  const texts = t.teams.calls.flatMap(({ method, status, activity }) =>
    method === 'update' && status === 200 ? [activity.text] : [],
  );
  expect(texts).toEqual(['one two', 'one two three', 'one two', 'one two three']);
  expect(t.texts()).toEqual(['one two three']);
});

test('a first posting whose answer was lost may stand there twice, and is counted; a chunk never is', async () => {
  const t = await thread('cloud');
  t.teams.faults.add({ method: 'send', kind: 'drop_answer' });
  await t.open().finish(say('42'));
  expect(t.texts()).toEqual(['42', '42']);
  expect(t.doubts()).toBe(1);

  const streamed = await thread();
  const reply = streamed.open();
  reply.show(say('one'));
  await streamed.shows('one');
  streamed.teams.faults.add({ method: 'send', kind: 'drop_answer' });
  reply.show(say('one two'));
  await streamed.shows('one two');
  streamed.teams.faults.add({ method: 'send', kind: 'drop_answer' });
  await reply.finish(say('one two three'));
  expect(streamed.texts()).toEqual(['one two three']);
  expect(streamed.doubts()).toBe(0);
});

test('a posting that was never sent is no doubt', async () => {
  const t = await thread('cloud');
  t.teams.login.revoke();
  await t.open().finish(say('42'));
  expect(t.texts()).toEqual(['42']);
  expect(t.doubts()).toBe(0);
});

test('a successor goes on with the messages of a lost worker', async () => {
  const t = await thread('cloud');
  const first = t.open();
  first.show(say('one'));
  const { id } = await t.shows('one');
  const posted = [{ id, streaming: false }];
  await t.open({ attempt: 2, posted }).finish(say('one two'));
  expect(t.texts()).toEqual(['one two']);
  expect(t.doubts()).toBe(0);
});

test('a successor ends the stream of a lost worker, at once with more of it, with other words when Teams has ended it', async () => {
  for (const text of ['one two', 'other']) {
    const t = await thread();
    const controller = new AbortController();
    const lost = t.open({}, { signal: controller.signal });
    lost.show(say('one'));
    const { id } = await t.shows('one');
    controller.abort(new LaneLost('lane'));
    const reply = t.open({ attempt: 2, posted: [{ id, streaming: true }] });
    reply.show(say(text));
    await reply.finish(say(text));
    expect(t.texts()).toEqual([text]);
  }
});

test('a successor of a worker that had posted nothing on record counts what may stand there', async () => {
  const t = await thread('cloud');
  await t.open({ attempt: 2, posted: [] }).finish(say('42'));
  expect(t.doubts()).toBe(1);
});

test('what an earlier try had shown beyond the answer is taken away', async () => {
  const t = await thread('cloud');
  const long = `${'word '.repeat(8_000)}`;
  const posted = await t.open().finish(say(long));
  expect(posted).toHaveLength(2);
  await t.open({ attempt: 2, posted }).finish(say('short'));
  expect(t.texts()).toEqual(['short']);
});

test('a message that somebody has deleted is posted again when the answer is complete', async () => {
  const t = await thread('cloud');
  const reply = t.open();
  reply.show(say('one'));
  const message = await t.shows('one');
  message.deleted = true;
  await reply.finish(say('one two'));
  expect(t.texts()).toEqual(['one two']);
});

test('nothing is written any more once the lane is lost', async () => {
  const t = await thread();
  let held = true;
  const reply = t.open(
    {},
    {
      assertHeld: () => {
        if (!held) throw new LaneLost('lane');
      },
    },
  );
  reply.show(say('one'));
  await t.shows('one');
  held = false;
  const calls = t.teams.calls.length;
  await expect(reply.finish(say('one two'))).rejects.toBeInstanceOf(LaneLost);
  expect(t.teams.calls).toHaveLength(calls);
});
