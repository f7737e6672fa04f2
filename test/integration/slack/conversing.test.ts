import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../../local/slack/model.ts';
import type { ListState } from '../../../src/commands/session-buttons.ts';
import { wordsOf } from '../../../src/slack/answer-blocks.ts';
import { eventually } from '../../setup/eventually.ts';
import { conversationsInMemory, entry } from './conversations-in-memory.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

let rig: ConversationsRig;
let held: ReturnType<typeof conversationsInMemory>;

beforeEach(async () => {
  held = conversationsInMemory({
    U0ALICE00000: [
      entry(1, { name: 'Staging costs' }),
      entry(2, { name: 'Node groups' }),
      entry(3, { name: 'Buckets' }),
    ],
    U0BOB0000000: [entry(7, { name: 'Secret plans' })],
  });
  rig = await startConversations('http', { conversations: held.conversations });
});
afterEach(() => rig.close());

const alice = () => rig.slack.people.person('alice');

/** The bot shows alice her list, in private. Answers how it stands now. */
async function listed(state: ListState = {}, threadTs?: string): Promise<() => Message> {
  const channel = rig.channelId('cloud');
  const asker = {
    key: { platform: 'slack', tenant: alice().teamId, conversation: channel, thread: threadTs ?? '' },
    sender: { id: alice().id, tenant: alice().teamId },
  } as const;
  const { text, blocks } = wordsOf(await held.conversations.list(asker, state), state);
  const ts = await rig.whisper({
    channel,
    user: alice().id,
    text,
    blocks,
    ...(threadTs ? { thread_ts: threadTs } : {}),
  });
  return () => {
    const found = rig.slack.state.messages(channel).find((message) => message.ts === ts);
    if (!found) throw new Error('the list is gone');
    return found;
  };
}

const press = (message: Message, actionId: string, value: unknown) =>
  rig.slack.interactions.click({
    user: 'alice',
    channel: '#cloud',
    ts: message.ts,
    actionId,
    value: JSON.stringify(value),
  });
async function shows(list: () => Message, text: string): Promise<void> {
  await eventually(`the list says ${text}`, () => said(list).includes(text));
  expect(said(list)).toContain(text);
}
const modal = () => rig.slack.state.modals.get(alice().id)?.at(-1);
const said = (list: () => Message) => JSON.stringify(list().blocks);

describe('the list of conversations', () => {
  it('turns its pages in place, and comes back to the newest', async () => {
    const list = await listed();
    expect(said(list)).toContain('Buckets');
    expect(said(list)).not.toContain('Staging costs');
    await press(list(), 'sessions_next', { after: '2' });
    await shows(list, 'Staging costs');
    expect(said(list)).not.toContain('Buckets');
    await press(list(), 'sessions_first', {});
    await shows(list, 'Buckets');
  });

  it('resumes a conversation in the thread where the list stands', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'What do nodes cost?');
    const list = await listed({}, ts);
    await press(list(), 'session_resume', { id: 'tc-session-2' });
    await shows(list, 'I go on here in “Node groups”.');
    expect(held.placed).toEqual([
      { person: alice().id, place: `${rig.channelId('cloud')}:${ts}`, session: 'tc-session-2' },
    ]);
  });

  it('archives and restores, and is shown anew below what was done', async () => {
    const list = await listed();
    await press(list(), 'session_archive', { id: 'tc-session-3' });
    await shows(list, '“Buckets” is archived.');
    expect(said(list)).not.toContain('3. Buckets');
    await press(list(), 'sessions_other', { archived: true });
    await shows(list, '3. Buckets');
    await press(list(), 'session_restore', { archived: true, id: 'tc-session-3' });
    await shows(list, '“Buckets” is back.');
  });

  it('deletes only after Slack has asked once more', async () => {
    const list = await listed();
    const blocks = list().blocks as unknown as { elements?: { action_id: string; confirm?: unknown }[] }[];
    const buttons = blocks.flatMap(({ elements = [] }) =>
      elements.filter((e) => e.action_id === 'session_delete'),
    );
    expect(buttons).toHaveLength(2);
    for (const button of buttons) expect(button.confirm).toMatchObject({ style: 'danger' });
    await press(list(), 'session_delete', { id: 'tc-session-3' });
    await shows(list, '“Buckets” is deleted.');
    expect(held.of(alice().id).map(({ name }) => name)).toEqual(['Staging costs', 'Node groups']);
  });

  it('says so when what is pressed is no longer there', async () => {
    const list = await listed();
    await press(list(), 'session_delete', { id: 'tc-session-3' });
    await shows(list, 'is deleted');
    const stale = await listed({ after: '0' });
    await held.conversations.remove(
      {
        key: { platform: 'slack', tenant: '', conversation: '', thread: '' },
        sender: { id: alice().id, tenant: '' },
      },
      { id: 'tc-session-2' },
    );
    await press(stale(), 'session_resume', { after: '0', id: 'tc-session-2' });
    await shows(stale, 'There is no such conversation of yours.');
  });

  it('renames by a form with name, tags and project, and shows the new name in its place', async () => {
    const list = await listed();
    await press(list(), 'session_rename', { id: 'tc-session-3' });
    const form = await eventually('the form', modal);
    const values = {
      name: { name: 'Old buckets' },
      tags: { tags: 'storage, #aws' },
      project: { project: 'Cleanup' },
    };
    expect(await rig.slack.interactions.submitView({ user: 'alice', viewId: form.id, values })).toEqual({
      result: 'taken',
    });
    await shows(list, '3. Old buckets');
    expect(said(list)).toContain('Project: Cleanup');
    expect(held.of(alice().id).find(({ number }) => number === 3)?.tags).toEqual(['storage', 'aws']);
  });

  it('shows what was said, and leads back', async () => {
    const list = await listed();
    await press(list(), 'session_history', { id: 'tc-session-3' });
    await shows(list, 'An answer.');
    await press(list(), 'sessions_other', {});
    await shows(list, 'Node groups');
  });

  it.each([
    ['names', 'staging', 'Your conversations with “staging”'],
    ['talk', 'nodes', 'Found for “nodes”'],
  ])('is searched by a form: in %s', async (where, words, title) => {
    const list = await listed();
    await press(list(), 'sessions_search', {});
    const form = await eventually('the form', modal);
    await rig.slack.interactions.submitView({
      user: 'alice',
      viewId: form.id,
      values: { words: { words }, where: { where } },
    });
    await shows(list, title);
  });

  it('never shows or changes what is somebody else’s, whatever is pressed', async () => {
    // A client that sends what no button of alice's says.
    for (const action of [
      'session_resume',
      'session_history',
      'session_archive',
      'session_rename',
      'session_delete',
    ]) {
      const own = await listed();
      const [first] = (
        own().blocks as unknown as { elements?: { action_id: string; value: string }[] }[]
      ).flatMap(({ elements = [] }) => elements.filter((element) => element.action_id === action));
      if (!first) throw new Error(`there is no ${action}`);
      first.value = JSON.stringify({ id: 'tc-session-7' });
      await press(own(), action, { id: 'tc-session-7' });
      await rig.slack.deliveries.idle();
      expect(said(own)).not.toContain('Secret plans');
    }
    expect(modal()).toBeUndefined();
    expect(held.placed).toEqual([]);
    expect(held.of('U0BOB0000000')).toEqual([entry(7, { name: 'Secret plans' })]);
  });
});
