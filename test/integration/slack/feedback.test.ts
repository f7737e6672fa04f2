import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/slack/json.ts';
import { markerOf, noticeBlocks } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
let rig: ConversationsRig;
beforeEach(async () => {
  rig = await startConversations('http');
});
afterEach(() => rig.close());

const idle = () => Promise.all(rig.ingresses.map((ingress) => ingress.close()));
const who = (name: string) => {
  const person = rig.slack.people.person(name);
  return `${person.teamId}:${person.id}`;
};

/** An answered question in #cloud, with the bot's message under it. */
async function answered(
  below: readonly Json[] = [],
): Promise<{ turnId: string; ts: string; thread: string }> {
  const { ts: thread } = await rig.slack.postAs('alice', '#cloud', `${MENTION} how many?`);
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  await rig.endTurn(turn);
  const ts = await rig.post({
    channel: rig.channelId('cloud'),
    thread_ts: thread,
    text: 'Two.',
    blocks: [{ type: 'markdown', text: 'Two.' }, ...below],
    metadata: markerOf(turn.id, 0),
  });
  return { turnId: turn.id, ts, thread };
}

describe('a reaction to an answer', () => {
  it.each([
    ['+1', 'up'],
    ['thumbsdown', 'down'],
    ['-1::skin-tone-4', 'down'],
  ])('%s is recorded as %s, with private thanks', async (name, value) => {
    const { turnId, ts, thread } = await answered();
    await rig.slack.people.react('bob', '#cloud', ts, name);
    await eventually('thanks', () => rig.privateWords().length === 1);
    expect(await rig.feedback(turnId)).toMatchObject({ [who('bob')]: value });
    const [thanks] = rig.slack.calls.filter((call) => call.method === 'chat.postEphemeral');
    expect(thanks?.args).toMatchObject({ user: rig.slack.people.person('bob').id, thread_ts: thread });
  });

  it('that Slack delivers twice is thanked for once; a changed mind counts', async () => {
    const { turnId, ts } = await answered();
    rig.slack.faults.add({ kind: 'duplicate_event', event: 'reaction_added' });
    await rig.slack.people.react('bob', '#cloud', ts, '-1');
    await rig.slack.deliveries.idle();
    await eventually('thanks', () => rig.privateWords().length === 1);
    await rig.slack.people.react('bob', '#cloud', ts, '+1');
    await eventually('thanks again', () => rig.privateWords().length === 2);
    await idle();
    expect(rig.privateWords()).toHaveLength(2);
    expect(await rig.feedback(turnId)).toMatchObject({ [who('bob')]: 'up' });
  });

  it('of another kind, or to a message of somebody else, is none', async () => {
    const { turnId, ts, thread } = await answered();
    await rig.slack.people.react('bob', '#cloud', ts, 'tada');
    await rig.slack.people.react('bob', '#cloud', thread, '+1');
    const foreign = await rig.post({ channel: rig.channelId('cloud'), text: 'unmarked' });
    await rig.slack.people.react('bob', '#cloud', foreign, '+1');
    await idle();
    expect(await rig.feedback(turnId)).toEqual({});
    expect(rig.privateWords()).toEqual([]);
    expect(rig.ignored.filter((why) => why === 'no_feedback')).toHaveLength(3);
  });

  it('of somebody from another company is not taken', async () => {
    const { ts: thread } = await rig.slack.postAs('alice', '#partners', `${MENTION} how many?`);
    const turn = await rig.lanes.claim('worker');
    const turnId = turn?.id ?? '';
    const ts = await rig.post({
      channel: rig.channelId('partners'),
      thread_ts: thread,
      text: 'Two.',
      metadata: markerOf(turnId, 0),
    });
    await rig.slack.people.react('external', '#partners', ts, '-1');
    await idle();
    expect(await rig.feedback(turnId)).toEqual({});
    expect(rig.ignored).toContain('external_person');
  });

  it('offers to say why, and keeps the words', async () => {
    const { turnId, ts } = await answered();
    const bob = rig.slack.people.person('bob');
    await rig.slack.people.react('bob', '#cloud', ts, '-1');
    const offer = await rig.slack.waitFor(
      (state) => state.messages(rig.channelId('cloud')).find((message) => message.ephemeralFor === bob.id),
      5_000,
    );
    const clicked = await rig.slack.interactions.click({ user: 'bob', channel: '#cloud', ts: offer.ts });
    expect(clicked.status).toBe(200);
    const modal = await rig.slack.waitFor((state) => state.modals.get(bob.id)?.[0], 5_000);
    const values = { reason: { reason: '  Out of date.  ' } };
    await rig.slack.interactions.submitView({ user: 'bob', viewId: modal.id, values });
    expect(await rig.feedback(turnId)).toMatchObject({
      [who('bob')]: 'down',
      [`${who('bob')}/reason`]: 'Out of date.',
    });
  });
});

describe('an answer that was withheld', () => {
  it('says why to whoever asks', async () => {
    const notice = { code: 'answer_blocked' as const, text: 'Withheld.', retry: false };
    const { ts } = await answered(noticeBlocks(notice, 'turn-1'));
    const pressed = await rig.slack.interactions.click({
      user: 'bob',
      channel: '#cloud',
      ts,
      actionId: 'turn_why',
    });
    expect(pressed.status).toBe(200);
    await eventually('the explanation', () => rig.privateWords().length === 1);
    expect(rig.privateWords()).toEqual(['A rule of your organisation matched.']);
  });

  it('can be called a mistake', async () => {
    const notice = { code: 'question_blocked' as const, text: 'Withheld.', retry: false };
    const { ts } = await answered(noticeBlocks(notice, 'turn-1'));
    await rig.slack.interactions.click({
      user: 'bob',
      channel: '#cloud',
      ts,
      actionId: 'turn_dispute',
    });
    await eventually('the thanks', () => rig.privateWords().length === 1);
    expect(rig.privateWords()[0]).toContain('I have put on record');
  });
});
