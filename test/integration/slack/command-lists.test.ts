import { afterEach, beforeEach, expect, it } from 'vitest';
import { findElements } from '../../../local/slack/elements.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

let rig: ConversationsRig;
beforeEach(async () => {
  rig = await startConversations('http');
});
afterEach(() => rig.close());

/** What alice alone sees in #cloud, newest last. */
function whispers() {
  const { user, channel } = rig.slack.people.place('alice', '#cloud');
  return rig.slack.state.messages(channel.id).filter(({ ephemeralFor }) => ephemeralFor === user.id);
}
const newest = () => {
  const message = whispers().at(-1);
  if (!message) throw new Error('nothing was whispered');
  return message;
};
const says = (text: string) =>
  eventually(`a whisper with ${text}`, () => JSON.stringify(whispers().at(-1)?.blocks ?? []).includes(text));
const press = (actionId: string, value?: string) =>
  rig.slack.interactions.click({ user: 'alice', channel: '#cloud', ts: newest().ts, actionId, value });
const heldBy = (actionId: string, nth = 0) =>
  String(
    findElements(newest().blocks).filter(({ element }) => element.action_id === actionId)[nth]?.element.value,
  );

it('the words in a thread list, name and delete what is really there, for the asker alone', async () => {
  const { ts } = await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer new "Staging costs"');
  await eventually('it is begun', () => whispers().length === 1);
  await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer sessions', { threadTs: ts });
  await says('1. Staging costs');
  expect(newest().threadTs).toBe(ts);
  await press('session_archive', heldBy('session_archive'));
  await says('is archived');
  await press('sessions_other', heldBy('sessions_other'));
  await says('Restore “Staging costs”');
  await press('session_delete', heldBy('session_delete'));
  await says('is deleted');
  await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer sessions', { threadTs: ts });
  await says('Your conversations (0)');
});

it('tasks are buttons behind the command, and ask in a new thread of the channel', async () => {
  await rig.slack.interactions.command({
    user: 'alice',
    channel: '#cloud',
    command: '/agent',
    text: 'tasks',
  });
  await says('Count instances');
  await press('task_count-instances');
  const [turn] = await rig.turns();
  const { conversation, thread } = turn?.message.key ?? {};
  const [root] = rig.slack.thread('#cloud', String(thread));
  expect(conversation).toBe(rig.channelId('cloud'));
  expect(root?.text).toContain(`<@${rig.slack.people.person('alice').id}>: How many EC2 instances`);
});

it('a conversation is asked about once more before words delete it', async () => {
  await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer new "Staging costs"');
  await eventually('it is begun', () => whispers().length === 1);
  await rig.slack.interactions.command({
    user: 'alice',
    channel: '#cloud',
    command: '/agent',
    text: 'delete 1',
  });
  await says('Delete “Staging costs”?');
  await press('session_delete', heldBy('session_delete'));
  await says('is deleted');
  expect(JSON.stringify(newest().blocks)).toContain('Your conversations (0)');
});
