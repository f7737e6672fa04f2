import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBlocks } from '../../../local/slack/block-rules.ts';
import { readChunks } from '../../../local/slack/content-rules.ts';
import { findLiveMentions } from '../../../local/slack/live-mentions.ts';
import { notice } from '../../../src/chat/notices.ts';
import type { ReplyTask, ReplyView } from '../../../src/chat/vocabulary.ts';
import {
  editOf,
  isBlank,
  messageOf,
  noticeBlocks,
  openingTask,
  openingTaskId,
  partsOf,
  RETRY_ACTION,
  statusText,
  taskChunk,
  textChunk,
} from '../../../src/slack/render.ts';

const TURN = 'turn-abcdefghijklmnopqrstuvwxyz';
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
    fc.property(view, (wanted) => {
      for (const part of partsOf(wanted)) {
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
      const [part] = partsOf(wanted);
      const chunks = [
        openingTask(TURN, 0, 'in_progress'),
        ...wanted.tasks.map((item) => taskChunk(TURN, item)),
        ...wanted.tasks.map((item) => taskChunk(TURN, { ...item, detail: `${item.detail}!` }, item)),
        textChunk(part?.text ?? ''),
      ];
      expect(Array.isArray(readChunks(chunks))).toBe(true);
      for (const chunk of chunks) {
        expect(findLiveMentions(Object.values(chunk).join('\n'), [])).toEqual(NO_MENTION);
        for (const value of Object.values(chunk)) expect(String(value).isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('the texts of all messages joined are the escaped answer', () => {
  const answer = `${'paragraph with <b> & more.\n\n'.repeat(2_000)}end`;
  const parts = partsOf({ text: answer, tasks: [] });
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.map((part) => part.text).join('')).toBe(
    answer.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  );
});

test('steps go with the first message, the closing remark with the last', () => {
  const remark = notice('answer_limited');
  const parts = partsOf({
    text: 'x'.repeat(30_000),
    tasks: [{ id: '1', title: 'Look', state: 'complete' }],
    notice: remark,
  });
  expect(parts.map((part) => part.tasks.length)).toEqual([1, 0, 0]);
  expect(parts.map((part) => part.notice)).toEqual([undefined, undefined, remark]);
});

test('a short answer is one markdown block with the whole text beside it', () => {
  expect(messageOf({ text: '**Three** instances', tasks: [] }, TURN)).toEqual({
    text: '**Three** instances',
    blocks: [{ type: 'markdown', text: '**Three** instances' }],
  });
});

test('the text beside a long edit is cut between characters; the blocks hold everything', () => {
  const long = `${'x'.repeat(3_898)}&amp;${'😀'.repeat(3_000)}`;
  const edit = editOf({ text: long, tasks: [] }, TURN);
  expect(edit.text).toMatch(/^x+…$/);
  expect(edit.blocks).toEqual([{ type: 'markdown', text: long }]);
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
  expect(messageOf({ text: '', tasks: [], notice: notice('agent_busy') }, TURN).text).toBe(
    notice('agent_busy').text,
  );
});

test('a step without a title gets one, and a title of several lines becomes one line', () => {
  expect(taskChunk(TURN, { id: '1', title: ' \n ', state: 'complete' })).toMatchObject({ title: 'Step' });
  expect(taskChunk(TURN, { id: '1', title: 'a\n\nb', state: 'complete' })).toMatchObject({ title: 'a b' });
});

test('details that stand on the card already are not sent again', () => {
  const before: ReplyTask = { id: '1', title: 'Look', state: 'in_progress', detail: 'Ohio' };
  expect(taskChunk(TURN, before)).toMatchObject({ details: 'Ohio' });
  expect(taskChunk(TURN, { ...before, state: 'complete' }, before)).not.toHaveProperty('details');
  expect(taskChunk(TURN, { ...before, detail: '3 found' }, before)).toMatchObject({ details: '\n3 found' });
});

test('every part has an opening step of its own', () => {
  expect(openingTaskId(TURN, 1)).not.toBe(openingTaskId(TURN, 11));
  expect(openingTask(TURN, 0, 'complete')).toMatchObject({ id: openingTaskId(TURN, 0), status: 'complete' });
});

test('blank is what has neither words nor steps nor a remark', () => {
  expect(isBlank({ text: ' \n', tasks: [] })).toBe(true);
  expect(isBlank({ text: 'x', tasks: [] })).toBe(false);
  expect(isBlank({ text: '', tasks: [{ id: '1', title: 'Look', state: 'pending' }] })).toBe(false);
  expect(isBlank({ text: '', tasks: [], notice: notice('help') })).toBe(false);
});

test('a long status is cut between characters', () => {
  const status = statusText(`${'x'.repeat(248)}😀${'y'.repeat(50)}`);
  expect(status).toBe(`${'x'.repeat(248)}…`);
});
