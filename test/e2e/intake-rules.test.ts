import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';

describe('LANE_POLICY=interrupt with a quota of three questions a person', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      agentMode: 'process',
      env: { LANE_POLICY: 'interrupt', QUOTA_PERSON_PER_HOUR: '3', QUOTA_TENANT_AT_ONCE: '1' },
    });
  });
  afterAll(() => stack.close());
  const whispers = () =>
    stack.slack.calls.flatMap(({ method, args }) =>
      method === 'chat.postEphemeral' ? [String(args.text)] : [],
    );

  it('stops a long answer for a newer question, sets aside what waits, answers the newest, and then asks to wait', async () => {
    const { ts } = await stack.slack.postAs('alice', '#cloud', `${MENTION} wait 60 s`);
    const channelId = stack.slack.people.place('alice', '#cloud').channel.id;
    await eventually('it is at work', async () => (await botMessages(stack, channelId, ts)).length > 0);
    await stack.slack.postAs('alice', '#cloud', 'echo never mind', { threadTs: ts });
    await stack.slack.postAs('alice', '#cloud', 'echo the newest', { threadTs: ts });
    const [stopped, newest] = await settledReplies(stack, channelId, ts, 2);
    expect(stopped?.notices.join()).toContain('Stopped, because you asked something newer');
    expect(newest?.text).toBe('the newest');
    await stack.slack.postAs('alice', '#cloud', 'echo too much', { threadTs: ts });
    await eventually('the refusal', () => whispers().some((text) => text.includes('allowed in an hour')));
    await stack.slack.deliveries.idle();
    expect(whispers().filter((text) => text.includes('set aside'))).toHaveLength(1);
    expect(await settledReplies(stack, channelId, ts, 2)).toHaveLength(2);
  });

  it('leaves other people what is theirs', async () => {
    const { ts } = await stack.slack.postAs('bob', '#cloud', `${MENTION} echo mine`);
    const channelId = stack.slack.people.place('bob', '#cloud').channel.id;
    const [reply] = await settledReplies(stack, channelId, ts);
    expect(reply?.text).toBe('mine');
  });
});
