import { afterEach, describe, expect, test } from 'vitest';
import type { Message } from '../../../local/teams/model.ts';
import { chatActor } from '../../../src/chat/keys.ts';
import type { Asker } from '../../../src/commands/commands.ts';
import { eventually } from '../../setup/eventually.ts';
import { wordsChecked } from '../commands/words-checked.ts';
import {
  button,
  cardIn,
  startTeamsConversations,
  type TeamsConversations,
  textOf,
} from './teams-conversations.ts';

const started: TeamsConversations[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});
async function start(...args: Parameters<typeof startTeamsConversations>): Promise<TeamsConversations> {
  const one = await startTeamsConversations(...args);
  started.push(one);
  return one;
}

const ALICES = 'a:1alice-and-the-bot';
const ALONE = 'I have answered you in our own chat.';
const ALICE = 'aaaaaaaa-1111-4111-8111-111111111111';
const TALK = {
  lastTurns: async () => ({ turns: [{ question: 'how many wombats?', answer: 'Two.', at: 0 }], more: false }),
  search: async (_actor: string, words: string) => ({
    hits: [{ source: 'note' as const, text: `… ${words} …`, at: 0 }],
    partial: false,
  }),
};

describe.each([
  ['personal', ''],
  ['group', '@bot '],
  ['cloud', '@bot '],
])('in %s', (where, mention) => {
  const inPrivate = where === 'personal';

  /** Says something, and answers what the bot says to its author: at once, or in their own chat, with a word that it did. */
  async function tell(t: TeamsConversations, root: string, words: string): Promise<string> {
    const before = t.writtenIn(ALICES).length;
    const reply = await t.command('alice', where, `${mention}${words}`, root);
    if (inPrivate) return textOf(reply.activity);
    expect(reply.text).toBe(ALONE);
    expect(reply.root).toBe(root);
    return eventually('a private answer', () => t.writtenIn(ALICES)[before]);
  }

  test('every command about conversations does what it does in Slack, for the thread that it is written in', async () => {
    const t = await start({ talk: TALK });
    const first = await t.ask('alice', where, `${mention}what does staging cost?`);
    const root = where === 'cloud' ? first.message.id : '';
    const ask = async (words: string) => (await t.ask('alice', where, `${mention}${words}`, root)).session;
    const say = (words: string) => tell(t, root, words);

    expect(await say('rename "Staging costs"')).toContain('called “Staging costs” now');
    expect(await say('tag eu')).toContain('tagged #eu');
    expect(await say('new "The rollout"')).toContain('this is a new conversation “The rollout”');
    const rollout = await ask('when is it?');
    expect(rollout).not.toBe(first.session);
    expect(await say('sessions')).toMatch(/Your conversations \(2\).*The rollout.*Staging costs.*#eu/);
    const found = await say('sessions staging');
    expect(found).toContain('Staging costs');
    expect(found).not.toContain('The rollout');
    expect(await say('resume 1')).toMatch(/go on with “Staging costs”.*how many wombats\?.*Two\./);
    expect(await ask('and now?')).toBe(first.session);
    expect(await say('history 3')).toMatch(/how many wombats\?.*Two\./);
    expect(await say('search wombats')).toMatch(/What I noted about you.*… wombats …/);
    expect(await say('archive 2')).toContain('“The rollout” is archived');
    expect(await say('sessions archived')).toMatch(/Archived conversations \(1\).*The rollout/);
    expect(await say('restore 2')).toContain('“The rollout” is back');
    expect(await say('delete 2')).toContain('Delete for good');
    expect(t.people.ended).toEqual([]);
    expect(await say('delete 2 really')).toContain('“The rollout” is deleted');
    expect(t.people.ended).toEqual([rollout]);
    expect(await say('link')).toContain('https://idp.example/once');
    expect(await say('whoami')).toContain(ALICE);
    if (inPrivate) return;
    const forAll = t.writtenIn(first.message.conversation).join();
    for (const word of ['Staging costs', 'rollout', 'wombats', 'idp.example', ALICE])
      expect(forAll).not.toContain(word);
  });

  test('status, stop and help are answered where they are written, all of them in the same thread', async () => {
    const t = await start();
    const { message } = await t.teams.say('alice', where, `${mention}how many?`);
    const root = where === 'cloud' ? message.id : '';
    await t.lanes.claim('worker');
    const said = async (words: string) => {
      const reply = await t.command('alice', where, `${mention}${words}`, root);
      expect([reply.conversation, reply.root]).toEqual([message.conversation, root]);
      return textOf(reply.activity);
    };
    expect(await said('status')).toContain('At work for you');
    expect(await said('stop')).toBe('Stopping.');
    expect(await said('help')).toContain('resume <number or name>');
    expect(await said('tasks')).toContain('Count instances');
  });
});

test('at the top of a channel, the next question there is what is meant', async () => {
  const t = await start();
  const { session } = await t.ask('alice', 'personal', 'what does staging cost?');
  await t.command('alice', 'cloud', '@bot resume 1');
  expect(t.writtenIn(ALICES).at(-1)).toContain('Your next question here goes on in');
  expect((await t.ask('alice', 'cloud', '@bot and now?')).session).toBe(session);
  expect((await t.ask('alice', 'cloud', '@bot something else?')).session).not.toBe(session);
});

test('words that name no conversation are a question', async () => {
  const t = await start();
  const { turn } = await t.ask('alice', 'personal', 'resume the rollout in eu-west-1');
  expect(turn.message.text).toBe('resume the rollout in eu-west-1');
});

test('what people write to each other where the bot takes no part is no command', async () => {
  const t = await start();
  for (const word of ['new', 'sessions', 'help', 'stop']) await t.teams.say('alice', 'group', word);
  expect(t.ignored).toEqual(['no_mention', 'no_mention', 'no_mention', 'no_mention']);
  expect(t.teams.messages.filter(({ from }) => from === 'bot')).toEqual([]);
  // Where it does, its people need not name it.
  await t.ask('alice', 'group', '@bot how many?');
  expect((await t.command('alice', 'group', 'sessions')).text).toBe(ALONE);
});

test('a command that is delivered again is carried out once, and answered once', async () => {
  const t = await start();
  const { activity, message } = await t.teams.say('alice', 'personal', 'new "Costs"');
  for (let i = 0; i < 2; i += 1) expect((await t.teams.deliver(activity)).status).toBe(200);
  await eventually('an answer', () => t.teams.repliesTo(message)[0]);
  const { message: after } = await t.teams.say('alice', 'personal', 'sessions');
  const list = await eventually<Message | undefined>('the list', () => t.teams.repliesTo(after)[0]);
  expect(textOf(list?.activity ?? {})).toContain('Your conversations (1)');
  expect(t.teams.repliesTo(message)).toHaveLength(2);
});

/** With the next one who has no chat with the bot. */
function refuseChats({ teams }: Awaited<ReturnType<typeof start>>): void {
  teams.faults.add({
    kind: 'error',
    method: 'open_chat',
    code: 'ForbiddenOperationException',
    message: 'no',
  });
}

test('where there is no chat with somebody, nothing private is said in the channel; what was to be done is done', async () => {
  const t = await start();
  const { message } = await t.ask('alice', 'cloud', '@bot how many?');
  refuseChats(t);
  const reply = await t.command('alice', 'cloud', '@bot rename "Secret costs"', message.id);
  expect(reply.text).toMatch(/^Done\. .*open one with me/);
  refuseChats(t);
  const { message: asked } = await t.teams.say('alice', 'cloud', '@bot sessions', message.id);
  const second = await eventually('a word', () => t.teams.repliesTo(asked)[0]);
  expect(second.text).toContain('That is for you alone');
  expect(t.writtenIn(message.conversation).join()).not.toContain('Secret');
});

test('what was refused is not called done where there is no chat with somebody', async () => {
  const t = await start({ checkWords: wordsChecked().checkWords });
  const { message } = await t.ask('alice', 'cloud', '@bot how many?');
  refuseChats(t);
  const reply = await t.command('alice', 'cloud', '@bot rename "buy gold"', message.id);
  expect(reply.text).toContain('That is for you alone');
});

test('two accounts of one person share their conversations only after both were linked', async () => {
  const linked = new Set<string>();
  const actorOf = async (asker: Asker) => (linked.has(asker.key.platform) ? 'sub-alice' : chatActor(asker));
  const t = await start({ actorOf });
  const slack: Asker = {
    key: { platform: 'slack', tenant: 'T1', conversation: 'C1', thread: '1.0' },
    sender: { id: 'U1', tenant: 'T1' },
  };
  const inTeams = async () => {
    const { message } = await t.teams.say('alice', 'personal', 'sessions');
    return cardIn(await eventually('the list', () => t.teams.repliesTo(message)[0]));
  };
  linked.add('slack');
  await t.people.conversations.startNew(slack, 'From Slack');
  expect(JSON.stringify(await inTeams())).not.toContain('From Slack');
  expect((await t.ask('alice', 'personal', 'resume 1 of them')).turn.message.text).toBe('resume 1 of them');
  linked.add('teams');
  const resume = button(await inTeams(), 'Resume here', 'From Slack');
  const answer = await t.press('alice', 'personal', resume);
  expect(JSON.stringify(answer.value)).toContain('Here we go on with “From Slack”.');
  const [entry] = (await t.people.directory.list('sub-alice', { most: 10 })).entries;
  expect((await t.ask('alice', 'personal', 'and now?')).session).toBe(entry?.id);
});
