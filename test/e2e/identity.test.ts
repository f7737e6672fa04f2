import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../setup/eventually.ts';
import { linkUp, promptFor, whispersTo } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { ask, botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';

describe.each(['iam', 'jwt'] as const)(
  'people whom nobody knows yet, with an agent that is called by %s',
  (agentAuth) => {
    let stack: Stack;

    beforeAll(async () => {
      stack = await startStack({ identity: {}, agentAuth });
    });

    afterAll(() => stack?.close());

    const channelOf = (user: string, channel: string) => stack.slack.people.place(user, channel).channel.id;
    /** As the user pool tells it. */
    async function subOf(username: string): Promise<string> {
      const { url, userPoolId: UserPoolId, region } = stack.cognito;
      const client = new CognitoIdentityProviderClient({
        endpoint: url,
        region,
        credentials: { accessKeyId: 'AKIAEXAMPLE000000000', secretAccessKey: 'x' },
      });
      const user = await client.send(new AdminGetUserCommand({ UserPoolId, Username: username }));
      client.destroy();
      return user.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? '';
    }
    /** Whom the calls of the agent were for, since `from`. */
    const callers = (from: number) =>
      stack.aws.calls
        .slice(from)
        .filter(({ operation }) => operation === 'InvokeAgentRuntime')
        .map((call) => call.subject ?? call.userId);

    it('are asked in private to sign in, and read the answer to the first question afterwards', async () => {
      const { ts } = await stack.slack.postAs(
        'carol',
        '#cloud',
        `${MENTION} how many EC2 instances are running?`,
      );
      const channel = channelOf('carol', '#cloud');
      const url = await promptFor(stack, 'carol', '#cloud');
      expect(await botMessages(stack, channel, ts)).toEqual([]);
      expect(stack.aws.calls.length).toBe(0);
      await linkUp(stack, 'carol', '#cloud', url);
      const [reply] = await settledReplies(stack, channel, ts);
      expect(reply?.text).toContain('4 EC2 instances are running');
      expect(callers(0)).toEqual([await subOf('carol')]);
    });

    it('run as themselves from then on, in sessions of their own', async () => {
      const from = stack.aws.calls.length;
      const { ts, channelId } = await ask(
        stack,
        'carol',
        '#general',
        `${MENTION} remember the code word is heron`,
      );
      const sessions = stack.aws.sessions().length;
      await stack.slack.postAs('bob', '#general', `${MENTION} what did I say?`, { threadTs: ts });
      await linkUp(stack, 'bob', '#general', await promptFor(stack, 'bob', '#general'));
      const replies = await settledReplies(stack, channelId, ts, 2);
      expect(replies[1]?.text).not.toContain('heron');
      expect(callers(from)).toEqual([await subOf('carol'), await subOf('bob')]);
      expect(stack.aws.sessions().length).toBe(sessions + 1);
    });

    it('see who they are, leave, and are asked again', async () => {
      const say = async (words: string, answer: RegExp) => {
        await stack.slack.interactions.command({
          user: 'carol',
          channel: '#cloud',
          command: '/agent',
          text: words,
        });
        await eventually(`an answer to ${words}`, () =>
          whispersTo(stack, 'carol', '#cloud').some(({ text }) => answer.test(text)),
        );
      };
      await say('whoami', /carol@example\.com.*viewers/);
      await say('unlink', /Unlinked/);
      await say('whoami', /do not know you yet/);
      expect(stack.cognito.calls.map(({ operation }) => operation)).toContain('revoke');
      const before = await promptFor(stack, 'carol', '#cloud');
      await stack.slack.postAs('carol', '#cloud', `${MENTION} are you there?`);
      await promptFor(stack, 'carol', '#cloud', before);
    });

    it('hear of it when another chat account is linked to their company account', async () => {
      await stack.slack.interactions.command({
        user: 'carol',
        channel: '#cloud',
        command: '/agent',
        text: 'link',
      });
      await linkUp(stack, 'carol', '#cloud', await promptFor(stack, 'carol', '#cloud'));
      await stack.slack.interactions.command({
        user: 'alice',
        channel: '#cloud',
        command: '/agent',
        text: 'link',
      });
      await linkUp(stack, 'alice', '#cloud', await promptFor(stack, 'alice', '#cloud'), 'carol');
      const { channel } = stack.slack.people.place('carol', 'dm');
      const warned = await eventually('the warning', () =>
        stack.slack.state
          .messages(channel.id)
          .some(({ text }) => /Another chat account acts as your company account.*alice/.test(text)),
      );
      expect(warned).toBe(true);
    });

    it('are kept out as guests, and told why in private', async () => {
      const from = stack.aws.calls.length;
      await stack.slack.postAs('guest', '#general', `${MENTION} how many EC2 instances are running?`);
      await eventually('the explanation', () =>
        whispersTo(stack, 'guest', '#general').some(({ text }) => /guests/.test(text)),
      );
      expect(stack.aws.calls.length).toBe(from);
    });
  },
);
