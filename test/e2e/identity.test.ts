import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkUp, promptFor } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';

describe('somebody whom nobody knows yet', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ identity: {} });
  });

  afterAll(() => stack?.close());

  it('is asked in private to sign in, and reads the answer to the first question afterwards', async () => {
    const { ts } = await stack.slack.postAs(
      'carol',
      '#cloud',
      `${MENTION} how many EC2 instances are running?`,
    );
    const channel = stack.slack.people.place('carol', '#cloud').channel.id;
    const url = await promptFor(stack, 'carol', '#cloud');
    expect(await botMessages(stack, channel, ts)).toEqual([]);
    await linkUp(stack, 'carol', '#cloud', url);
    const [reply] = await settledReplies(stack, channel, ts);
    expect(reply?.text).toContain('4 EC2 instances are running');
  });
});
