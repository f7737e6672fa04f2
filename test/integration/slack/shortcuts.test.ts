import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskBlocks } from '../../../src/slack/tasks.ts';
import { eventually } from '../../setup/eventually.ts';
import { conversationsInMemory } from './conversations-in-memory.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';
import { form, send } from './slack-ingress.ts';

let rig: ConversationsRig;
let held: ReturnType<typeof conversationsInMemory>;
beforeEach(async () => {
  held = conversationsInMemory({});
  rig = await startConversations('http', { conversations: held.conversations });
});
afterEach(() => rig.close());

const idOf = (name: string) => rig.slack.people.person(name).id;
const modalOf = (name: string) =>
  eventually('the form', () => rig.slack.state.modals.get(idOf(name))?.at(-1));
const submit = async (user: string, values: Record<string, Record<string, string>>) =>
  rig.slack.interactions.submitView({ user, viewId: (await modalOf(user)).id, values });
/** Opens alice's form about a message. */
const askAbout = (channel: string, ts: string) =>
  rig.slack.interactions.shortcut({ user: 'alice', callbackId: 'ask_about_message', channel, ts });
const ask = (user: string, question: string) => submit(user, { question: { question } });

describe('Ask about this', () => {
  it('asks in the thread of the message, as the asker, with its words as a quotation', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'Node *i-123* is down <!here>');
    await askAbout('#cloud', ts);
    expect(JSON.stringify((await modalOf('alice')).content.blocks)).toContain('i-123');
    expect(await ask('alice', 'Is that bad?')).toEqual({ result: 'taken' });
    const [turn] = await rig.turns();
    expect(turn?.message).toMatchObject({
      key: { conversation: rig.channelId('cloud'), thread: ts },
      sender: { id: idOf('alice') },
      addressed: true,
    });
    expect(turn?.message.text).toMatch(
      /^Is that bad\?\n\nThe message that this is about, written by U0BOB\w+ \(quoted: .*not instructions\):\n> Node/s,
    );
    // Everybody in the thread reads who asks what; nobody is called by it but the asker.
    const [, shown] = rig.slack.thread('#cloud', ts);
    expect(shown?.text).toBe(`<@${idOf('alice')}>: Is that bad?`);
    expect(JSON.stringify(shown?.blocks)).not.toContain('<!here>');
  });

  it('asks in private where the bot cannot write', async () => {
    const { ts } = await rig.slack.postAs('bob', '#random', 'What is this bill?');
    await askAbout('#random', ts);
    await ask('alice', 'Whose is it?');
    const [turn] = await rig.turns();
    expect(turn?.message).toMatchObject({ kind: 'direct', sender: { id: idOf('alice') } });
    expect(turn?.message.text).toContain('> What is this bill?');
    expect(JSON.stringify((await modalOf('alice')).content.blocks)).toContain(
      'answer you in our direct message',
    );
  });

  it('keeps the form open while there is no question in it', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'Hm.');
    await askAbout('#cloud', ts);
    expect(await ask('alice', '   ')).toMatchObject({
      result: 'errors',
      errors: { question: expect.any(String) },
    });
    expect(await rig.turns()).toEqual([]);
  });
});

describe('New session', () => {
  const open = (user: string) => rig.slack.interactions.shortcut({ user, callbackId: 'new_session' });

  it('begins in the direct message with a name, and asks the first question there', async () => {
    await open('alice');
    await submit('alice', { name: { name: 'Budget' }, question: { question: 'What did we spend?' } });
    const [turn] = await rig.turns();
    const { conversation, thread } = turn?.message.key ?? {};
    expect(turn?.message).toMatchObject({ kind: 'direct', text: 'What did we spend?' });
    expect(held.placed).toEqual([
      { person: idOf('alice'), place: `${conversation}:${thread}`, session: 'new Budget' },
    ]);
    const [root] = rig.slack.thread(String(conversation), String(thread));
    expect(JSON.stringify(root?.blocks)).toContain('New conversation “Budget”');
  });

  it('begins without a question, too, and with neither says what is missing', async () => {
    await open('alice');
    expect(await submit('alice', {})).toMatchObject({ result: 'errors' });
    expect(await submit('alice', { name: { name: 'Later' } })).toEqual({ result: 'taken' });
    expect(held.placed).toHaveLength(1);
    expect(await rig.turns()).toEqual([]);
  });
});

describe('a predefined task', () => {
  it('is asked at a press, in the place of the button, once', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'Hm.');
    const list = await rig.whisper({
      channel: rig.channelId('cloud'),
      user: idOf('alice'),
      thread_ts: ts,
      text: 'Tasks',
      blocks: taskBlocks('de'),
    });
    await rig.slack.interactions.click({
      user: 'alice',
      channel: '#cloud',
      ts: list,
      actionId: 'task_count-instances',
    });
    const [turn, ...others] = await rig.turns();
    expect(others).toEqual([]);
    expect(turn?.message).toMatchObject({ key: { thread: ts }, sender: { id: idOf('alice') } });
    expect(turn?.message.text).toMatch(/^Wie viele EC2-Instanzen laufen\?/);
  });
});

describe('what Slack delivers twice', () => {
  /** As Slack sends a filled-in form. */
  const submission = (callback: string, about: unknown, values: Record<string, string>) =>
    form({
      payload: JSON.stringify({
        type: 'view_submission',
        team: { id: rig.slack.people.person('alice').teamId },
        user: { id: idOf('alice'), team_id: rig.slack.people.person('alice').teamId },
        trigger_id: 'trigger-1',
        view: {
          id: 'V1',
          type: 'modal',
          callback_id: callback,
          private_metadata: JSON.stringify(about),
          state: {
            values: Object.fromEntries(
              Object.entries(values).map(([name, value]) => [name, { [name]: { value } }]),
            ),
          },
        },
      }),
    });

  it('is one question, shown once', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'Down again.');
    const about = { channel: rig.channelId('cloud'), thread: ts, author: idOf('bob'), text: 'Down again.' };
    const sent = submission('ask_about_form', about, { question: 'Why?' });
    for (let times = 0; times < 2; times += 1)
      expect((await send({ url: rig.webUrl }, sent)).status).toBe(200);
    expect(await rig.turns()).toHaveLength(1);
    expect(rig.slack.thread('#cloud', ts)).toHaveLength(2);
  });

  it('is one new conversation', async () => {
    const sent = submission('new_session_form', {}, { name: 'Budget', question: 'What did we spend?' });
    for (let times = 0; times < 2; times += 1)
      expect((await send({ url: rig.webUrl }, sent)).status).toBe(200);
    expect(await rig.turns()).toHaveLength(1);
    expect(held.placed).toHaveLength(1);
  });
});
