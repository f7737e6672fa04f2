import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor } from '../../local/laptop/visitor.ts';
import { findElements } from '../../local/slack/elements.ts';
import type { Message } from '../../local/slack/model.ts';
import { TEAM } from '../../local/slack/seed.ts';
import { LINK_NO_ACTION, LINK_YES_ACTION } from '../../src/slack/link-blocks.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { eventually } from '../setup/eventually.ts';
import { answerInChat, finalQuestion, linkUp, promptFor, signInAs, whispersTo } from './linking.ts';
import { type Stack, startStack } from './stack.ts';
import { botMessages, settledReplies } from './thread.ts';

const MENTION = '@Cloud Engineer';
const SECRET = randomBytes(16).toString('hex');

let stack: Stack;
const logged: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    identity: {},
    slack: { signingSecret: SECRET, morePeople: 8 },
    env: { SLACK_SIGNING_SECRET: SECRET },
    log: createLogger({ level: 'debug', destination: { write: (line) => void logged.push(line) } }),
  });
});
afterAll(() => stack?.close());

const channelId = () => stack.slack.people.place('alice', '#cloud').channel.id;
const idOf = (user: string) => stack.slack.people.place(user, '#cloud').user.id;

/** Asks at the top of the channel or in a thread; answers the message. */
const post = async (user: string, text: string, threadTs?: string): Promise<string> =>
  (await stack.slack.postAs(user, '#cloud', `${MENTION} ${text}`, threadTs === undefined ? {} : { threadTs }))
    .ts;

/** What the bot says to a question in this thread, as the last of so many. */
async function replyTo(user: string, text: string, threadTs: string): Promise<string> {
  const before = (await botMessages(stack, channelId(), threadTs)).length;
  await post(user, text, threadTs);
  const replies = await settledReplies(stack, channelId(), threadTs, before + 1);
  return replies.at(-1)?.text ?? '';
}

/** Opens the prompt, signs in and says Yes on the page; answers the question in the chat. */
async function upToTheChat(user: string, username: string, url: string): Promise<Message> {
  const browser = createVisitor();
  await browser.submit(await signInAs(stack, url, username, browser), { decision: 'yes' });
  return finalQuestion(stack, user, '#cloud');
}

const proposalIn = (question: Message): string =>
  String(
    findElements(question.blocks).find(({ element }) => element.action_id === LINK_YES_ACTION)?.element.value,
  );

/** A press that Slack reports, whoever it says has pressed. Answers the HTTP status. */
async function deliverPress(
  userId: string,
  value: string,
  actionId: string = LINK_YES_ACTION,
  secret = SECRET,
) {
  const payload = {
    type: 'block_actions',
    api_app_id: 'A0CLOUDENG00',
    team: { id: TEAM.id, domain: TEAM.domain },
    user: { id: userId, username: 'somebody', team_id: TEAM.id },
    container: { type: 'message', message_ts: '1.1', channel_id: channelId(), is_ephemeral: true },
    channel: { id: channelId(), name: 'cloud' },
    trigger_id: '1.1.x',
    response_url: `${stack.slack.url}/nowhere`,
    actions: [{ type: 'button', action_id: actionId, block_id: 'b', value, action_ts: '1.1' }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const answer = await fetch(`${stack.backend.url}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
    },
    body,
  });
  return answer.status;
}

const linksMade = () => logged.filter((line) => line.includes('a chat account was linked')).length;

describe('the last question, in the chat', () => {
  it('cannot be answered by anybody else, nor twice, nor without Slack’s signature', async () => {
    const ts = await post('user1', 'how many EC2 instances are running?');
    const url = await promptFor(stack, 'user1', '#cloud');
    const id = proposalIn(await upToTheChat('user1', 'alice', url));
    const before = linksMade();
    expect(await deliverPress(idOf('user1'), id, LINK_YES_ACTION, 'f'.repeat(32))).toBe(401);
    expect(await deliverPress(idOf('user2'), id)).toBe(200);
    expect(await deliverPress(idOf('user2'), id, LINK_NO_ACTION)).toBe(200);
    expect(await deliverPress(idOf('user1'), `${id}x`)).toBe(200);
    expect(linksMade()).toBe(before);
    expect(await botMessages(stack, channelId(), ts)).toEqual([]);

    const presses = await Promise.all(Array.from({ length: 5 }, () => deliverPress(idOf('user1'), id)));
    expect(presses).toEqual([200, 200, 200, 200, 200]);
    const [reply] = await settledReplies(stack, channelId(), ts);
    expect(reply?.text).toContain('4 EC2 instances are running');
    expect(linksMade()).toBe(before + 1);
    // user2 pressed, and is still nobody.
    await post('user2', 'echo who am I?');
    expect(await promptFor(stack, 'user2', '#cloud')).toContain('/link/start?ticket=');
  });

  it('links nothing when it is answered with No; the question stays, and can still be answered', async () => {
    const ts = await post('user3', 'echo hello');
    const url = await promptFor(stack, 'user3', '#cloud');
    await answerInChat(stack, 'user3', '#cloud', await upToTheChat('user3', 'bob', url), false);
    expect(await botMessages(stack, channelId(), ts)).toEqual([]);
    const again = await signInAs(stack, url, 'bob');
    expect(again.status).toBe(410);
    await stack.slack.interactions.command({
      user: 'user3',
      channel: '#cloud',
      command: '/agent',
      text: 'link',
    });
    await linkUp(stack, 'user3', '#cloud', await promptFor(stack, 'user3', '#cloud', url), 'bob');
    expect((await settledReplies(stack, channelId(), ts))[0]?.text).toBe('hello');
  });

  it('is seen by the one person whom it is put to, like the prompt before it', async () => {
    await post('user4', 'echo hello');
    const url = await promptFor(stack, 'user4', '#cloud');
    await upToTheChat('user4', 'alice', url);
    for (const user of ['alice', 'user1', 'user5'])
      expect(JSON.stringify(whispersTo(stack, user, '#cloud'))).not.toContain(new URL(url).search);
    const seenByAll = stack.slack.state
      .messages(channelId())
      .filter((each) => each.ephemeralFor === undefined);
    expect(seenByAll.length).toBeGreaterThan(0);
    expect(JSON.stringify(seenByAll)).not.toMatch(/Was this you|link\/start/);
  });
});

describe('two people in one thread', () => {
  it('never see what the agent keeps of each other: sessions, memory, history, logs', async () => {
    const canary = `canary-${randomBytes(8).toString('hex')}`;
    const thread = await post('alice', `remember ${canary}`);
    await linkUp(stack, 'alice', '#cloud', await promptFor(stack, 'alice', '#cloud'));
    await settledReplies(stack, channelId(), thread);
    await post('bob', 'what did I say?', thread);
    await linkUp(stack, 'bob', '#cloud', await promptFor(stack, 'bob', '#cloud'));
    const [, bobs] = await settledReplies(stack, channelId(), thread, 2);
    expect(bobs?.text).not.toContain(canary);
    expect(bobs?.text).not.toBe('');
    expect(await replyTo('alice', 'what did I say?', thread)).toContain(canary);
    expect(await replyTo('bob', 'what did I ask you to remember?', thread)).not.toContain(canary);
    expect(logged.filter((line) => line.includes(canary))).toEqual([]);
  });

  it('are told apart by who they are at Cognito, also when one chat account becomes somebody else', async () => {
    const canary = `canary-${randomBytes(8).toString('hex')}`;
    const thread = await post('user5', `remember ${canary}`);
    const url = await promptFor(stack, 'user5', '#cloud');
    await linkUp(stack, 'user5', '#cloud', url, 'alice');
    await settledReplies(stack, channelId(), thread);
    expect(await replyTo('user5', 'what did I say?', thread)).toContain(canary);
    await stack.slack.interactions.command({
      user: 'user5',
      channel: '#cloud',
      command: '/agent',
      text: 'link',
    });
    await linkUp(stack, 'user5', '#cloud', await promptFor(stack, 'user5', '#cloud', url), 'bob');
    expect(await replyTo('user5', 'what did I say?', thread)).not.toContain(canary);
    // The same person, under another chat account: it is their own memory.
    await post('user6', 'what did I say?', thread);
    await linkUp(stack, 'user6', '#cloud', await promptFor(stack, 'user6', '#cloud'), 'alice');
    const replies = await eventually('an answer', async () => {
      const found = await settledReplies(stack, channelId(), thread, 4);
      return found.length === 4 && found;
    });
    expect(replies.at(-1)?.text).toContain(canary);
  });

  it('leave nothing of their sign-ins in the log', () => {
    const clear = /eyJ[\w-]+\.eyJ|@example\.com|ticket=[\w-]{20}|state=[\w-]{20}|code=[\w-]{20}/;
    expect(logged.length).toBeGreaterThan(50);
    expect(logged.filter((line) => clear.test(line))).toEqual([]);
  });
});
