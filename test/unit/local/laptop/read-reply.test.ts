import { describe, expect, test } from 'vitest';
import { judgeReply, messageSchema, readReply } from '../../../../local/laptop/read-reply.ts';
import { pausedText } from '../../../../src/commands/intake-words.ts';

const message = (fields: Record<string, unknown>) =>
  messageSchema.parse({ channel: 'C1', ts: '100.000001', bot_id: 'B1', ...fields });

const markdown = (text: string) => ({ type: 'markdown', text });
const notice = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const retry = { type: 'actions', elements: [{ type: 'button', action_id: 'turn_retry' }] };
const card = (id: string, status: string) => ({
  type: 'task_card',
  task_id: id,
  title: `Step ${id}`,
  status,
});

describe('reading a reply from the page', () => {
  test('text is joined and unescaped, steps and remarks stand apart', () => {
    const blocks = [
      card('a', 'complete'),
      markdown('1 &lt; 2 '),
      card('b', 'in_progress'),
      markdown('&amp;lt;'),
      notice('Sorry.'),
      retry,
    ];
    expect(readReply([message({ blocks })])).toEqual({
      text: '1 < 2 &lt;',
      steps: [
        { id: 'a', title: 'Step a', status: 'complete' },
        { id: 'b', title: 'Step b', status: 'in_progress' },
      ],
      notices: ['Sorry.'],
      offersRetry: true,
    });
  });

  test('several messages are read oldest first, whatever order they came in', () => {
    const second = message({ ts: '100.000002', blocks: [markdown('two')] });
    const first = message({ ts: '100.000001', blocks: [markdown('one ')] });
    expect(readReply([second, first]).text).toBe('one two');
  });

  test('a message without blocks is its text', () => {
    expect(readReply([message({ text: 'plain &gt; fancy' })]).text).toBe('plain > fancy');
  });

  test('the steps of a plan are steps', () => {
    const plan = { type: 'plan', title: 'Plan', tasks: [card('a', 'complete')] };
    expect(readReply([message({ blocks: [plan] })]).steps).toHaveLength(1);
  });
});

describe('judging whether a reply is complete', () => {
  const streamed = { streaming_state: 'completed' };

  test('nothing yet, an empty message and a streaming one are open', () => {
    expect(judgeReply([])).toEqual({ state: 'open' });
    expect(judgeReply([message({ blocks: [card('a', 'in_progress')] })])).toEqual({ state: 'open' });
    const streaming = message({
      blocks: [markdown('half')],
      state: 'streaming',
      streaming_state: 'in_progress',
    });
    expect(judgeReply([streaming])).toEqual({ state: 'open' });
  });

  test('one open message keeps the whole reply open', () => {
    const done = message({ blocks: [markdown('one')], ...streamed });
    const open = message({ ts: '100.000002', blocks: [markdown('two')], state: 'streaming' });
    expect(judgeReply([done, open])).toEqual({ state: 'open' });
  });

  test('a finished stream is complete after a short quiet, a long one after a longer quiet', () => {
    expect(judgeReply([message({ blocks: [markdown('all')], ...streamed })])).toEqual({
      state: 'complete',
      settleMs: 300,
    });
    const long = message({ blocks: [markdown('x'.repeat(11_000))], ...streamed });
    expect(judgeReply([long])).toEqual({ state: 'complete', settleMs: 2000 });
  });

  test('a message that is edited instead of streamed needs the longer quiet', () => {
    expect(judgeReply([message({ blocks: [markdown('all')] })])).toEqual({
      state: 'complete',
      settleMs: 2000,
    });
  });

  test('a Retry button is a failure at once', () => {
    expect(judgeReply([message({ blocks: [notice('It failed.'), retry] })])).toEqual({
      state: 'failed',
      settleMs: 0,
    });
  });

  test('a question that is kept because intake is paused is not answered, until an answer comes', () => {
    const note = message({ text: pausedText('we move house'), is_ephemeral: true });
    expect(judgeReply([note])).toEqual({ state: 'kept', settleMs: 300 });
    const streaming = message({ ts: '100.000002', text: 'half', state: 'streaming' });
    expect(judgeReply([note, streaming])).toEqual({ state: 'open' });
    const done = message({ ts: '100.000002', blocks: [markdown('all')], ...streamed });
    expect(judgeReply([note, done]).state).toBe('complete');
  });

  test('what the bot says to its asker alone, as to a command, is an answer', () => {
    expect(judgeReply([message({ text: 'You have no account.', is_ephemeral: true })]).state).toBe(
      'complete',
    );
  });

  test('a remark below an answer is a failure, a remark alone is an answer', () => {
    expect(judgeReply([message({ blocks: [markdown('half'), notice('Cut.')], ...streamed })]).state).toBe(
      'failed',
    );
    expect(judgeReply([message({ blocks: [notice('Mention me with a question.')] })]).state).toBe('complete');
  });
});
