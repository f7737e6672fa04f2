import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBlocks } from '../../../local/slack/block-rules.ts';
import { readChunks } from '../../../local/slack/content-rules.ts';
import { findLiveMentions } from '../../../local/slack/live-mentions.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyTask, ReplyView } from '../../../src/chat/vocabulary.ts';
import { planParts } from '../../../src/slack/markdown/plan-parts.ts';
import { chunksSince } from '../../../src/slack/markdown/sending.ts';
import {
  editOf,
  hasWords,
  isBlank,
  messageOf,
  noticeBlocks,
  openingTask,
  openingTaskId,
  type PartView,
  partsOf,
  RETRY_ACTION,
  STOP_ACTION,
  statusText,
  taskChunk,
} from '../../../src/slack/render.ts';

const TURN = 'turn-abcdefghijklmnopqrstuvwxyz';
/** One message with this text. */
const part = (text: string, more: Partial<PartView> = {}): PartView => ({
  plan: planParts(text, true)[0] ?? { pieces: [], closed: true },
  tasks: [],
  ...more,
});
const NO_MENTION = { users: [], groups: [], channels: [], links: [] };

const nasty = fc.constantFrom(
  'word ',
  '\n\n',
  '<@U123456789>',
  '<!channel>',
  '<!subteam^S1>',
  '<https://x.example|y>',
  '&',
  '>',
  '😀',
  '\n> ',
  '\n| a | b |\n|---|---|\n| <@U1> | 2 |\n\n',
  '\n```sh\nls <!here>\n```\n',
  'é',
  'x'.repeat(400),
);
const text = fc.array(nasty, { maxLength: 90 }).map((pieces) => pieces.join(''));
const task: fc.Arbitrary<ReplyTask> = fc
  .record(
    {
      id: fc.string({ minLength: 1, maxLength: 400 }),
      title: text,
      state: fc.constantFrom('pending', 'in_progress', 'complete', 'error'),
      detail: text,
    },
    { requiredKeys: ['id', 'title', 'state'] },
  )
  .map((value) => value as ReplyTask);
const view: fc.Arbitrary<ReplyView> = fc
  .record({
    text,
    tasks: fc.array(task, { maxLength: 40 }),
    notice: fc.constantFrom(undefined, notice('internal'), notice('help'), {
      code: 'internal' as const,
      text: '<!here> & <@U123456789>',
      retry: true,
    }),
  })
  .map(({ notice: remark, ...rest }) => (remark ? { ...rest, notice: remark } : rest));

test('whatever a reply holds, each of its messages keeps Slack’s limits and mentions nobody', () => {
  fc.assert(
    fc.property(view, fc.array(text, { maxLength: 12 }), (wanted, remarks) => {
      for (const part of partsOf(wanted, true, remarks)) {
        for (const message of [messageOf(part, TURN), editOf(part, TURN)]) {
          expect(checkBlocks(message.blocks)).toBeUndefined();
          expect(message.blocks.length).toBeGreaterThan(0);
          expect(message.text.trim()).not.toBe('');
          expect(findLiveMentions(message.text, message.blocks as never)).toEqual(NO_MENTION);
        }
        expect(editOf(part, TURN).text.length).toBeLessThanOrEqual(4_000);
        expect(Buffer.byteLength(editOf(part, TURN).text.replaceAll('>', '&gt;'))).toBeLessThanOrEqual(4_000);
      }
    }),
    { numRuns: 200 },
  );
});

test('whatever a reply holds, its chunks keep Slack’s limits and mention nobody', () => {
  fc.assert(
    fc.property(view, (wanted) => {
      const [first = part('')] = partsOf(wanted, false);
      const chunks = [
        openingTask(TURN, 0, first, false),
        openingTask(TURN, 0, { ...first, long: wanted.status ?? '' }, false),
        ...wanted.tasks.map((item) => taskChunk(TURN, item)),
        ...wanted.tasks.map((item) => taskChunk(TURN, { ...item, detail: `${item.detail}!` }, item)),
        ...(chunksSince(undefined, first.plan) ?? []),
      ];
      expect(Array.isArray(readChunks(chunks))).toBe(true);
      for (const chunk of chunks) {
        expect(findLiveMentions(Object.values(chunk).join('\n'), [])).toEqual(NO_MENTION);
        for (const value of Object.values(chunk)) expect(JSON.stringify(value).isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('steps go with the first message, the closing remark with the last', () => {
  const remark = notice('answer_limited');
  const parts = partsOf(
    {
      text: 'words '.repeat(4_000),
      tasks: [{ id: '1', title: 'Look', state: 'complete' }],
      notice: remark,
    },
    true,
    ['One file is missing.'],
  );
  expect(parts.map((one) => one.tasks.length)).toEqual([1, 0, 0]);
  expect(parts.map((one) => one.notice)).toEqual([undefined, undefined, remark]);
  expect(parts.map((one) => one.remarks)).toEqual([undefined, undefined, ['One file is missing.']]);
});

test('a short answer is one markdown block with the whole text beside it', () => {
  expect(messageOf(part('**Three** instances'), TURN)).toEqual({
    text: '**Three** instances',
    blocks: [{ type: 'markdown', text: '**Three** instances' }],
  });
});

test('the text beside a long edit is cut between characters; the blocks hold everything', () => {
  const edit = editOf(part(`${'x'.repeat(3_898)}& ${'😀'.repeat(2_000)}`), TURN);
  expect(edit.text).toMatch(/^x+…$/);
  expect(edit.blocks).toEqual([
    { type: 'markdown', text: `${'x'.repeat(3_898)}&amp; ${'😀'.repeat(2_000)}` },
  ]);
});

test('a table is a block of its own between the texts, and reads as lines for a screen reader', () => {
  const message = messageOf(part('Two:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThat is all.'), TURN);
  expect(message.blocks.map((block) => block.type)).toEqual(['markdown', 'table', 'markdown']);
  expect(message.text).toBe('Two:\n\na | b\n1 | 2\n\nThat is all.');
});

test('what could not be attached is said in small print below everything else', () => {
  const message = messageOf(
    part('Three.', { remarks: ['No <chart>.'], notice: notice('agent_failed') }),
    TURN,
  );
  expect(message.blocks.map((block) => block.type)).toEqual(['markdown', 'section', 'actions', 'context']);
  expect(JSON.stringify(message.blocks.at(-1))).toContain('No &lt;chart&gt;.');
  expect(messageOf(part('', { remarks: ['No chart.'] }), TURN).text).toBe('No chart.');
});

test('a remark that offers Retry has a button that carries the turn', () => {
  const blocks = noticeBlocks(notice('agent_failed'), TURN) as { type: string; elements?: unknown[] }[];
  expect(blocks.map((block) => block.type)).toEqual(['section', 'actions']);
  expect(blocks[1]?.elements).toEqual([
    expect.objectContaining({ type: 'button', action_id: RETRY_ACTION, value: TURN }),
  ]);
  expect(noticeBlocks(notice('help'), TURN).map((block) => block.type)).toEqual(['section']);
});

test('a reply of nothing but a remark shows the remark to screen readers too', () => {
  expect(messageOf(part('', { notice: notice('agent_busy') }), TURN).text).toBe(notice('agent_busy').text);
});

test('a step without a title gets one, and a title of several lines becomes one line', () => {
  expect(taskChunk(TURN, { id: '1', title: ' \n ', state: 'complete' })).toMatchObject({ title: 'Step' });
  expect(taskChunk(TURN, { id: '1', title: 'a\n\nb', state: 'complete' })).toMatchObject({ title: 'a b' });
});

test('a step is told by a name of our own: its id is the agent’s, and may be anything', () => {
  const step = (id: string) => taskChunk(TURN, { id, title: 'List', state: 'complete' });
  expect(step('a')).toEqual(step('a'));
  expect(step('a').id).not.toBe(step('b').id);
  const secret = `gh${'p_'}${'aB3'.repeat(12)}`;
  expect(JSON.stringify(step(`${secret} mail@example.com`))).not.toMatch(/aB3|example/);
  expect(String(step('x'.repeat(1_000)).id).length).toBeLessThan(250);
});

test('details that stand on the card already are not sent again', () => {
  const before: ReplyTask = { id: '1', title: 'Look', state: 'in_progress', detail: 'Ohio' };
  expect(taskChunk(TURN, before)).toMatchObject({ details: 'Ohio' });
  expect(taskChunk(TURN, { ...before, state: 'complete' }, before)).not.toHaveProperty('details');
  expect(taskChunk(TURN, { ...before, detail: '3 found' }, before)).toMatchObject({ details: '\n3 found' });
});

test('every part has an opening step of its own', () => {
  expect(openingTaskId(TURN, 1)).not.toBe(openingTaskId(TURN, 11));
  expect(openingTask(TURN, 0, part('x'), false)).toMatchObject({
    id: openingTaskId(TURN, 0),
    title: 'Thinking',
    status: 'complete',
  });
  expect(openingTask(TURN, 1, part(''), false)).toMatchObject({ title: 'Continued', status: 'in_progress' });
});

test('blank is what has neither words nor steps nor a remark', () => {
  expect(isBlank(part(' \n'))).toBe(true);
  expect(isBlank(part('x'))).toBe(false);
  expect(isBlank(part('', { tasks: [{ id: '1', title: 'Look', state: 'pending' }] }))).toBe(false);
  expect(isBlank(part('', { remarks: ['No chart.'] }))).toBe(false);
  expect(hasWords(part('', { notice: notice('help') }))).toBe(false);
  expect(hasWords(part('x'))).toBe(true);
  expect(isBlank(part('', { notice: notice('help') }))).toBe(false);
});

test('a status mentions nobody and links to nothing, and reads as it was written', () => {
  const status = statusText('Ask <@U0123456789> <!channel> <https://evil.com|docs> if a <b> < 3');
  expect(status).not.toMatch(/<(?:[@!#]|https?:)/);
  expect(status.replaceAll('\u200b', '')).toBe(
    'Ask <@U0123456789> <!channel> <https://evil.com|docs> if a <b> < 3',
  );
});

test('a long status is cut between characters', () => {
  const status = statusText(`${'x'.repeat(248)}😀${'y'.repeat(50)}`);
  expect(status).toBe(`${'x'.repeat(248)}…`);
});

test('what takes long says so and can be stopped, until it is final', () => {
  const view = { text: 'Two', tasks: [], status: 'is counting · 20 s', long: true } as const;
  const [growing = part('')] = partsOf(view, false);
  expect(openingTask(TURN, 0, growing, false)).toMatchObject({
    title: 'is counting · 20 s',
    status: 'in_progress',
  });
  expect(openingTask(TURN, 0, growing, true)).toMatchObject({ title: 'Thinking', status: 'complete' });
  expect(JSON.stringify(messageOf(growing, TURN))).toContain(STOP_ACTION);
  const [whole = part('')] = partsOf(view, true);
  expect(JSON.stringify(messageOf(whole, TURN))).not.toContain(STOP_ACTION);
});
