import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, type RigOptions, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
const open: ConversationsRig[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});
async function start(lanes: NonNullable<RigOptions['lanes']> = {}): Promise<ConversationsRig> {
  const rig = await startConversations('http', { lanes });
  open.push(rig);
  return rig;
}
/** Everything that goes on after the acknowledgements has happened. */
const idle = async (rig: ConversationsRig) => {
  await rig.slack.deliveries.idle();
  await Promise.all(rig.ingresses.map((ingress) => ingress.close()));
};
const states = async (rig: ConversationsRig) =>
  (await rig.turns()).map((turn) => [turn.message.text, turn.state]);

describe('while intake is paused', () => {
  it('a question is kept, its author is told once, with the reason as plain words; the process stays ready', async () => {
    const rig = await start();
    await rig.operator.pause('root', 'we move <!channel> & house');
    await rig.slack.postAs('alice', '#cloud', `${MENTION} how many?`);
    const ready = await fetch(`${rig.webUrl}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ready',
      intake: {
        paused: true,
        by: 'root',
        reason: 'we move <!channel> & house',
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    });
    await idle(rig);
    expect(rig.privateWords()).toEqual([
      'I am paused for now (we move &lt;!channel&gt; &amp; house). Your question is kept, and I answer it when I go on.',
    ]);
    expect(await states(rig)).toEqual([['how many?', 'received']]);
  });

  it('says nothing of a reason where there is none', async () => {
    const rig = await start();
    await rig.operator.pause('root', '');
    await rig.slack.postAs('alice', 'dm', 'how many?');
    await eventually('the note', () => rig.privateWords().length === 1);
    expect(rig.privateWords()[0]).toBe(
      'I am paused for now. Your question is kept, and I answer it when I go on.',
    );
    await rig.operator.resume();
    const { intake } = (await (await fetch(`${rig.webUrl}/readyz`)).json()) as { intake: string };
    expect(intake).toBe('open');
  });
});

describe('a quota', () => {
  it('of a person that is used up is said once, with the time to wait', async () => {
    const rig = await start({ personPerHour: 2 });
    for (const text of ['one', 'two', 'three'])
      await rig.slack.postAs('alice', '#cloud', `${MENTION} ${text}`);
    await rig.slack.postAs('bob', '#cloud', `${MENTION} mine`);
    await idle(rig);
    expect((await states(rig)).map(([text]) => text)).toEqual(['one', 'two', 'mine']);
    expect(rig.privateWords()).toEqual([
      expect.stringMatching(
        /^You have asked as much as is allowed in an hour, so I did not take this question\. Ask it again in (29 min \d+ s|30 min 0 s)\.$/,
      ),
    ]);
  });

  it('of a workspace says whose it is', async () => {
    const rig = await start({ tenantPerHour: 1 });
    await rig.slack.postAs('alice', 'dm', 'one');
    await rig.slack.postAs('bob', 'dm', 'two');
    await idle(rig);
    expect(rig.privateWords()).toEqual([expect.stringMatching(/^Your workspace has asked as much/)]);
  });
});

describe('LANE_POLICY', () => {
  it('latest says that earlier questions were set aside', async () => {
    const rig = await start({ policy: 'latest' });
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} one`);
    await rig.lanes.claim('worker');
    for (const text of ['two', 'three']) await rig.slack.postAs('alice', '#cloud', text, { threadTs: ts });
    await idle(rig);
    expect(rig.privateWords()).toEqual([
      'Only your newest question in this thread is answered; the ones that still waited are set aside.',
    ]);
    expect(await states(rig)).toEqual([
      ['one', 'running'],
      ['two', 'stopped'],
      ['three', 'queued'],
    ]);
  });

  it('interrupt stops what is being answered for the newest question', async () => {
    const rig = await start({ policy: 'interrupt' });
    const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} one`);
    const turn = await rig.lanes.claim('worker');
    await rig.slack.postAs('alice', '#cloud', 'two', { threadTs: ts });
    await rig.slack.deliveries.idle();
    expect((await rig.lanes.read(turn?.id ?? ''))?.stop).toBe('newer_question');
    expect(await states(rig)).toEqual([
      ['one', 'running'],
      ['two', 'queued'],
    ]);
  });
});
