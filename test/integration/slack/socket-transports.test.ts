import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feedbackBlocks } from '../../../src/slack/feedback-blocks.ts';
import { markerOf, noticeBlocks } from '../../../src/slack/render.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations, type Transport } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';

/** The bot's reply to a question, as a worker would have left it, with whatever stands below its text. */
async function reply(rig: ConversationsRig, below: readonly object[], turnId: string): Promise<string> {
  const turn = (await rig.turns()).find((one) => one.id === turnId);
  return rig.post({
    channel: turn?.message.key.conversation,
    thread_ts: turn?.message.key.thread,
    text: 'Two.',
    blocks: [{ type: 'markdown', text: 'Two.' }, ...below],
    metadata: markerOf(turnId, 0),
  });
}

async function end(rig: ConversationsRig): Promise<string> {
  const turn = await rig.lanes.claim('worker');
  if (!turn) throw new Error('nothing waits');
  await rig.lanes.finish(turn, 'failed', 'as the test wants it');
  return turn.id;
}

describe.each<Transport>(['http', 'socket'])('over %s', (transport) => {
  let rig: ConversationsRig;
  beforeEach(async () => {
    rig = await startConversations(transport);
  });
  afterEach(() => rig.close());

  it('a mention in a channel is one question, acknowledged twice', async () => {
    await rig.slack.postAs('alice', '#cloud', `${MENTION} how many instances?`);
    await rig.slack.deliveries.idle();
    expect((await rig.turns()).map((turn) => turn.message.text)).toEqual(['how many instances?']);
    expect(rig.slack.deliveries.records.map((one) => [one.name, one.attempt, one.outcome])).toEqual([
      ['app_mention', 0, 200],
      ['message', 0, 200],
    ]);
  });

  it('a direct message is a question', async () => {
    await rig.slack.postAs('alice', 'dm', 'how many buckets?');
    expect((await rig.turns()).map((turn) => turn.message.kind)).toEqual(['direct']);
  });

  it('what Slack delivers twice is one question', async () => {
    rig.slack.faults.add({ kind: 'duplicate_event', times: 2 });
    await rig.slack.postAs('alice', '#cloud', `${MENTION} once only`);
    await rig.slack.deliveries.idle();
    expect(rig.slack.deliveries.records.length).toBeGreaterThan(2);
    expect(await rig.turns()).toHaveLength(1);
  });

  it('what could not be stored is not acknowledged, comes again, and becomes one question', async () => {
    rig.failAccepts(2);
    await rig.slack.postAs('alice', 'dm', 'keep this');
    expect(await rig.turns()).toEqual([]);
    await rig.slack.deliveries.idle();
    expect((await rig.turns()).map((turn) => turn.message.text)).toEqual(['keep this']);
    const outcomes = rig.slack.deliveries.records.map((one) => one.outcome);
    const refused = transport === 'http' ? 503 : 'http_timeout';
    expect(outcomes).toEqual([refused, refused, 200]);
  });

  it('an acknowledgement that got lost makes no second question', async () => {
    rig.slack.faults.add({ kind: 'lose_ack' });
    await rig.slack.postAs('alice', 'dm', 'once only');
    await rig.slack.deliveries.idle();
    expect(rig.slack.deliveries.records).toHaveLength(2);
    expect(await rig.turns()).toHaveLength(1);
  });

  it('is acknowledged only after the question is stored', async () => {
    const held = rig.holdAccept();
    const posted = rig.slack.postAs('alice', 'dm', 'wait for it');
    await held.reached;
    expect(rig.slack.deliveries.records).toEqual([]);
    held.release();
    await posted;
    expect(rig.slack.deliveries.records.map((one) => one.outcome)).toEqual([200]);
    expect(await rig.turns()).toHaveLength(1);
  });

  it('Retry asks again, and its button goes away', async () => {
    await rig.slack.postAs('alice', '#cloud', `${MENTION} fail`);
    const turnId = await end(rig);
    const notice = { code: 'internal' as const, text: 'That failed.', retry: true };
    const ts = await reply(rig, noticeBlocks(notice, turnId), turnId);
    const channel = rig.channelId('cloud');
    const pressed = await rig.slack.interactions.click({ user: 'alice', channel: '#cloud', ts });
    expect(pressed.status).toBe(200);
    expect(await rig.turns()).toHaveLength(2);
    const [turn] = await rig.turns();
    const shown = () =>
      rig.slack.thread(channel, turn?.message.key.thread ?? '').find((message) => message.ts === ts);
    await rig.slack.waitFor(() => !JSON.stringify(shown()?.blocks).includes('turn_retry'), 5_000);
    const message = shown();
    // Everything else stays as it was.
    expect(message?.blocks.map((block) => block.type)).toEqual(['markdown', 'section']);
    expect(message?.text).toBe('Two.');
    expect(message?.metadata).toEqual(markerOf(turnId, 0));
  });

  it('a Retry that cannot be stored is not acknowledged, and its button stays', async () => {
    await rig.slack.postAs('alice', 'dm', 'fail');
    const turnId = await end(rig);
    const notice = { code: 'internal' as const, text: 'That failed.', retry: true };
    const ts = await reply(rig, noticeBlocks(notice, turnId), turnId);
    rig.failAccepts(1);
    const pressed = await rig.slack.interactions.click({ user: 'alice', channel: 'dm', ts });
    expect(pressed.status).toBe(transport === 'http' ? 503 : undefined);
    expect(rig.slack.calls.filter((call) => call.method === 'chat.update')).toEqual([]);
  });

  it('/agent answers in private', async () => {
    const answered = await rig.slack.interactions.command({
      user: 'alice',
      channel: '#cloud',
      command: '/agent',
      text: 'help',
    });
    expect(answered.status).toBe(200);
    const shown = rig.slack.state.messages(rig.channelId('cloud'));
    expect(shown.at(-1)).toMatchObject({
      ephemeralFor: rig.slack.people.person('alice').id,
      text: expect.stringContaining('mention me'),
    });
  });

  it('a waiting question is edited and deleted', async () => {
    const one = await rig.slack.postAs('alice', 'dm', 'how many bukets?');
    const two = await rig.slack.postAs('alice', 'dm', 'how many instances?');
    await rig.slack.people.edit('alice', 'dm', one.ts, 'how many buckets?');
    await rig.slack.people.remove('alice', 'dm', two.ts);
    expect((await rig.turns()).map((turn) => [turn.state, turn.message.text])).toEqual([
      ['queued', 'how many buckets?'],
      ['stopped', 'how many instances?'],
    ]);
  });

  it('an edit that cannot be stored comes again', async () => {
    const { ts } = await rig.slack.postAs('alice', 'dm', 'how many bukets?');
    rig.failAmends(1);
    await rig.slack.people.edit('alice', 'dm', ts, 'how many buckets?');
    await rig.slack.deliveries.idle();
    expect((await rig.turns()).map((turn) => turn.message.text)).toEqual(['how many buckets?']);
  });

  it('a thumb down asks for the reason, and keeps it', async () => {
    await rig.slack.postAs('alice', '#cloud', `${MENTION} how many?`);
    const turnId = await end(rig);
    const ts = await reply(rig, feedbackBlocks(turnId), turnId);
    const value = `down:${turnId}`;
    const actionId = 'turn_feedback';
    const pressed = await rig.slack.interactions.click({
      user: 'bob',
      channel: '#cloud',
      ts,
      actionId,
      value,
    });
    expect(pressed.status).toBe(200);
    const bob = rig.slack.people.person('bob');
    const modal = await rig.slack.waitFor((state) => state.modals.get(bob.id)?.[0], 5_000);
    const submitted = await rig.slack.interactions.submitView({
      user: 'bob',
      viewId: modal.id,
      values: { reason: { reason: 'It counted the stopped ones.' } },
    });
    expect(submitted.result).toBe('taken');
    expect(rig.slack.state.modals.get(bob.id) ?? []).toEqual([]);
    const who = `${bob.teamId}:${bob.id}`;
    expect(await rig.feedback(turnId)).toEqual({
      [who]: 'down',
      [`${who}/at`]: expect.stringMatching(/^\d{13}$/),
      [`${who}/reason`]: 'It counted the stopped ones.',
    });
    await eventually('thanks', () => rig.privateWords().includes('Thanks, that helps.'));
    expect(rig.logged.join('')).not.toContain('stopped ones');
  });
});
