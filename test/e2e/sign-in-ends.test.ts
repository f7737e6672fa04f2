import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RETRY_ACTION } from '../../src/slack/render.ts';
import { eventually } from '../setup/eventually.ts';
import { linkUp, promptFor, whispersTo } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';
const TURNS = 100;

let stack: Stack;
let channel: string;
let people = 0;
let user: string;
let firstPrompt: string;

beforeAll(async () => {
  stack = await startStack({
    identity: { refreshTokenRotation: { graceSeconds: 60 } },
    slack: { morePeople: 9 },
    agentEnv: { OFFLINE_WORD_DELAY_MS: '0' },
  });
  channel = stack.slack.people.place('alice', '#cloud').channel.id;
});
afterAll(() => stack?.close());

const post = async (text: string): Promise<string> =>
  (await stack.slack.postAs(user, '#cloud', `${MENTION} ${text}`)).ts;
const refreshes = () => stack.cognito.calls.filter(({ operation }) => operation === 'token.refresh_token');

/** Somebody new in the chat who is linked to alice, and whose access token has ended since. */
beforeEach(async () => {
  people += 1;
  user = `user${people}`;
  stack.cognito.faults.length = 0;
  stack.cognito.enable('alice');
  stack.cognito.setTokenLife({ accessSeconds: 1 });
  const before = await post('echo before');
  firstPrompt = await promptFor(stack, user, '#cloud');
  await linkUp(stack, user, '#cloud', firstPrompt, 'alice');
  await settledReplies(stack, channel, before);
  const linked = Date.now();
  stack.cognito.setTokenLife({});
  await eventually('the token has ended', () => Date.now() > linked + 1_100);
  stack.cognito.calls.length = 0;
});

describe('a person whose token has just expired', () => {
  it(`asks ${TURNS} questions at once: all are answered, and Cognito is asked once`, async () => {
    const asked = await Promise.all(Array.from({ length: TURNS }, (_, i) => post(`echo answer ${i}`)));
    const answers = await Promise.all(
      asked.map(async (ts) => (await settledReplies(stack, channel, ts, 1, 90_000))[0]?.text),
    );
    expect(answers).toEqual(asked.map((_ts, i) => `answer ${i}`));
    expect(refreshes()).toHaveLength(1);
  });

  it('reads the answer although Cognito’s first one was lost', async () => {
    stack.cognito.faults.push({ operation: 'token.refresh_token', times: 1, kind: 'drop_answer' });
    const [reply] = await settledReplies(stack, channel, await post('echo hello'));
    expect(reply?.text).toBe('hello');
    expect(refreshes()).toHaveLength(2);
  });

  it('is offered Retry while Cognito is down, and Retry answers when it is back', async () => {
    stack.cognito.faults.push({ operation: 'token.refresh_token', times: 100, kind: 'drop_before' });
    const ts = await post('echo still here');
    const [notice] = await settledReplies(stack, channel, ts);
    expect(notice?.notices.join()).toContain('I could not check who you are');
    stack.cognito.faults.length = 0;
    await stack.slack.interactions.click({
      user,
      channel: '#cloud',
      ts: notice?.ts ?? '',
      actionId: RETRY_ACTION,
    });
    const replies = await settledReplies(stack, channel, ts, 2);
    expect(replies.at(-1)?.text).toBe('still here');
  });
});

describe('a person whose sign-in has ended', () => {
  it.each([
    ['was revoked', () => stack.cognito.signOutEverywhere('alice')],
    ['ended because the account was disabled', () => stack.cognito.disable('alice')],
  ])(
    'that %s is asked in private to sign in again, and the kept questions answer themselves',
    async (_how, end) => {
      end();
      const first = await post('echo one');
      const second = await post('echo two');
      const again = await promptFor(stack, user, '#cloud', firstPrompt);
      expect(
        whispersTo(stack, user, '#cloud')
          .map(({ text }) => text)
          .join(),
      ).toContain('Your sign-in has ended');
      expect(await botMessages(stack, channel, first)).toEqual([]);
      stack.cognito.enable('alice');
      await linkUp(stack, user, '#cloud', again, 'alice');
      expect((await settledReplies(stack, channel, first))[0]?.text).toBe('one');
      expect((await settledReplies(stack, channel, second))[0]?.text).toBe('two');
    },
  );
});
