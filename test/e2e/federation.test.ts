import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor } from '../../local/laptop/visitor.ts';
import { eventually } from '../setup/eventually.ts';
import { answerInChat, finalQuestion, promptFor, whispersTo } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';

describe('people of another company’s identity provider', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({
      identity: {},
      env: {
        COGNITO_IDENTITY_PROVIDER: 'AcmeSSO',
        // Only who is in a group that the claims of that provider tell.
        COGNITO_ACCESS: 'invited',
        ROLE_VIEWER_GROUPS: 'nobody',
      },
    });
  });

  afterAll(() => stack?.close());

  it('are sent there at once, and are what its groups say', async () => {
    const { ts } = await stack.slack.postAs(
      'carol',
      '#cloud',
      `${MENTION} how many EC2 instances are running?`,
    );
    const channel = stack.slack.people.place('carol', '#cloud').channel.id;
    const visitor = createVisitor();
    const page = await visitor.open(await promptFor(stack, 'carol', '#cloud'));
    expect(page.url).toContain('/acme-sso/');
    const confirm = await visitor.submit(page, { username: 'dora', password: 'Dora-2468' });
    await visitor.submit(confirm, { decision: 'yes' });
    await answerInChat(stack, 'carol', '#cloud', await finalQuestion(stack, 'carol', '#cloud'), true);
    const [reply] = await settledReplies(stack, channel, ts);
    expect(reply?.text).toContain('4 EC2 instances are running');
    await stack.slack.interactions.command({
      user: 'carol',
      channel: '#cloud',
      command: '/agent',
      text: 'whoami',
    });
    await eventually('the groups', () =>
      whispersTo(stack, 'carol', '#cloud').some(({ text }) =>
        /dora@acme\.example.*operators.*operator/.test(text),
      ),
    );
  });

  it('are refused when they are in none of the groups', async () => {
    await stack.slack.postAs('bob', '#cloud', `${MENTION} how many EC2 instances are running?`);
    const visitor = createVisitor();
    const page = await visitor.open(await promptFor(stack, 'bob', '#cloud'));
    const refused = await visitor.submit(page, { username: 'emil', password: 'Emil-2468' });
    expect([refused.status, /<h1>([^<]*)/.exec(refused.text)?.[1]]).toEqual([
      403,
      'Your account is not invited',
    ]);
  });
});
