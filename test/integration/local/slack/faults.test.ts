import { describe, expect, test } from 'vitest';
import { channelId, errorOf, startWorkspace } from './workspace.ts';

async function start(options: Parameters<typeof startWorkspace>[0] = {}) {
  const workspace = await startWorkspace(options);
  const channel = channelId(workspace.slack, 'cloud');
  return {
    ...workspace,
    channel,
    post: (text: string) => workspace.client.chat.postMessage({ channel, text }),
    texts: () => workspace.slack.state.messages(channel).map((message) => message.text),
  };
}

describe('planned faults of the Web API', () => {
  test('drop_answer takes effect and then closes the connection', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: 'chat.postMessage', kind: 'drop_answer' });
    await expect(post('a')).rejects.toThrow('fetch failed');
    expect(texts()).toEqual(['a']);
    await post('b');
    expect(texts()).toEqual(['a', 'b']);
    expect(slack.calls.map((call) => call.status)).toEqual([0, 200]);
  });

  test('refuse closes the connection before anything happens', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: 'chat.postMessage', kind: 'refuse', times: 2 });
    await expect(post('a')).rejects.toThrow('fetch failed');
    await expect(post('b')).rejects.toThrow('fetch failed');
    await post('c');
    expect(texts()).toEqual(['c']);
  });

  test('a status is answered with or without effect', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: 'chat.postMessage', kind: 'status', status: 429, retryAfter: 7 });
    await expect(post('a')).rejects.toMatchObject({ retryAfter: 7 });
    slack.faults.add({ method: 'chat.postMessage', kind: 'status', status: 500 });
    await expect(post('b')).rejects.toMatchObject({ statusCode: 500 });
    slack.faults.add({ method: 'chat.postMessage', kind: 'status', status: 500, commit: true });
    await expect(post('c')).rejects.toMatchObject({ statusCode: 500 });
    expect(texts()).toEqual(['c']);
  });

  test('an error name, a later call and a call with given arguments can be chosen', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: '*', kind: 'error', error: 'internal_error', after: 1 });
    await post('a');
    expect(await errorOf(post('b'))).toBe('internal_error');
    slack.faults.add({
      method: 'chat.postMessage',
      kind: 'error',
      error: 'fatal_error',
      where: { text: 'd' },
    });
    await post('c');
    expect(await errorOf(post('d'))).toBe('fatal_error');
    expect(texts()).toEqual(['a', 'c']);
  });

  test('a delay holds the call until others have passed it and loses nothing', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: 'chat.postMessage', kind: 'delay', ms: 150, where: { text: 'slow' } });
    const slow = post('slow');
    await post('quick');
    await slow;
    expect(texts()).toEqual(['quick', 'slow']);
  });

  test('a call that commits late loses its answer at once, and takes effect after a while', async () => {
    const { slack, post, texts } = await start();
    slack.faults.add({ method: 'chat.postMessage', kind: 'commit_late', ms: 100 });
    await expect(post('late')).rejects.toThrow('fetch failed');
    expect(texts()).toEqual([]);
    await post('again');
    await slack.waitFor(() => texts().length === 2, 5_000);
    expect(texts()).toEqual(['again', 'late']);
    expect(slack.calls.map((call) => call.status)).toEqual([0, 200]);
  });

  test('delays are waited for by a clock of the test’s own; what is late for a workspace that was emptied is forgotten', async () => {
    const waits: { ms: number; over: () => void }[] = [];
    const { slack, post, texts } = await start({
      wait: (ms) => new Promise<void>((over) => void waits.push({ ms, over })),
    });
    slack.faults.add({ method: 'chat.postMessage', kind: 'commit_late', ms: 4_000 });
    await expect(post('late')).rejects.toThrow('fetch failed');
    slack.reset();
    await post('new');
    slack.faults.add({ method: 'chat.postMessage', kind: 'commit_late', ms: 5_000 });
    await expect(post('later')).rejects.toThrow('fetch failed');
    expect(texts()).toEqual(['new']);
    for (const { over } of waits) over();
    await slack.waitFor(() => texts().length > 1, 5_000);
    expect(texts()).toEqual(['new', 'later']);
    expect(waits.map(({ ms }) => ms)).toEqual([4_000, 5_000]);
  });

  test('a malformed fault is refused with its reason', async () => {
    const { slack } = await start();
    expect(() => slack.faults.add({ method: 'x', kind: 'status', status: 200 })).toThrow('Too small');
  });
});

describe('the control API', () => {
  async function control(
    slack: { url: string },
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const init = body === undefined ? { headers } : { method: 'POST', body: JSON.stringify(body), headers };
    const response = await fetch(`${slack.url}/control/${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test('posts, plans faults, tells calls and state, and resets', async () => {
    const { slack, app, client, channel } = await start();
    const posted = await control(slack, 'post', {
      user: 'alice',
      channel: '#cloud',
      text: '@Cloud Engineer hi',
    });
    expect(posted.body).toMatchObject({ ok: true, ts: expect.stringMatching(/^\d+\.\d{6}$/) });
    expect(app.events()[0]?.event.type).toBe('app_mention');
    await control(slack, 'faults', { method: 'chat.postMessage', kind: 'error', error: 'internal_error' });
    expect(await errorOf(client.chat.postMessage({ channel, text: 'x' }))).toBe('internal_error');
    const calls = await control(slack, 'calls?method=chat.postMessage');
    expect(calls.body.calls).toMatchObject([{ method: 'chat.postMessage', error: 'internal_error' }]);
    const state = await control(slack, 'state');
    expect(JSON.stringify(state.body)).toContain('<@U0CLOUDENG00> hi');
    await control(slack, 'reset', {});
    expect(slack.state.messages(channel)).toEqual([]);
    expect(slack.calls).toEqual([]);
  });

  test('answers 400 with a reason that helps', async () => {
    const { slack } = await start();
    const unknown = await control(slack, 'post', { user: 'dave', channel: '#cloud', text: 'x' });
    expect(unknown).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('There are alice, bob') },
    });
    const missing = await control(slack, 'post', { user: 'alice' });
    expect(missing).toMatchObject({ status: 400, body: { error: expect.stringContaining('channel') } });
  });

  test('does not listen to other web pages', async () => {
    const { slack } = await start();
    const foreign = await control(slack, 'reset', {}, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
  });
});
