import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wordsOf } from '../../../src/slack/answer-blocks.ts';
import { eventually } from '../../setup/eventually.ts';
import { conversationsInMemory, entry } from './conversations-in-memory.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

const ALICE = 'U0ALICE00000';
const ANY = { any: true, ids: new Set<string>() };

/** Somebody was taken off the list after they got their buttons and opened their forms. */
describe('whoever may no longer ask', () => {
  let rig: ConversationsRig;
  let held: ReturnType<typeof conversationsInMemory>;
  let people: Set<string>;

  beforeEach(async () => {
    held = conversationsInMemory({ [ALICE]: [entry(1), entry(2)] });
    people = new Set([ALICE]);
    rig = await startConversations('http', {
      conversations: held.conversations,
      rules: { tenants: ANY, conversations: ANY, people: { any: false, ids: people } },
    });
  });
  afterEach(() => rig.close());

  const modal = () => eventually('the form', () => rig.slack.state.modals.get(ALICE)?.at(-1));
  const form = async (values: Record<string, Record<string, string>>) =>
    rig.slack.interactions.submitView({ user: 'alice', viewId: (await modal()).id, values });

  async function listed(): Promise<string> {
    const { channel, user } = rig.slack.people.place('alice', '#cloud');
    const asker = {
      key: { platform: 'slack', tenant: user.teamId, conversation: channel.id, thread: '' },
      sender: { id: user.id, tenant: user.teamId },
    } as const;
    return rig.whisper({
      channel: channel.id,
      user: user.id,
      ...wordsOf(await held.conversations.list(asker)),
    });
  }
  const press = (ts: string, actionId: string) =>
    rig.slack.interactions.click({
      user: 'alice',
      channel: '#cloud',
      ts,
      actionId,
      value: JSON.stringify({ id: 'tc-session-2' }),
    });

  it.each(['session_resume', 'session_rename', 'session_history', 'session_archive', 'session_delete'])(
    'cannot press %s',
    async (action) => {
      const ts = await listed();
      people.delete(ALICE);
      await press(ts, action);
      await eventually('it is refused', () =>
        rig.privateWords().some((text) => text.includes('not allowed')),
      );
      expect(rig.ignored).toEqual(['person_not_allowed']);
      expect(held.placed).toEqual([]);
      expect(held.of(ALICE)).toEqual([entry(1), entry(2)]);
      expect(rig.slack.state.modals.get(ALICE) ?? []).toEqual([]);
    },
  );

  it('cannot send the form for a new name', async () => {
    await press(await listed(), 'session_rename');
    await modal();
    people.delete(ALICE);
    await form({ name: { name: 'Mine' } });
    expect(held.of(ALICE)).toEqual([entry(1), entry(2)]);
  });

  it('cannot ask about a message, nor begin something new, by a form that is open', async () => {
    const { ts } = await rig.slack.postAs('bob', '#cloud', 'Hm.');
    await rig.slack.interactions.shortcut({
      user: 'alice',
      callbackId: 'ask_about_message',
      channel: '#cloud',
      ts,
    });
    await modal();
    people.delete(ALICE);
    expect(await form({ question: { question: 'Why?' } })).toMatchObject({ result: 'errors' });
    people.add(ALICE);
    await rig.slack.interactions.closeView({ user: 'alice', all: true });
    await rig.slack.interactions.shortcut({ user: 'alice', callbackId: 'new_session' });
    await modal();
    people.delete(ALICE);
    expect(await form({ question: { question: 'Why?' } })).toMatchObject({ result: 'errors' });
    expect(await rig.turns()).toEqual([]);
    expect(rig.slack.calls.filter(({ method }) => method === 'chat.postMessage')).toEqual([]);
  });
});
