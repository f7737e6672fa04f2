import { describe, expect, test } from 'vitest';
import { channelId, errorOf, startClock, startWorkspace } from './workspace.ts';

const FIVE_MINUTES = 300_000;
const RECIPIENT = { recipient_user_id: 'U0ALICE00000', recipient_team_id: 'T0THREADCORE' };

async function startThread() {
  const clock = startClock();
  const workspace = await startWorkspace({ now: clock.now });
  const channel = channelId(workspace.slack, 'cloud');
  const { ts: thread_ts } = await workspace.slack.postAs('alice', '#cloud', '@Cloud Engineer how many?');
  const start = (more: object = {}) =>
    workspace.client.chat.startStream({ channel, thread_ts, ...RECIPIENT, ...more });
  const read = async (ts: string | undefined) => {
    const { messages } = await workspace.client.conversations.replies({ channel, ts: thread_ts });
    return messages?.find((message) => message.ts === ts) as Record<string, unknown> | undefined;
  };
  return { ...workspace, clock, channel, thread_ts, start, read };
}

describe('a streamed message', () => {
  test('grows by chunks and reads back as text, task cards and the blocks of its end', async () => {
    const { client, channel, start, read } = await startThread();
    const task = { type: 'task_update' as const, id: 'turn-1:list', title: 'List instances' };
    const { ts = '' } = await start({ chunks: [{ ...task, status: 'in_progress', details: 'us-east-2' }] });
    await client.chat.appendStream({ channel, ts, chunks: [{ type: 'markdown_text', text: '**Three** ' }] });
    await client.chat.appendStream({ channel, ts, chunks: [{ type: 'markdown_text', text: 'instances.' }] });
    expect(await read(ts)).toMatchObject({ streaming_state: 'in_progress', text: '**Three** instances.' });
    await client.chat.stopStream({
      channel,
      ts,
      chunks: [{ ...task, title: 'Listed instances', status: 'complete', details: ', 3 found' }],
      blocks: [{ type: 'divider' }],
      metadata: { event_type: 'tc_part', event_payload: { turn: '1' } },
    });
    const message = await read(ts);
    expect(message).toMatchObject({ streaming_state: 'completed', text: '**Three** instances.' });
    expect(message?.blocks).toMatchObject([
      { type: 'task_card', task_id: 'turn-1:list', title: 'Listed instances', status: 'complete' },
      { type: 'markdown', text: '**Three** instances.' },
      { type: 'divider' },
    ]);
    // Details are added to what the card holds; title and status replace.
    expect(JSON.stringify(message?.blocks)).toContain('us-east-2, 3 found');
  });

  test('in plan mode its tasks stand together in one plan', async () => {
    const { start, read } = await startThread();
    const { ts } = await start({
      task_display_mode: 'plan',
      chunks: [
        { type: 'plan_update', title: 'Looking' },
        { type: 'task_update', id: 'a', title: 'One', status: 'pending' },
        { type: 'task_update', id: 'b', title: 'Two', status: 'error' },
      ],
    });
    expect((await read(ts))?.blocks).toMatchObject([
      { type: 'plan', title: 'Looking', tasks: [{ task_id: 'a' }, { task_id: 'b', status: 'error' }] },
    ]);
  });

  test('needs a thread, and outside direct messages both recipient ids', async () => {
    const { slack, client, channel, thread_ts, start } = await startThread();
    expect(await errorOf(start({ thread_ts: '' }))).toBe('invalid_thread_ts');
    expect(await errorOf(client.chat.startStream({ channel, thread_ts }))).toBe('missing_recipient_team_id');
    expect(await errorOf(start({ recipient_user_id: undefined }))).toBe('missing_recipient_user_id');
    expect(await errorOf(start({ recipient_team_id: undefined }))).toBe('missing_recipient_team_id');
    const direct = await slack.postAs('alice', 'dm', 'hello');
    const dm = slack.state.channels.find((item) => item.kind === 'im' && item.name === 'alice')?.id ?? '';
    expect(await client.chat.startStream({ channel: dm, thread_ts: direct.ts })).toMatchObject({ ok: true });
  });

  test('keeps to text or to chunks, whichever came first', async () => {
    const { client, channel, start } = await startThread();
    const chunks = [{ type: 'markdown_text' as const, text: 'x' }];
    const text = await start({ markdown_text: 'x' });
    const byText = { channel, ts: text.ts ?? '' };
    expect(await errorOf(client.chat.appendStream({ ...byText, chunks }))).toBe('streaming_mode_mismatch');
    const chunked = { channel, ts: (await start({ chunks })).ts ?? '' };
    expect(await errorOf(client.chat.appendStream({ ...chunked, markdown_text: 'x' }))).toBe(
      'streaming_mode_mismatch',
    );
    expect(await errorOf(client.chat.stopStream({ ...chunked, markdown_text: 'x' }))).toBe(
      'streaming_mode_mismatch',
    );
    expect(await errorOf(client.chat.appendStream({ ...chunked, chunks, markdown_text: 'x' }))).toBe(
      'invalid_arguments',
    );
    expect(await errorOf(client.chat.appendStream(chunked))).toBe('invalid_arguments');
  });

  test('lives about five minutes, appended to or not, and can then be updated', async () => {
    const { client, channel, clock, start, read } = await startThread();
    const { ts = '' } = await start({ markdown_text: 'a' });
    for (let minute = 1; minute < 5; minute += 1) {
      clock.advance(60_000);
      await client.chat.appendStream({ channel, ts, markdown_text: 'b' });
    }
    clock.advance(FIVE_MINUTES - 4 * 60_000 - 1);
    await client.chat.appendStream({ channel, ts, markdown_text: 'c' });
    clock.advance(1);
    const append = client.chat.appendStream({ channel, ts, markdown_text: 'd' });
    expect(await errorOf(append)).toBe('message_not_in_streaming_state');
    expect(await errorOf(client.chat.stopStream({ channel, ts }))).toBe('message_not_in_streaming_state');
    expect(await read(ts)).toMatchObject({ text: 'abbbbc', streaming_state: 'completed' });
    await client.chat.update({ channel, ts, markdown_text: 'whole' });
    expect(await read(ts)).toMatchObject({ text: 'whole', blocks: [{ type: 'markdown', text: 'whole' }] });
  });

  test('refuses update and delete while it streams and takes both when it is stopped', async () => {
    const { client, channel, start, read } = await startThread();
    const { ts = '' } = await start({ markdown_text: 'a' });
    expect(await errorOf(client.chat.update({ channel, ts, text: 'b' }))).toBe('streaming_state_conflict');
    expect(await errorOf(client.chat.delete({ channel, ts }))).toBe('cant_delete_message');
    await client.chat.stopStream({ channel, ts });
    await client.chat.update({ channel, ts, text: 'b' });
    expect(await read(ts)).toMatchObject({ text: 'b', blocks: [] });
    await client.chat.delete({ channel, ts });
    expect(await read(ts)).toBeUndefined();
  });

  test('can be told to let an update end the stream instead', async () => {
    const { slack, client } = await startWorkspace({ updateWhileStreaming: 'end' });
    const channel = channelId(slack, 'cloud');
    const { ts: thread_ts } = await slack.postAs('alice', '#cloud', 'root');
    const { ts = '' } = await client.chat.startStream({
      channel,
      thread_ts,
      ...RECIPIENT,
      markdown_text: 'a',
    });
    await client.chat.update({ channel, ts, markdown_text: 'whole' });
    const append = client.chat.appendStream({ channel, ts, markdown_text: 'b' });
    expect(await errorOf(append)).toBe('message_not_in_streaming_state');
  });

  test('a person who presses Stop ends it and the app hears of it', async () => {
    const { slack, app, client, channel, thread_ts, start } = await startThread();
    const { ts = '' } = await start({ markdown_text: 'a' });
    await slack.people.stop('alice', '#cloud', thread_ts);
    expect(await errorOf(client.chat.appendStream({ channel, ts, markdown_text: 'b' }))).toBe(
      'stopped_by_user',
    );
    expect(app.events().at(-1)?.event).toMatchObject({
      type: 'agent_session_stopped',
      thread_ts,
      streaming_message_ts: [ts],
      user: 'U0ALICE00000',
    });
  });

  test('is limited per call and in total', async () => {
    const { client, channel, start } = await startThread();
    expect(await errorOf(start({ markdown_text: 'x'.repeat(12_001) }))).toBe('msg_too_long');
    const { ts = '' } = await start({ markdown_text: 'x'.repeat(12_000) });
    await client.chat.appendStream({ channel, ts, markdown_text: 'x'.repeat(12_000) });
    await client.chat.appendStream({ channel, ts, markdown_text: 'x'.repeat(12_000) });
    await client.chat.appendStream({ channel, ts, markdown_text: 'x'.repeat(4000) });
    expect(await errorOf(client.chat.appendStream({ channel, ts, markdown_text: 'x' }))).toBe('msg_too_long');
  });

  test('belongs to the app: other messages cannot be streamed into', async () => {
    const { slack, client, channel, thread_ts } = await startThread();
    const append = (ts: string) => errorOf(client.chat.appendStream({ channel, ts, markdown_text: 'x' }));
    expect(await append(thread_ts)).toBe('message_not_owned_by_app');
    expect(await append('1.000001')).toBe('message_not_found');
    const { ts = '' } = await client.chat.postMessage({ channel, text: 'plain' });
    expect(await append(ts)).toBe('message_not_in_streaming_state');
    expect(slack.thread('#cloud', thread_ts)).toHaveLength(1);
  });
});
