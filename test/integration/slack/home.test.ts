import { WebAPIPlatformError } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ComposedHome, composeHome } from '../../../src/main/home.ts';
import { createSlackClient } from '../../../src/slack/client.ts';
import { startHomePublisher } from '../../../src/slack/home-publisher.ts';
import { homeView } from '../../../src/slack/home-view.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { eventually } from '../../setup/eventually.ts';
import { conversationsInMemory, entry } from './conversations-in-memory.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';
import { UNPACED } from './slack-thread.ts';

const log = createLogger({ level: 'silent' });
let rig: ConversationsRig;
let held: ReturnType<typeof conversationsInMemory>;
let closers: (() => Promise<void>)[];
let composed: ComposedHome | undefined;

beforeEach(async () => {
  held = conversationsInMemory({
    U0ALICE00000: [entry(1, { name: 'Staging costs' }), entry(2, { name: 'Buckets' })],
  });
  composed = undefined;
  rig = await startConversations('http', {
    conversations: held.conversations,
    home: () => composed?.home,
  });
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  await rig.close();
});

/** A web process that publishes. */
function publishing(whoami = async () => ({ text: 'You are alice@example.com.', linked: true })) {
  composed = composeHome({
    homes: rig.homes,
    account: { whoami },
    conversations: held.conversations,
    operator: rig.operator,
    slack: createSlackClient({
      token: 'xoxb-test',
      apiUrl: rig.slack.apiUrl,
      timeoutMs: 5_000,
      observe: () => undefined,
    }),
    pacing: UNPACED,
    monotonic: () => performance.now(),
    log,
  });
  closers.push(composed.close);
}

const alice = () => rig.slack.people.person('alice');
const sender = () => ({ id: alice().id, tenant: alice().teamId });
const shown = () => JSON.stringify(rig.slack.state.homes.get(alice().id)?.content.blocks ?? []);
const published = () => rig.slack.calls.filter(({ method }) => method === 'views.publish').length;
const open = () => rig.slack.people.openHome('alice');
async function shows(text: string): Promise<void> {
  await eventually(`the Home says ${text}`, () => shown().includes(text));
  expect(shown()).toContain(text);
}
async function showsNo(text: string): Promise<void> {
  await eventually(`the Home says ${text} no more`, () => shown() !== '[]' && !shown().includes(text));
  expect(shown()).not.toContain(text);
}
async function press(actionId: string, value: string): Promise<void> {
  const viewId = rig.slack.state.homes.get(alice().id)?.id ?? '';
  await rig.slack.interactions.clickView({ user: 'alice', viewId, actionId, value });
}
const of = (id: string) => JSON.stringify({ id });
const modal = () => rig.slack.state.modals.get(alice().id)?.at(-1);
const modalSays = (text: string) =>
  eventually(`a modal says ${text}`, () => JSON.stringify(modal()?.content.blocks ?? []).includes(text));

describe('the App Home', () => {
  it('shows account, conversations, tasks and settings to whoever opens it', async () => {
    publishing();
    await open();
    await shows('alice@example.com');
    for (const text of ['Staging costs', 'Buckets', 'Count instances', 'Language of answers'])
      expect(shown()).toContain(text);
  });

  it('shows a question from when it is asked until it is answered, with a button that stops it', async () => {
    publishing();
    await open();
    await shows('Staging costs');
    await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer what does staging cost?');
    await shows('Waits since');
    const turn = await rig.lanes.claim('worker');
    if (!turn) throw new Error('nothing waits');
    await shows('At work since');
    await press('home_stop', turn.id);
    expect((await rig.lanes.renew([{ lane: turn.lane, fence: turn.fence }])).stops.get(turn.lane)).toBe(
      'person',
    );
    await rig.endTurn(turn);
    await showsNo('At work since');
  });

  it('shows also what was asked before it was opened, and nothing of others', async () => {
    publishing();
    await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer what does staging cost?');
    await rig.slack.postAs('bob', '#cloud', '@Cloud Engineer what does production cost?');
    await open();
    await shows('what does staging cost?');
    expect(shown()).not.toContain('production');
    const [turn] = await rig.turns();
    await rig.operator.stopTurn(turn?.id ?? '', { reason: 'person', by: 'alice' });
    await showsNo('what does staging cost?');
    expect(await rig.homes.turnsOf(sender())).toEqual([]);
  });

  it('shows what can be found out while the rest cannot, and is completed by itself', async () => {
    let away = true;
    publishing(async () => {
      if (away) throw new Error('Cognito is away');
      return { text: 'You are alice@example.com.', linked: true };
    });
    await open();
    await shows('I could not check who you are');
    expect(shown()).toContain('Staging costs');
    away = false;
    await shows('alice@example.com');
  });

  it('that nobody has looked at for an hour is left alone, whatever changes', async () => {
    await open();
    for (const due of await rig.homes.take()) await rig.homes.done(due, 'digest');
    await rig.openedHomeAt('alice', Date.now() - 3_700_000);
    await rig.homes.changed(sender());
    await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer hello?');
    expect(await rig.homes.turnsOf(sender())).toEqual([]);
    expect(await rig.dueHomes()).toBe(0);
    await rig.openedHomeAt('alice', Date.now());
    await rig.homes.changed(sender());
    expect(await rig.dueHomes()).toBe(1);
  });

  it('is published once for many changes, and not at all when nothing looks different', async () => {
    publishing();
    await open();
    await shows('Staging costs');
    const before = published();
    for (let i = 0; i < 20; i += 1) await rig.homes.changed(sender());
    await rig.homes.setLength(sender(), 'short');
    await shows('"initial_option":{"text":{"type":"plain_text","text":"Short"}');
    expect(published()).toBe(before + 1);
  });

  it('of somebody who never opened it is not published, and their turns carry nothing of it', async () => {
    publishing();
    await rig.slack.postAs('alice', '#cloud', '@Cloud Engineer hello?');
    const turn = await rig.lanes.claim('worker');
    if (!turn) throw new Error('nothing waits');
    await rig.endTurn(turn);
    expect(await rig.homes.take()).toEqual([]);
    expect(published()).toBe(0);
  });

  it('is published by one process at a time, and by another when that one is lost', async () => {
    await open();
    const [due, ...others] = await rig.homes.take();
    expect(others).toEqual([]);
    await rig.homes.changed(sender());
    expect(await rig.homes.take()).toEqual([]);
    if (!due) throw new Error('nobody is due');
    await rig.homes.done(due, 'digest');
    // What changed meanwhile is not forgotten.
    const again = await eventually('it is due again', async () => (await rig.homes.take())[0]);
    expect(again.view).toBe('digest');
  });

  it.each([
    ['fails', () => new Error('no answer'), ['again in 5000', 'again in 5000', 'shown']],
    [
      'refuses it',
      () => new WebAPIPlatformError({ ok: false, error: 'not_enabled' }),
      ['given up', 'given up'],
    ],
  ])('tries again when Slack fails, and not when Slack says no: it %s', async (_what, failure, expected) => {
    let failures = 2;
    const outcomes: string[] = [];
    const view = homeView({
      account: 'You are alice.',
      linked: undefined,
      running: [],
      sessions: undefined,
      settings: { language: 'auto', length: 'normal' },
    });
    const publisher = startHomePublisher({
      homes: {
        take: rig.homes.take,
        done: async (due, digest, againInMs) => {
          outcomes.push(digest !== '' ? 'shown' : againInMs ? `again in ${againInMs}` : 'given up');
          // No real wait in a test.
          await rig.homes.done(due, digest, againInMs ? 1 : 0);
        },
      },
      viewOf: async () => ({ view, complete: true }),
      callAside: async () => {
        failures -= 1;
        if (failures >= 0) throw failure();
        return { ok: true };
      },
      now: () => performance.now(),
      log,
    });
    closers.push(() => publisher.close());
    publisher.watched();
    await open();
    await eventually('the first try', () => outcomes.length > 0);
    // The next time that something changes is another chance.
    await rig.homes.changed(sender());
    await eventually('it came to that', () => outcomes.length === expected.length);
    expect(outcomes).toEqual(expected);
  });
});

describe('in the App Home', () => {
  beforeEach(async () => {
    publishing();
    await open();
    await shows('Staging costs');
  });

  it('a conversation is resumed for the next question in the direct message', async () => {
    await press('session_resume', of('tc-session-1'));
    await modalSays('I go on here in “Staging costs”.');
    const direct = rig.slack.state.channels.find(
      ({ kind, members }) => kind === 'im' && members.has(alice().id),
    );
    expect(held.placed).toEqual([{ person: alice().id, place: `${direct?.id}:`, session: 'tc-session-1' }]);
  });

  it('archiving, renaming and deleting are seen at once', async () => {
    await press('session_archive', of('tc-session-2'));
    await showsNo('Buckets');
    await press('session_rename', of('tc-session-1'));
    const form = await eventually('the form', modal);
    await rig.slack.interactions.submitView({
      user: 'alice',
      viewId: form.id,
      values: { name: { name: 'Staging, new' } },
    });
    await shows('Staging, new');
    await press('session_delete', of('tc-session-1'));
    await showsNo('Staging, new');
  });

  it('the history and a search open beside it', async () => {
    await press('session_history', of('tc-session-1'));
    await modalSays('An answer.');
    await rig.slack.interactions.closeView({ user: 'alice' });
    await press('sessions_search', '{}');
    await modalSays('Words'.toLowerCase());
    await rig.slack.interactions.submitView({
      user: 'alice',
      values: { words: { words: 'bucket' }, where: { where: 'names' } },
    });
    await modalSays('Your conversations with “bucket”');
    expect(JSON.stringify(modal()?.content.blocks)).toContain('Buckets');
  });

  it('what is set goes with the next question', async () => {
    await press('home_language', 'de');
    await press('home_length', 'detailed');
    await shows('Instanzen zählen');
    await rig.slack.postAs('alice', 'dm', 'Wie viele?');
    const turn = await rig.lanes.claim('worker');
    expect(turn).toMatchObject({ language: 'de', replyLength: 'detailed' });
  });

  it('a task is asked in the direct message', async () => {
    await press('task_count-instances', 'en:count-instances');
    const turn = await rig.lanes.claim('worker');
    expect(turn?.message).toMatchObject({ kind: 'direct', sender: sender() });
    expect(turn?.message.text).toContain('How many EC2 instances are running?');
  });
});

it('of what somebody has set and opened, nothing is left when they are erased', async () => {
  await open();
  await rig.homes.setLanguage(sender(), 'de');
  await rig.slack.postAs('alice', 'dm', 'Wie viele?');
  expect(await rig.homes.turnsOf(sender())).toHaveLength(1);
  await rig.homes.erase(sender());
  expect(await rig.homes.turnsOf(sender())).toEqual([]);
  expect(await rig.homes.take()).toEqual([]);
  expect(await rig.homes.settingsOf(sender())).toEqual({ language: 'auto', length: 'normal' });
  expect(await rig.homes.directMessageOf(sender())).toBeUndefined();
});
