import { describe, expect, test } from 'vitest';
import { BOT_TOKEN, channelId, errorOf, startWorkspace } from './workspace.ts';

/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function start() {
  const workspace = await startWorkspace();
  const channel = channelId(workspace.slack, 'cloud');
  const { ts: root } = await workspace.slack.postAs('alice', '#cloud', 'a chart please');
  return { ...workspace, channel, root };
}

describe("files uploaded by Slack's own client", () => {
  test('arrive in the thread, byte for byte, with title, alternative text and comment', async () => {
    const { slack, app, client, channel, root } = await start();
    await client.filesUploadV2({
      channel_id: channel,
      thread_ts: root,
      initial_comment: 'Here it is',
      file_uploads: [
        { file: PNG, filename: 'cpu.png', title: 'CPU', alt_text: 'CPU load over a day' },
        { content: 'id,state\ni-1,running\n', filename: 'instances.csv' },
      ],
    });
    await slack.deliveries.idle();
    const [, reply] = slack.thread('#cloud', root);
    expect(reply).toMatchObject({ text: 'Here it is', threadTs: root, botId: 'B0CLOUDENG00' });
    expect(reply?.files).toMatchObject([
      { name: 'cpu.png', title: 'CPU', altText: 'CPU load over a day', mimetype: 'image/png', content: PNG },
      { name: 'instances.csv', mimetype: 'text/csv', content: Buffer.from('id,state\ni-1,running\n') },
    ]);
    expect(app.events().map(({ event }) => [event.type, event.subtype])).toEqual([
      ['message', undefined],
      ['file_shared', undefined],
      ['file_shared', undefined],
      ['message', 'file_share'],
    ]);
    const info = await client.files.info({ file: reply?.files[0]?.id ?? '' });
    expect(info.file).toMatchObject({
      name: 'cpu.png',
      shares: { public: { [channel]: [{ ts: reply?.ts, thread_ts: root }] } },
    });
    const download = await fetch(String(info.file?.url_private), {
      headers: { authorization: `Bearer ${BOT_TOKEN}` },
    });
    expect(Buffer.from(await download.arrayBuffer())).toEqual(PNG);
  });

  test('are refused where the bot may not write, when bytes are missing, and when they are unknown', async () => {
    const { slack, client, channel } = await start();
    const get = () => client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const { upload_url: url, file_id: id = '' } = await get();
    const complete = (more: object) =>
      errorOf(client.files.completeUploadExternal({ files: [{ id }], ...more }));
    expect(await complete({ channel_id: channel })).toBe('file_not_found');
    expect((await fetch(String(url), { method: 'POST', body: 'four' })).status).toBe(400);
    const taken = await fetch(String(url), { method: 'POST', body: 'abc' });
    expect(await taken.text()).toBe('OK - 3');
    expect(await complete({ channel_id: channelId(slack, 'random') })).toBe('not_in_channel');
    expect(await complete({ channel_id: channel, thread_ts: '1.000001' })).toBe('thread_not_found');
    expect(await complete({ channel_id: channel })).toBe('no error');
    expect(await errorOf(client.files.info({ file: 'F0NOWHERE' }))).toBe('file_not_found');
  });

  test('can be deleted, which leaves a tombstone in the message', async () => {
    const { slack, client, channel, root } = await start();
    await client.filesUploadV2({ channel_id: channel, thread_ts: root, file: PNG, filename: 'a.png' });
    const file = slack.thread('#cloud', root)[1]?.files[0]?.id ?? '';
    await client.files.delete({ file });
    const { messages } = await client.conversations.replies({ channel, ts: root });
    expect(messages?.[1]).toMatchObject({ files: [{ id: file, mode: 'tombstone' }] });
    expect(await errorOf(client.files.info({ file }))).toBe('file_not_found');
  });

  test('are served to the page for those who see the conversation, and only pictures are shown', async () => {
    const { slack, client, root, channel } = await start();
    const uploads = [
      { file: PNG, filename: 'a.png' },
      { content: '<script>alert(1)</script>', filename: 'a.html' },
    ];
    await client.filesUploadV2({ channel_id: channel, thread_ts: root, file_uploads: uploads });
    const [picture, page] = slack.thread('#cloud', root)[1]?.files ?? [];
    const open = (id: string | undefined, user: string) => fetch(`${slack.url}/page/file/${id}?user=${user}`);
    const shown = await open(picture?.id, 'bob');
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(PNG);
    const saved = await open(page?.id, 'bob');
    expect(saved.headers.get('content-type')).toContain('application/octet-stream');
    expect(saved.headers.get('content-disposition')).toContain('attachment');
    expect((await open(picture?.id, 'external')).status).toBe(404);
  });
});
