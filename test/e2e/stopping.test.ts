import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STOP_ACTION } from '../../src/slack/render.ts';
import { COMPILED } from '../setup/compiled.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages, settledReplies } from './thread.ts';

/** What the Stop button among these blocks stands for. */
const stopValue = (blocks: unknown) =>
  JSON.stringify(blocks).match(new RegExp(`"action_id":"${STOP_ACTION}","value":"([^"]+)"`))?.[1];

const run = promisify(execFile);
const MENTION = '@Cloud Engineer';

describe('stopping', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ agentMode: 'process' });
  });
  afterAll(() => stack.close());

  /** A long task of alice in a channel, under way. */
  async function longTask() {
    const { ts } = await stack.slack.postAs('alice', '#cloud', `${MENTION} wait 60 s`);
    const channelId = stack.slack.people.place('alice', '#cloud').channel.id;
    await eventually('it is at work', async () => (await botMessages(stack, channelId, ts)).length > 0);
    return { ts, channelId };
  }

  const calls = (operation: string) => stack.aws.calls.filter((call) => call.operation === operation).length;

  it('by the word ends the agent’s session, marks the message and goes on with the next question', async () => {
    const { ts, channelId } = await longTask();
    await stack.slack.postAs('alice', '#cloud', 'echo and now?', { threadTs: ts });
    const stops = calls('StopRuntimeSession');
    await stack.slack.postAs('alice', '#cloud', 'stop', { threadTs: ts });
    const [stopped, next] = await settledReplies(stack, channelId, ts, 2);
    expect(stopped?.notices.join()).toContain('Stopped.');
    expect(next?.text).toBe('and now?');
    expect(calls('StopRuntimeSession')).toBe(stops + 1);
  });

  it('by Slack’s own button reaches the turn of whoever presses it', async () => {
    const { ts, channelId } = await longTask();
    await stack.slack.people.stop('alice', '#cloud', ts);
    const [stopped] = await settledReplies(stack, channelId, ts);
    expect(stopped?.notices.join()).toContain('Stopped.');
  });

  it('by the button below what takes long is for whoever asked, and the button goes away', async () => {
    const { ts, channelId } = await longTask();
    // It is offered after some ten seconds; a busy machine takes longer.
    const button = await eventually(
      'a Stop button',
      () =>
        stack.slack
          .thread(channelId, ts)
          .map(({ ts: at, blocks }) => ({ at, value: stopValue(blocks) }))
          .find(({ value }) => value !== undefined),
      60_000,
    );
    const press = (user: string) =>
      stack.slack.interactions.click({
        user,
        channel: '#cloud',
        ts: button.at,
        actionId: STOP_ACTION,
        value: button.value ?? '',
      });
    await press('bob');
    expect((await botMessages(stack, channelId, ts)).every(({ notices }) => notices.length === 0)).toBe(true);
    await press('alice');
    const [stopped] = await settledReplies(stack, channelId, ts);
    expect(stopped?.notices.join()).toContain('Stopped.');
    // A stream takes no button back: the message is edited once the stream has ended.
    await eventually('the button is gone', () =>
      stack.slack.thread(channelId, ts).every(({ blocks }) => stopValue(blocks) === undefined),
    );
  });

  it('is not for others', async () => {
    const { ts, channelId } = await longTask();
    await stack.slack.postAs('bob', '#cloud', `${MENTION} stop`, { threadTs: ts });
    await stack.slack.deliveries.idle();
    expect((await botMessages(stack, channelId, ts)).every((message) => message.notices.length === 0)).toBe(
      true,
    );
    await stack.slack.postAs('alice', '#cloud', 'stop', { threadTs: ts });
    await settledReplies(stack, channelId, ts);
  });

  it('of all intake, by an operator, keeps questions, says so, and answers them later', async () => {
    const ops = (...words: string[]) =>
      run(process.execPath, ['scripts/ops.ts', 'turns', ...words], {
        env: { ...COMPILED, REDIS_URL: stack.redisUrl },
      });
    await ops('pause', '--reason', 'we move house');
    const { ts } = await stack.slack.postAs('bob', 'dm', 'echo still here');
    const channelId = stack.slack.people.place('bob', 'dm').channel.id;
    await eventually('bob is told', () =>
      stack.slack.calls.some(
        ({ method, args }) => method === 'chat.postEphemeral' && String(args.text).includes('we move house'),
      ),
    );
    const ready = await fetch(`${stack.backend.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ intake: { paused: true, reason: 'we move house' } });
    expect(await botMessages(stack, channelId, ts)).toEqual([]);
    expect((await ops('list', '--open')).stdout).toContain('echo still here');
    await ops('resume');
    const [reply] = await settledReplies(stack, channelId, ts);
    expect(reply?.text).toBe('still here');
  });
});
