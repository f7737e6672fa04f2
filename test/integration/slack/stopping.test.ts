import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stopBlock } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
const NOTHING = 'Nothing of yours is at work here.';
let rig: ConversationsRig;
beforeEach(async () => {
  // Long enough for something else to happen before what failed comes again.
  rig = await startConversations('http', { slack: { retryDelaysMs: [300, 300] } });
});
afterEach(() => rig.close());

const claim = async () => {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  return turn;
};
/** A question of alice in #cloud that a worker has. */
async function atWork(text = 'how many?') {
  const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} ${text}`);
  return { ts, turn: await claim() };
}
const write = (user: string, text: string, threadTs?: string, channel = '#cloud') =>
  rig.slack.postAs(user, channel, text, threadTs === undefined ? {} : { threadTs });
const stopOf = async (turnId: string) => (await rig.lanes.read(turnId))?.stop;
const texts = async () => (await rig.turns()).map((turn) => turn.message.text);
/** Everything that goes on after the acknowledgements has happened. */
const idle = async () => {
  await rig.slack.deliveries.idle();
  await Promise.all(rig.ingresses.map((ingress) => ingress.close()));
};
const session = (ts: string) =>
  [...rig.slack.state.threads.values()].find((thread) => thread.threadTs === ts)?.session;

describe('the word stop', () => {
  it('in the thread ends what its author asked there, and is no question', async () => {
    const { ts, turn } = await atWork();
    await write('alice', 'stop', ts);
    expect(await stopOf(turn.id)).toBe('person');
    await eventually('the answer', () => rig.privateWords().length === 1);
    expect(rig.privateWords()).toEqual(['Stopping.']);
    const [note] = rig.slack.calls.filter((call) => call.method === 'chat.postEphemeral');
    expect(note?.args).toMatchObject({ user: rig.slack.people.person('alice').id, thread_ts: ts });
    expect(await texts()).toEqual(['how many?']);
  });

  it('with a mention arrives twice, and is heard and answered once', async () => {
    const { ts } = await atWork();
    await write('alice', 'and then?', ts);
    await write('alice', `${MENTION} stop`, ts);
    await idle();
    expect(rig.privateWords()).toEqual([
      'Stopping. One question still waits; write `stop all` to cancel that, too.',
    ]);
    expect((await rig.turns()).map((turn) => [turn.message.text, turn.stop])).toEqual([
      ['how many?', 'person'],
      ['and then?', undefined],
    ]);
  });

  it('that Slack delivers again does not stop the next question', async () => {
    const { ts, turn } = await atWork();
    await write('alice', 'and then?', ts);
    rig.slack.faults.add({ kind: 'lose_ack' });
    await write('alice', 'stop', ts);
    expect(await stopOf(turn.id)).toBe('person');
    await rig.endTurn(turn);
    const next = await claim();
    await rig.slack.deliveries.idle();
    expect(rig.slack.deliveries.records.at(-1)).toMatchObject({ attempt: 1, outcome: 200 });
    expect(await stopOf(next.id)).toBeUndefined();
    expect((await rig.lanes.renew([next])).stops.size).toBe(0);
  });

  it('is heard when Slack delivers it again because Redis was away', async () => {
    const { ts, turn } = await atWork();
    rig.failStops(1);
    await write('alice', 'stop', ts);
    await rig.slack.deliveries.idle();
    expect(await stopOf(turn.id)).toBe('person');
    await eventually('the answer', () => rig.privateWords().length === 1);
    expect(rig.privateWords()).toEqual(['Stopping.']);
  });

  it('all cancels what waits as well', async () => {
    const { ts, turn } = await atWork();
    for (const text of ['two', 'three']) await write('alice', text, ts);
    await write('alice', 'stop all', ts);
    await idle();
    expect(rig.privateWords()).toContain('Stopping. 2 questions that waited are cancelled.');
    expect(await stopOf(turn.id)).toBe('person');
    expect((await rig.turns()).map((one) => one.state)).toEqual(['running', 'stopped', 'stopped']);
  });

  it('of another person ends nothing, and is said to be about nothing only where the bot was named', async () => {
    const { ts, turn } = await atWork();
    await write('bob', 'stop', ts);
    expect(rig.ignored).toContain('no_mention');
    await write('bob', `${MENTION} stop`, ts);
    await idle();
    expect(rig.privateWords()).toEqual([NOTHING]);
    expect(await stopOf(turn.id)).toBeUndefined();
    expect(await texts()).toEqual(['how many?']);
  });

  it('at the top of a direct message, or of a channel, ends all that its author asked there', async () => {
    await write('alice', 'one', undefined, 'dm');
    await write('alice', 'two', undefined, 'dm');
    await write('alice', `${MENTION} elsewhere`);
    await write('bob', 'not mine', undefined, 'dm');
    const running = await claim();
    expect(running.message.text).toBe('one');
    await write('alice', 'stop', undefined, 'dm');
    const states = async () => (await rig.turns()).map((turn) => [turn.message.text, turn.state, turn.stop]);
    expect(await states()).toEqual([
      ['one', 'running', 'person'],
      ['two', 'stopped', undefined],
      ['elsewhere', 'queued', undefined],
      ['not mine', 'queued', undefined],
    ]);
    await write('alice', `${MENTION} stop`);
    expect((await states())[2]).toEqual(['elsewhere', 'stopped', undefined]);
    await idle();
    expect(rig.privateWords()).toEqual([
      'Stopping. One question that waited is cancelled.',
      'One question that waited is cancelled.',
    ]);
  });

  it('with a file is a question', async () => {
    await rig.slack.postAs('alice', 'dm', 'stop', { files: [{ name: 'a.txt', content: 'x' }] });
    expect(await texts()).toEqual(['stop']);
  });

  it('says that it is too late when the answer is complete', async () => {
    const { ts, turn } = await atWork();
    await rig.lanes.post(turn, { end: 'done', reason: 'answered', view: { text: 'Two.', tasks: [] } });
    await write('alice', 'stop', ts);
    await idle();
    expect(rig.privateWords()).toEqual(['The answer is complete already and is being shown.']);
    expect(await stopOf(turn.id)).toBeUndefined();
  });
});

describe('the word status', () => {
  it('says what is at work and what waits, once', async () => {
    const { ts } = await atWork('why is *prod* <slow>?');
    await write('alice', 'and dev?', ts);
    rig.slack.faults.add({ kind: 'duplicate_event' });
    await write('alice', `${MENTION} status`, ts);
    await idle();
    expect(rig.privateWords()).toEqual([
      expect.stringMatching(
        /^At work for \d+ s on “why is \*prod\* &lt;slow&gt;\?”\.\nOne question waits\.\nWrite `stop` to end it\.$/,
      ),
    ]);
  });

  it('is answered when Slack delivers it again because Redis was away', async () => {
    const { ts } = await atWork();
    rig.failStops(1);
    await write('alice', 'status', ts);
    await idle();
    expect(rig.privateWords()).toHaveLength(1);
  });
});

describe('/agent', () => {
  const say = (text: string, user = 'alice', channel = '#cloud') =>
    rig.slack.interactions.command({ user, channel, command: '/agent', text });
  const answers = () =>
    rig.slack.state.messages(rig.channelId('cloud')).flatMap((m) => (m.ephemeralFor ? [m.text] : []));

  it('knows the same words, for what its author asked in this channel', async () => {
    const { turn } = await atWork();
    await say('status');
    await say('stop', 'bob');
    expect(await stopOf(turn.id)).toBeUndefined();
    await say('Stop!');
    expect(await stopOf(turn.id)).toBe('person');
    expect(answers()).toEqual([expect.stringContaining('At work for'), NOTHING, 'Stopping.']);
  });

  it('explains itself for no word, for help, and for words it does not know', async () => {
    await say('');
    await say('help');
    await say('make <coffee>');
    const [none, help, unknown] = answers();
    expect(none).toContain('Ask me in your own words');
    expect(help).toBe(none);
    expect(unknown).toContain('I do not know the command “make &lt;coffee&gt;”.');
    expect(await texts()).toEqual([]);
  });
});

describe('Slack’s own Stop button', () => {
  it('ends what its presser asked in the thread, without a word: the reply says it', async () => {
    const { ts, turn } = await atWork();
    await rig.slack.people.stop('alice', '#cloud', ts);
    expect(await stopOf(turn.id)).toBe('person');
    await idle();
    expect(rig.privateWords()).toEqual([]);
  });

  it('that Slack reports twice does not stop the next question', async () => {
    const { ts, turn } = await atWork();
    await write('alice', 'and then?', ts);
    rig.slack.faults.add({ kind: 'lose_ack', event: 'agent_session_stopped' });
    await rig.slack.people.stop('alice', '#cloud', ts);
    await rig.endTurn(turn);
    const next = await claim();
    await rig.slack.deliveries.idle();
    expect(await stopOf(next.id)).toBeUndefined();
  });

  it('of another person ends nothing, and does not leave the session busy', async () => {
    const { ts, turn } = await atWork();
    await rig.slack.people.stop('bob', '#cloud', ts);
    await eventually('the session is idle', () => session(ts) === 'active');
    expect(rig.privateWords()).toEqual([NOTHING]);
    expect(await stopOf(turn.id)).toBeUndefined();
  });

  it('cancels what had not begun, and says so, because no worker will', async () => {
    const { ts } = await write('alice', `${MENTION} how many?`);
    await rig.slack.people.stop('alice', '#cloud', ts);
    await eventually('the session is idle', () => session(ts) === 'active');
    expect(rig.privateWords()).toEqual(['One question that waited is cancelled.']);
    expect(await rig.lanes.claim('worker')).toBeUndefined();
  });

  it('is heard when it is reported again because Redis was away', async () => {
    const { ts, turn } = await atWork();
    rig.failStops(1);
    await rig.slack.people.stop('alice', '#cloud', ts);
    await rig.slack.deliveries.idle();
    expect(await stopOf(turn.id)).toBe('person');
  });
});

describe('our Stop button', () => {
  const button = async (turnId: string, thread: string) => {
    const channel = rig.channelId('cloud');
    const blocks = [{ type: 'markdown', text: 'At it.' }, stopBlock(turnId)];
    return rig.post({ channel, thread_ts: thread, text: 'At it.', blocks });
  };
  const press = (user: string, ts: string) =>
    rig.slack.interactions.click({ user, channel: '#cloud', ts, actionId: 'turn_stop' });

  it('ends its turn for the person who asked, and for nobody else', async () => {
    const { ts, turn } = await atWork();
    const shown = await button(turn.id, ts);
    await press('bob', shown);
    expect(await stopOf(turn.id)).toBeUndefined();
    await press('alice', shown);
    expect(await stopOf(turn.id)).toBe('person');
    await idle();
    expect(rig.privateWords()).toEqual(['Only the person who asked can stop this.', 'Stopping.']);
  });

  it('that is left over from a turn that has ended stops nothing that came after', async () => {
    const { ts, turn } = await atWork();
    const shown = await button(turn.id, ts);
    await rig.endTurn(turn);
    await write('alice', 'and then?', ts);
    const next = await claim();
    await press('alice', shown);
    expect(await stopOf(next.id)).toBeUndefined();
    await idle();
    expect(rig.privateWords()).toEqual([NOTHING]);
  });
});

it('whoever may not use the bot cannot stop anything with it', async () => {
  await rig.close();
  const nobody = { any: false, ids: new Set<string>() };
  const anybody = { any: true, ids: new Set<string>() };
  rig = await startConversations('http', {
    rules: { tenants: anybody, conversations: anybody, people: nobody },
  });
  const { ts } = await write('alice', `${MENTION} stop`);
  await rig.slack.people.stop('alice', '#cloud', ts);
  await idle();
  expect(rig.ignored).toEqual(['person_not_allowed', 'person_not_allowed', 'person_not_allowed']);
});
