import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
let rig: ConversationsRig;
beforeEach(async () => {
  // Long enough for something else to happen before what failed comes again.
  rig = await startConversations('http', { slack: { retryDelaysMs: [300, 300] } });
});
afterEach(() => rig.close());

const questions = async () => (await rig.turns()).map((turn) => [turn.state, turn.message.text]);
async function begin() {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  return turn;
}
const LATE = /answer is for the earlier text/;

describe('an edited question', () => {
  it('is asked as it reads now, however often it was changed while it waited', async () => {
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} how mny instances?`);
    await rig.slack.people.edit('alice', '#cloud', ts, `${MENTION} how many instances?`);
    await rig.slack.people.edit('alice', '#cloud', ts, `${MENTION} how many instances & why < 3?`);
    expect((await begin()).message).toMatchObject({
      text: 'how many instances & why < 3?',
      messageId: ts,
      addressed: true,
      sender: { id: rig.slack.people.person('alice').id },
    });
    expect(rig.privateWords()).toEqual([]);
  });

  it('is changed without a mention too, where it was asked without one', async () => {
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} first`);
    const second = await rig.slack.postAs('alice', '#cloud', 'secnd', { threadTs: ts });
    await rig.slack.people.edit('alice', '#cloud', second.ts, 'second');
    expect(await questions()).toEqual([
      ['queued', 'first'],
      ['queued', 'second'],
    ]);
  });

  it('that is being answered is left alone, and its author is told once', async () => {
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} how many instances?`);
    await begin();
    rig.slack.faults.add({ kind: 'duplicate_event' });
    await rig.slack.people.edit('alice', '#cloud', ts, `${MENTION} how many buckets?`);
    await rig.slack.deliveries.idle();
    await eventually('the note', () => rig.privateWords().length === 1);
    expect(rig.privateWords()[0]).toMatch(LATE);
    const [note] = rig.slack.calls.filter((call) => call.method === 'chat.postEphemeral');
    expect(note?.args).toMatchObject({ user: rig.slack.people.person('alice').id, thread_ts: ts });
    expect(await questions()).toEqual([['running', 'how many instances?']]);
  });

  it('that is being answered again after its worker was lost still counts as begun', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'how many instances?');
    await rig.lanes.release(await begin());
    await rig.slack.people.edit('alice', 'dm', ts, 'how many buckets?');
    await eventually('the note', () => rig.privateWords().length === 1);
    expect(await questions()).toEqual([['queued', 'how many instances?']]);
  });

  it('that was answered is history', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'how many instances?');
    await rig.endTurn(await begin());
    await rig.slack.people.edit('alice', 'dm', ts, 'how many buckets?');
    await Promise.all(rig.ingresses.map((ingress) => ingress.close()));
    // Answered: its words are no longer kept.
    expect(await questions()).toEqual([['done', '']]);
    expect(rig.privateWords()).toEqual([]);
  });

  it('reads as its newest edit, also when Slack delivers an older one later', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'one');
    // The first edit cannot be stored at first, and comes again after the second.
    rig.failAmends(1);
    await rig.slack.people.edit('alice', 'dm', ts, 'two');
    await rig.slack.people.edit('alice', 'dm', ts, 'three');
    await rig.slack.deliveries.idle();
    expect(rig.slack.deliveries.records.filter((one) => one.outcome === 503)).toHaveLength(1);
    expect(await questions()).toEqual([['queued', 'three']]);
  });

  it('of nobody’s concern starts nothing, not even by a mention that is put in', async () => {
    const { ts } = await rig.slack.postAs('alice', '#cloud', 'how many instances?');
    await rig.slack.people.edit('alice', '#cloud', ts, `${MENTION} how many instances?`);
    expect(await rig.turns()).toEqual([]);
    expect(rig.ignored).toContain('edit_of_no_question');
  });

  it('asked again by Retry is changed while the Retry waits', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'how mny?');
    const failed = await begin();
    await rig.lanes.finish(failed, 'failed', 'as the test wants it');
    await rig.retry(failed.id);
    await rig.slack.people.edit('alice', 'dm', ts, 'how many?');
    expect(await questions()).toEqual([
      ['failed', 'how mny?'],
      ['queued', 'how many?'],
    ]);
  });
});

describe('a deleted question', () => {
  it('is not answered, and the others keep their order', async () => {
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} one`);
    const two = await rig.slack.postAs('alice', '#cloud', 'two', { threadTs: ts });
    await rig.slack.postAs('alice', '#cloud', 'three', { threadTs: ts });
    rig.slack.faults.add({ kind: 'duplicate_event' });
    await rig.slack.people.remove('alice', '#cloud', two.ts);
    await rig.slack.deliveries.idle();
    const one = await begin();
    await rig.endTurn(one);
    const three = await begin();
    await rig.endTurn(three);
    expect([one.message.text, three.message.text]).toEqual(['one', 'three']);
    expect(await rig.lanes.claim('worker')).toBeUndefined();
    expect(await rig.lanes.depth()).toMatchObject({
      readyLanes: 0,
      turns: { queued: 0, running: 0, done: 2, stopped: 1 },
    });
  });

  it('that is being answered is answered to the end', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'one');
    await begin();
    await rig.slack.people.remove('alice', 'dm', ts);
    expect(await questions()).toEqual([['running', 'one']]);
  });

  it('does not come back when its delivery is repeated, although it could not be stored before', async () => {
    rig.failAccepts(1);
    const { ts } = await rig.slack.postAs('alice', 'dm', 'a secret');
    await rig.slack.people.remove('alice', 'dm', ts);
    await rig.slack.deliveries.idle();
    expect(rig.slack.deliveries.records.map((one) => one.outcome)).toContain(503);
    expect(await rig.turns()).toEqual([]);
  });

  it('takes its waiting Retry with it', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'one');
    const failed = await begin();
    await rig.lanes.finish(failed, 'failed', 'as the test wants it');
    await rig.retry(failed.id);
    await rig.slack.people.remove('alice', 'dm', ts);
    expect(await questions()).toEqual([
      ['failed', 'one'],
      ['stopped', 'one'],
    ]);
    expect(await rig.lanes.claim('worker')).toBeUndefined();
  });
});
