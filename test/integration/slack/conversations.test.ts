import { afterEach, describe, expect, it } from 'vitest';
import { waitingText } from '../../../src/slack/waiting-note.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, type RigOptions, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
const open: ConversationsRig[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

async function start(options: RigOptions = {}): Promise<ConversationsRig> {
  const rig = await startConversations('http', options);
  open.push(rig);
  return rig;
}
const keys = async (rig: ConversationsRig) => (await rig.turns()).map((turn) => turn.message.key);
const texts = async (rig: ConversationsRig) => (await rig.turns()).map((turn) => turn.message.text);

/** Ends the first question in line, as a worker does. */
async function answer(rig: ConversationsRig): Promise<void> {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  await rig.endTurn(turn);
}

describe('where people talk', () => {
  it.each(['#cloud', 'incident-room', '#partners'])(
    'a mention in %s is a question in its own thread',
    async (channel) => {
      const rig = await start();
      const { ts } = await rig.slack.postAs('alice', channel, `${MENTION} how many?`);
      expect(await keys(rig)).toEqual([
        {
          platform: 'slack',
          tenant: rig.slack.state.team.id,
          conversation: rig.channelId(channel.replace('#', '')),
          thread: ts,
        },
      ]);
      expect((await rig.turns())[0]?.opensThread).toBe(true);
    },
  );

  it('in a channel shared with another company only our own people are answered', async () => {
    const rig = await start();
    await rig.slack.postAs('external', '#partners', `${MENTION} what is your account id?`);
    expect(await rig.turns()).toEqual([]);
    expect(rig.ignored).toEqual(['external_person', 'external_person']);
  });

  it('each direct message at the top begins a thread; what is written in it goes on there', async () => {
    const rig = await start();
    const one = await rig.slack.postAs('alice', 'dm', 'first');
    const two = await rig.slack.postAs('alice', 'dm', 'second');
    await rig.slack.postAs('alice', 'dm', 'more of the first', { threadTs: one.ts });
    expect((await keys(rig)).map((key) => key.thread)).toEqual([one.ts, two.ts, one.ts]);
    expect((await rig.turns()).map((turn) => turn.opensThread)).toEqual([true, true, undefined]);
  });

  it('a group of people is answered when it names the bot, and in its threads', async () => {
    const rig = await start();
    const channel = 'mpdm-alice--bob--cloud-engineer-1';
    await rig.slack.postAs('alice', channel, 'between us');
    const { ts } = await rig.slack.postAs('alice', channel, `${MENTION} and you?`);
    await rig.slack.postAs('bob', channel, 'I ask as well', { threadTs: ts });
    expect(await texts(rig)).toEqual(['and you?', 'I ask as well']);
    expect((await rig.turns()).map((turn) => turn.message.kind)).not.toContain('direct');
  });
});

describe('follow-ups', () => {
  it('need no mention once the bot was called into a thread of people, by whoever', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', 'the deploy hangs');
    await rig.slack.postAs('bob', '#cloud', 'again?', { threadTs: ts });
    expect(await rig.turns()).toEqual([]);
    await rig.slack.postAs('alice', '#cloud', `${MENTION} why?`, { threadTs: ts });
    await rig.slack.postAs('bob', '#cloud', 'since when?', { threadTs: ts });
    await rig.slack.postAs('bob', '#cloud', `<@${rig.slack.people.person('alice').id}> look`, {
      threadTs: ts,
    });
    expect(await texts(rig)).toEqual(['why?', 'since when?']);
    // Only the first is the name of the thread.
    expect((await rig.turns()).map((turn) => turn.opensThread)).toEqual([true, undefined]);
  });

  it('are taken days later, when nothing is left of the first question but the thread', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await answer(rig);
    await rig.forget(['claim', 'turn']);
    await rig.slack.postAs('alice', '#cloud', 'and now?', { threadTs: ts });
    expect(await texts(rig)).toEqual(['and now?']);
  });

  it('need a mention everywhere but in direct messages with SLACK_FOLLOW_UPS=mention', async () => {
    const rig = await start({ followUps: 'mention' });
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await rig.slack.postAs('alice', '#cloud', 'unnamed', { threadTs: ts });
    await rig.slack.postAs('alice', '#cloud', `${MENTION} named`, { threadTs: ts });
    const direct = await rig.slack.postAs('alice', 'dm', 'direct');
    await rig.slack.postAs('alice', 'dm', 'direct, again', { threadTs: direct.ts });
    expect(await texts(rig)).toEqual(['first', 'named', 'direct', 'direct, again']);
  });
});

describe('a question behind another', () => {
  const status = (rig: ConversationsRig, ts: string) =>
    [...rig.slack.state.threads.values()].find((thread) => thread.threadTs === ts)?.status;

  it('is told its place in the thread, after it was stored', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await rig.lanes.claim('worker');
    await rig.slack.postAs('alice', '#cloud', 'second', { threadTs: ts });
    expect(rig.slack.deliveries.records.at(-1)?.outcome).toBe(200);
    await eventually('the place', () => status(rig, ts) === waitingText(2));
    expect(waitingText(2)).toContain('number 2 in this thread');
  });

  it('is told nothing when its turn comes at once', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await rig.slack.postAs('alice', '#cloud', 'second', { threadTs: ts });
    await answer(rig);
    await rig.lanes.claim('worker');
    await Promise.all(rig.ingresses.map((ingress) => ingress.close()));
    expect(rig.slack.calls.map((call) => call.method)).toEqual(['auth.test']);
  });

  it('says only the place of the last when several are asked in a row', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await rig.lanes.claim('worker');
    for (const text of ['second', 'third', 'fourth'])
      await rig.slack.postAs('alice', '#cloud', text, { threadTs: ts });
    await eventually('the place', () => status(rig, ts) === waitingText(4));
    const calls = rig.slack.calls.filter((call) => call.method === 'assistant.threads.setStatus');
    expect(calls).toHaveLength(1);
  });

  it('is no more announced when it is deleted', async () => {
    const rig = await start();
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    await rig.lanes.claim('worker');
    const second = await rig.slack.postAs('alice', '#cloud', 'second', { threadTs: ts });
    await eventually('the place', () => status(rig, ts) === waitingText(2));
    await rig.slack.people.remove('alice', '#cloud', second.ts);
    await eventually('the place is gone', () => status(rig, ts) === '');
    expect(status(rig, ts)).toBe('');
  });
});
