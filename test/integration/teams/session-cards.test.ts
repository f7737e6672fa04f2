import { afterEach, expect, test } from 'vitest';
import { blockMessage } from '../../../src/chat/block-messages.ts';
import { chatActor, laneId } from '../../../src/chat/keys.ts';
import { eventually } from '../../setup/eventually.ts';
import { wordsChecked } from '../commands/words-checked.ts';
import {
  button,
  buttonsOf,
  cardIn,
  startTeamsConversations,
  type TeamsConversations,
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
const CARD = 'application/vnd.microsoft.card.adaptive';
/** Says `sessions` and answers the card, in the personal chat. */
const list = async (t: TeamsConversations, words = 'sessions') =>
  cardIn(await t.command('alice', 'personal', words));
const named = async (t: TeamsConversations, name: string) => {
  await t.command('alice', 'personal', `new "${name}"`);
  return (await t.ask('alice', 'personal', `about ${name}?`)).session;
};

test('a list of conversations has for each of them what can be done with it', async () => {
  const t = await start();
  await named(t, 'Costs');
  await named(t, 'Rollout');
  const card = await list(t);
  expect(card).toMatchObject({ version: '1.5', speak: 'Your conversations (2)' });
  expect(JSON.stringify(card)).toContain('2\\\\. Rollout  ·  answers here');
  const titles = (of: string) =>
    buttonsOf(card)
      .filter(({ tooltip }) => String(tooltip).endsWith(`“${of}”`))
      .map(({ title }) => title);
  expect(titles('Costs')).toEqual(['Resume here', 'Rename', 'History', 'Archive']);
  // It is resumed already.
  expect(titles('Rollout')).toEqual(['Rename', 'History', 'Archive']);
  expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(24_000);
});

test('Resume by a press: the next question is answered there, and the card shows it in its own place', async () => {
  const t = await start();
  const costs = await named(t, 'Costs');
  await named(t, 'Rollout');
  const answer = await t.press('alice', 'personal', button(await list(t), 'Resume here', 'Costs'));
  expect(answer).toMatchObject({ statusCode: 200, type: CARD });
  expect(JSON.stringify(answer.value)).toContain('Here we go on with “Costs”.');
  expect((await t.ask('alice', 'personal', 'and now?')).session).toBe(costs);
});

test('a press that is delivered again does not undo what came after it', async () => {
  const t = await start();
  const costs = await named(t, 'Costs');
  await named(t, 'Rollout');
  const resume = button(await list(t), 'Resume here', 'Costs');
  await t.press('alice', 'personal', resume, {}, { id: 'f:1' });
  await t.command('alice', 'personal', 'new');
  expect(await t.press('alice', 'personal', resume, {}, { id: 'f:1' })).toMatchObject({ type: CARD });
  expect((await t.ask('alice', 'personal', 'and now?')).session).not.toBe(costs);
  expect(t.people.noted).toEqual(['resumed']);
});

test('Rename, with tags and a project, in a form that takes the place of the list, and back', async () => {
  const t = await start();
  await named(t, 'Costs');
  const form = (await t.press('alice', 'personal', button(await list(t), 'Rename', 'Costs'))).value;
  expect(JSON.stringify(form)).toContain('"label":"Name"');
  const filled = { name: 'Costs of staging', tags: '#eu, money', project: 'Staging' };
  const wrong = await t.press('alice', 'personal', button(form, 'Save'), { ...filled, name: ' ' });
  expect(JSON.stringify(wrong.value)).toContain('A name needs letters or digits.');
  const saved = await t.press('alice', 'personal', button(form, 'Save'), filled);
  const shown = JSON.stringify(saved.value);
  for (const words of ['“Costs of staging” is changed.', '#eu #money', 'Project: Staging'])
    expect(shown).toContain(words);
});

test('what a policy minds in the form is not saved, and the form says why', async () => {
  const { checkWords } = wordsChecked();
  const t = await start({ checkWords });
  await named(t, 'Costs');
  const form = (await t.press('alice', 'personal', button(await list(t), 'Rename', 'Costs'))).value;
  const filled = { name: 'Money', tags: 'eu, buy gold', project: '' };
  const wrong = await t.press('alice', 'personal', button(form, 'Save'), filled);
  expect(JSON.stringify(wrong.value)).toContain(blockMessage('words', 'topic', undefined));
  expect(button(wrong.value, 'Save')).toBeDefined();
  const saved = await t.press('alice', 'personal', button(wrong.value, 'Save'), {
    ...{ name: 'of Alice Smith', tags: 'eu', project: '' },
  });
  expect(JSON.stringify(saved.value)).toContain('“of {NAME}” is changed.');
  expect(JSON.stringify(saved.value)).not.toContain('Money');
  const told = await t.command('alice', 'personal', 'rename "buy gold"');
  expect(told.activity.text).toBe(blockMessage('words', 'topic', undefined));
});

test('Archive and Restore: the list shows it at once, twice is once', async () => {
  const t = await start();
  await named(t, 'Costs');
  const archive = button(await list(t), 'Archive', 'Costs');
  const once = await t.press('alice', 'personal', archive);
  expect(JSON.stringify(once.value)).toContain('“Costs” is archived.');
  expect(JSON.stringify((await t.press('alice', 'personal', archive)).value)).toContain('archived already');
  const archived = await t.press('alice', 'personal', button(once.value, 'Archived'));
  const back = await t.press('alice', 'personal', button(archived.value, 'Restore', 'Costs'));
  expect(JSON.stringify(back.value)).toContain('“Costs” is back.');
});

test('Delete asks once more', async () => {
  const t = await start();
  const costs = await named(t, 'Costs');
  const form = (await t.press('alice', 'personal', button(await list(t), 'Rename', 'Costs'))).value;
  const sure = (await t.press('alice', 'personal', button(form, 'Delete…'))).value;
  expect(JSON.stringify(sure)).toContain('go for good');
  expect(t.people.ended).toEqual([]);
  await t.press('alice', 'personal', button(sure, 'Delete for good'));
  expect(t.people.ended).toEqual([costs]);
});

test('more than a page: Older and Newest, and words that are looked for', async () => {
  const t = await start();
  for (let i = 1; i <= 12; i += 1) await t.command('alice', 'personal', `new "Number ${i}"`);
  const first = await list(t);
  const older = (await t.press('alice', 'personal', button(first, 'Older'))).value;
  const names = (card: object) => JSON.stringify(card).match(/Number \d+(?="| {2})/g) ?? [];
  expect(new Set([...names(first), ...names(older)]).size).toBe(12);
  expect(names((await t.press('alice', 'personal', button(older, 'Newest'))).value)).toEqual(names(first));
  const search = button(first, 'Search names and tags');
  const hits = (await t.press('alice', 'personal', search, { find: 'number 12' })).value;
  expect(JSON.stringify(hits)).toContain('with “number 12”');
  expect(names(hits)).toEqual(['Number 12']);
});

test('History and search show what was said', async () => {
  const t = await start({
    talk: {
      lastTurns: async () => ({ turns: [{ question: 'how *many*?', answer: '', at: 0 }], more: true }),
      search: async (_actor, words, [session]) => ({
        hits: [
          { ...(session === undefined ? {} : { session }), source: 'talk', text: `… ${words} …`, at: 0 },
        ],
        partial: false,
      }),
    },
  });
  await named(t, 'Costs');
  const card = await list(t);
  const history = (await t.press('alice', 'personal', button(card, 'History', 'Costs'))).value;
  expect(JSON.stringify(history)).toContain('how \\\\*many\\\\*?');
  expect(JSON.stringify(history)).toContain('There are earlier questions than these.');
  const hits = (await t.press('alice', 'personal', button(card, 'Search what was said'), { find: 'wombats' }))
    .value;
  expect(JSON.stringify(hits)).toContain('… wombats …');
  expect(button(hits, 'Resume here', 'Costs')).toBeDefined();
});

test('what somebody is told of their conversations in a channel stands in their own chat; Resume works for the thread', async () => {
  const t = await start();
  const costs = await named(t, 'Secret costs');
  const { message } = await t.ask('alice', 'cloud', '@bot how many?');
  const said = await t.command('alice', 'cloud', '@bot sessions', message.id);
  expect(said.text).toBe('I have answered you in our own chat.');
  const card = cardIn(
    await eventually('the card', () =>
      t.teams.messages.findLast((one) => one.conversation === ALICES && one.activity.attachments),
    ),
  );
  const answer = await t.press('alice', 'personal', button(card, 'Resume there', 'Secret costs'));
  expect(JSON.stringify(answer.value)).toContain('Here we go on with “Secret costs”.');
  expect((await t.ask('alice', 'cloud', '@bot and now?', message.id)).session).toBe(costs);
  expect(t.writtenIn(message.conversation).join()).not.toContain('Secret');
  // In the chat itself nothing has changed.
  const tenant = t.teams.tenant;
  const key = { platform: 'teams', tenant, conversation: message.conversation } as const;
  const sender = { id: 'aaaaaaaa-1111-4111-8111-111111111111', tenant };
  const place = await t.people.places.placeOf(
    `teams:${tenant}:${sender.id}`,
    laneId({ ...key, thread: `${message.conversation};messageid=${message.id}` }, sender),
  );
  expect(place?.session).toBe(costs);
});

test('nobody gets hold of another’s conversations with a card of theirs', async () => {
  const t = await start();
  await named(t, 'Secret costs');
  const card = await list(t);
  const before = JSON.stringify(await t.people.directory.list(actor(t, 'a'), { most: 10 }));
  for (const one of buttonsOf(card)) {
    const answer = await t.press('bob', 'personal', one, { name: 'mine', find: 'costs' });
    expect(JSON.stringify(answer)).not.toContain('Secret');
  }
  expect(JSON.stringify(await t.people.directory.list(actor(t, 'a'), { most: 10 }))).toBe(before);
  expect((await t.ask('bob', 'personal', 'mine?')).session).not.toBe(JSON.parse(before).entries[0].id);
});

test('a place where the bot may not be used is none to resume in, whatever a card says', async () => {
  const t = await start({ rules: { conversations: { any: false, ids: new Set() } } });
  await named(t, 'Costs');
  await named(t, 'Rollout');
  const resume = button(await list(t), 'Resume here', 'Costs');
  const place = { at: '19:other@thread.tacv2;messageid=1' };
  expect(await t.press('alice', 'personal', resume, { place })).toMatchObject({
    statusCode: 403,
    type: 'application/vnd.microsoft.error',
  });
});

test('a press that could not be stored is answered with words that say what to do, and works the next time', async () => {
  let away = false;
  const t = await start({
    async actorOf(asker) {
      if (away) throw new Error('Redis is away');
      return chatActor(asker);
    },
  });
  await named(t, 'Costs');
  const archive = button(await list(t), 'Archive', 'Costs');
  away = true;
  const failed = await t.press('alice', 'personal', archive, {}, { id: 'f:1' });
  expect(failed).toMatchObject({ statusCode: 500, type: 'application/vnd.microsoft.error' });
  expect(failed.value.message).toContain('again in a minute');
  expect(JSON.stringify(failed)).not.toContain('Redis');
  away = false;
  const answer = await t.press('alice', 'personal', archive, {}, { id: 'f:2' });
  expect(JSON.stringify(answer.value)).toContain('“Costs” is archived.');
  expect(await t.press('alice', 'personal', archive, { id: '../x' })).toMatchObject({ statusCode: 400 });
});

test('the tasks ask what is predefined, once a press, for all to see who asked what', async () => {
  const t = await start();
  const { message } = await t.ask('alice', 'cloud', '@bot how many?');
  const card = cardIn(await t.command('alice', 'cloud', '@bot tasks', message.id));
  const count = button(card, 'Count instances');
  for (let i = 0; i < 2; i += 1)
    expect(await t.press('bob', 'cloud', count, {}, { id: 'f:2', root: message.id })).toMatchObject({
      value: expect.stringContaining('Asked.'),
    });
  const { turn } = await t.answer();
  expect(turn.message).toMatchObject({
    text: expect.stringContaining('How many EC2 instances'),
    sender: { id: 'bbbbbbbb-1111-4111-8111-111111111111' },
    key: { thread: `${message.conversation};messageid=${message.id}` },
  });
  await expect(t.answer()).rejects.toThrow('nothing waits');
  expect(t.writtenIn(message.conversation).filter((text) => text.startsWith('Bob Baker: '))).toHaveLength(1);
});

test('status shows what is at work with a Stop, which only its author can press', async () => {
  const t = await start();
  await t.teams.say('alice', 'group', '@bot how many?');
  const turn = await t.lanes.claim('worker');
  const card = cardIn(await t.command('alice', 'group', '@bot status'));
  const stop = button(card, 'Stop', 'how many?');
  expect(stop?.data).toEqual({ turn: turn?.id });
  expect((await t.press('bob', 'group', stop)).value).toContain('Only the person who asked');
  expect((await t.press('alice', 'group', stop)).value).toContain('Stopping.');
});

test('help names all commands, and has those as buttons that need no more words', async () => {
  const t = await start();
  await named(t, 'Costs');
  const help = cardIn(await t.command('alice', 'personal', 'help'));
  for (const name of ['sessions', 'resume', 'forget me']) expect(JSON.stringify(help)).toContain(name);
  expect(JSON.stringify(help)).not.toContain('/agent');
  const chat = () => t.teams.messages.filter((one) => one.conversation === ALICES && one.from === 'bot');
  const before = chat().length;
  await t.press('alice', 'personal', button(help, 'sessions'));
  const card = await eventually('the list', () => chat()[before]);
  expect(button(cardIn(card), 'Rename', 'Costs')).toBeDefined();
});

test('why something was withheld is said to whoever asks; that it was a mistake is put on record', async () => {
  const t = await start();
  const why = { verb: 'turn_why', data: { turn: 'turn-1' } };
  expect((await t.press('alice', 'personal', why)).value).toBe('A rule matched in turn-1.');
  const answer = await t.press('alice', 'personal', { verb: 'turn_dispute', data: { turn: 'turn-1' } });
  expect(JSON.stringify(answer.value)).toContain('I have put on record');
  expect(t.disputed).toEqual(['turn-1 aaaaaaaa-1111-4111-8111-111111111111']);
});

const actor = (t: TeamsConversations, digit: string) =>
  `teams:${t.teams.tenant}:${digit.repeat(8)}-1111-4111-8111-111111111111`;
