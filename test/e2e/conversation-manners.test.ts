import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitingText } from '../../src/slack/waiting-note.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, type StackOptions, startStack } from './stack.ts';
import { ask, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';
const OVER: Record<string, StackOptions> = {
  HTTP: {},
  'Socket Mode': {
    slack: { appToken: 'xapp-1-end-to-end' },
    env: { SLACK_APP_TOKEN: 'xapp-1-end-to-end', SLACK_SIGNING_SECRET: '' },
  },
};

describe.each(Object.keys(OVER))('the whole way over %s', (transport) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(OVER[transport]);
    await eventually('it is ready', async () => (await fetch(`${stack.backend.url}/readyz`)).ok);
  });
  afterAll(() => stack.close());

  const threadOf = (ts: string) =>
    [...stack.slack.state.threads.values()].find((thread) => thread.threadTs === ts);
  const callsSince = (from: number) =>
    stack.slack.calls
      .slice(from)
      .map((call) => call.method)
      .filter((method) => /^(chat|assistant|agents)\./.test(method));

  it('answers, and names the thread after its first question with three calls', async () => {
    const from = stack.slack.calls.length;
    const { reply, ts, channelId } = await ask(stack, 'alice', '#cloud', `${MENTION} echo   hello\nthere`);
    expect(reply.text).toContain('hello');
    await eventually('the name', () => threadOf(ts)?.title === 'echo hello there');
    expect(threadOf(ts)?.session).toBe('active');
    expect(callsSince(from).length).toBeLessThanOrEqual(3);
    const second = stack.slack.calls.length;
    await stack.slack.postAs('alice', '#cloud', 'echo again', { threadTs: ts });
    await settledReplies(stack, channelId, ts, 2);
    expect(callsSince(second).length).toBeLessThanOrEqual(2);
    expect(threadOf(ts)?.title).toBe('echo hello there');
  });

  it('says that a question waits, takes its edit, and forgets a deleted one', async () => {
    const { ts } = await stack.slack.postAs('alice', '#cloud', `${MENTION} wait 3 s`);
    const channelId = stack.slack.state.channels.find((channel) => channel.name === 'cloud')?.id ?? '';
    await eventually('it has begun', () => threadOf(ts)?.status);
    const second = await stack.slack.postAs('alice', '#cloud', 'echo secnd', { threadTs: ts });
    const third = await stack.slack.postAs('alice', '#cloud', 'echo third', { threadTs: ts });
    await eventually('the place', () =>
      stack.slack.calls.some(
        (call) => call.args.status === waitingText(2) || call.args.status === waitingText(3),
      ),
    );
    await stack.slack.people.edit('alice', '#cloud', second.ts, 'echo second');
    await stack.slack.people.remove('alice', '#cloud', third.ts);
    const replies = await settledReplies(stack, channelId, ts, 2);
    expect(replies[1]?.text).toBe('second');
    await eventually('no status is left', () => threadOf(ts)?.status === '');
    expect(threadOf(ts)?.session).not.toBe('processing');
    await stack.slack.deliveries.idle();
    expect(await settledReplies(stack, channelId, ts, 2)).toHaveLength(2);
  });

  it('asks what people think of an answer', async () => {
    const { reply, channelId } = await ask(stack, 'bob', 'dm', 'echo judge me');
    const shown = stack.slack.state.messages(channelId).find((message) => message.ts === reply.ts);
    expect(shown?.blocks.at(-1)?.type).toBe('context_actions');
    const value = JSON.stringify(shown?.blocks).match(/up:turn-[a-z0-9]+/)?.[0] ?? '';
    const pressed = await stack.slack.interactions.click({
      user: 'bob',
      channel: 'dm',
      ts: reply.ts,
      actionId: 'turn_feedback',
      value,
    });
    expect(pressed.status).toBe(200);
    const metrics = await (await fetch(`${stack.backend.url}/metrics`)).text();
    expect(metrics).toMatch(/threadcore_feedback_total\{value="up"[^}]*\} 1/);
  });

  it('listens where it should and nowhere else', async () => {
    const answer = await fetch(`${stack.backend.url}/slack/events`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(transport === 'HTTP' ? 401 : 404);
  });
});
