import { afterEach, describe, expect, it } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { chatActor } from '../../../src/chat/keys.ts';
import type { Policy } from '../../../src/chat/policies.ts';
import { wordsOf } from '../../../src/slack/answer-blocks.ts';
import { eventually } from '../../setup/eventually.ts';
import { type WordsOptions, wordsChecked } from '../commands/words-checked.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

let rig: ConversationsRig;
afterEach(() => rig.close());

/** Answers how to change what the guardrail is like. */
const start = async (options: WordsOptions = {}) => {
  const { checkWords, become } = wordsChecked(options);
  rig = await startConversations('http', { checkWords });
  return become;
};
const alice = () => rig.slack.people.person('alice');
const told = (policy: Policy) => blockMessage('words', policy, undefined);
const modal = () => eventually('the form', () => rig.slack.state.modals.get(alice().id)?.at(-1));
const submit = async (fields: Record<string, string>) => {
  const values = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, { [name]: text }]));
  return rig.slack.interactions.submitView({ user: 'alice', viewId: (await modal()).id, values });
};
/** Everything that stands in the channel or in alice's direct message, and what she alone reads. */
const everything = () =>
  JSON.stringify(rig.slack.state.channels.map(({ id }) => rig.slack.state.messages(id)));

/** Alice has one conversation, and opens the form for its name. */
async function renaming() {
  const channel = rig.channelId('cloud');
  const key = { platform: 'slack', tenant: alice().teamId, conversation: channel, thread: '' } as const;
  const asker = { key, sender: { id: alice().id, tenant: alice().teamId } };
  const { conversations } = rig.conversations;
  await conversations.startNew({ ...asker, key: { ...key, thread: '1.0' } }, 'Costs');
  const answer = await conversations.list(asker);
  const ts = await rig.whisper({ channel, user: alice().id, ...wordsOf(answer) });
  const [entry] = answer.shown?.kind === 'sessions' ? answer.shown.entries : [];
  if (!entry) throw new Error('there is none');
  const value = JSON.stringify({ id: entry.id });
  await rig.slack.interactions.click({
    ...{ user: 'alice', channel: '#cloud', ts, actionId: 'session_rename' },
    value,
  });
  return () => rig.conversations.directory.get(chatActor(asker), entry.id);
}

describe('the form of a name', () => {
  it.each([
    [{ name: 'where to buy gold' }, 'name', 'topic'],
    [{ tags: 'eu, buy gold' }, 'tags', 'topic'],
    [{ project: 'buy gold' }, 'project', 'topic'],
  ] as const)('stays open with %o, and says at the field why', async (given, field, policy) => {
    await start();
    const entry = await renaming();
    const before = await entry();
    const answer = await submit({ name: 'Money', ...given });
    expect(answer).toEqual({ result: 'errors', errors: { [field]: told(policy) } });
    expect(await entry()).toEqual(before);
  });

  it('says in time that it could not be checked', async () => {
    const become = await start({ withinMs: 200 });
    const entry = await renaming();
    const before = await entry();
    for (const trouble of ['silent', 'down'] as const) {
      become(trouble);
      expect(await submit({ name: 'Money' })).toEqual({
        result: 'errors',
        errors: { name: told('unavailable') },
      });
    }
    expect(await entry()).toEqual(before);
  });

  it('keeps what is masked', async () => {
    await start();
    const entry = await renaming();
    expect(await submit({ name: 'for Alice Smith', tags: 'Alice Smith' })).toEqual({ result: 'taken' });
    expect(await entry()).toMatchObject({ name: 'for {NAME}', tags: ['{NAME}'] });
  });
});

describe('a question that the bot repeats in the name of its author', () => {
  const open = () => rig.slack.interactions.shortcut({ user: 'alice', callbackId: 'new_session' });

  it('is not shown, and not asked, where a policy minds it', async () => {
    await start();
    await open();
    expect(await submit({ name: 'Fine', question: 'where to buy gold?' })).toEqual({
      result: 'errors',
      errors: { question: told('topic') },
    });
    expect(await submit({ name: 'buy gold', question: 'how many?' })).toEqual({
      result: 'errors',
      errors: { name: told('topic') },
    });
    expect(await rig.turns()).toEqual([]);
    expect(everything()).not.toContain('buy gold');
  });

  it('is shown, kept and asked as it is masked', async () => {
    await start();
    await open();
    expect(await submit({ name: 'of Alice Smith', question: 'who is Alice Smith?' })).toEqual({
      result: 'taken',
    });
    const [turn] = await rig.turns();
    expect(turn?.message.text).toBe('who is {NAME}?');
    expect(everything()).toContain('of {NAME}');
    expect(everything()).not.toContain('Alice Smith');
  });

  it.each([
    ['it', 'Fine.', 'where to buy gold?', ''],
    [
      'the message',
      'Where to buy gold?',
      'and where?',
      'This is about the message, not about your question: ',
    ],
  ])(
    'about a message is not shown to its readers, where a policy minds %s',
    async (_what, text, question, about) => {
      await start();
      const { ts } = await rig.slack.postAs('bob', '#cloud', text);
      await rig.slack.interactions.shortcut({
        ...{ user: 'alice', callbackId: 'ask_about_message', channel: '#cloud', ts },
      });
      const errors = { question: `${about}${told('topic')}` };
      expect(await submit({ question })).toEqual({ result: 'errors', errors });
      expect(rig.slack.thread('#cloud', ts)).toHaveLength(1);
      expect(await rig.turns()).toEqual([]);
    },
  );
});

describe('a name in a message', () => {
  it('that a policy minds is answered for its author alone, also where they did not speak to the bot', async () => {
    await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer new "Costs"');
    const thread = { threadTs: ts };
    await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer how many?', thread);
    await rig.slack.deliveries.idle();
    await rig.slack.postAs('alice', '#cloud', 'new "buy gold"', thread);
    await rig.slack.deliveries.idle();
    await eventually('the refusal', () => rig.privateWords().some((words) => words.includes(told('topic'))));
    expect(rig.privateWords().join()).not.toContain('buy gold');
    expect(await rig.turns()).toHaveLength(1);
  });
});
