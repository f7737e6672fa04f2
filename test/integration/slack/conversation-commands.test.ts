import { afterEach, expect, it } from 'vitest';
import { laneId } from '../../../src/chat/keys.ts';
import { eventually } from '../../setup/eventually.ts';
import { type ConversationsRig, startConversations } from './conversations-rig.ts';

const MENTION = '@Cloud Engineer';
const open: ConversationsRig[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()));
});

async function start() {
  const rig = await startConversations('http');
  open.push(rig);
  const channel = rig.channelId('cloud');
  const alice = rig.slack.people.person('alice').id;
  const tenant = rig.slack.state.team.id;
  return {
    ...rig,
    alice: { id: alice, tenant },
    keyOf: (thread: string) => ({ platform: 'slack', tenant, conversation: channel, thread }) as const,
    whispers: () =>
      rig.slack.state
        .messages(channel)
        .filter(({ ephemeralFor }) => ephemeralFor === alice)
        .map(({ text }) => text),
    questions: async () => (await rig.turns()).map(({ message }) => message.text),
  };
}

it('the two events of one `new`, and their redelivery, begin one conversation', async () => {
  const rig = await start();
  const { ts } = await rig.slack.postAs('alice', '#cloud', `${MENTION} how many?`);
  rig.slack.faults.add({ kind: 'duplicate_event', times: 2 });
  await rig.slack.postAs('alice', '#cloud', `${MENTION} new`, { threadTs: ts });
  await rig.slack.deliveries.idle();
  await eventually('an answer', () => rig.whispers()[0]);
  const lane = laneId(rig.keyOf(ts), rig.alice);
  expect(await rig.conversations.places.placeOf(`slack:${rig.alice.tenant}:${rig.alice.id}`, lane)).toEqual({
    generation: 1,
    fresh: true,
  });
  expect(rig.whispers()).toEqual([expect.stringContaining('this is a new conversation')]);
});

it('`resume` with words that name no conversation is a question', async () => {
  const rig = await start();
  await rig.slack.postAs('alice', '#cloud', `${MENTION} resume the rollout in eu-west-1`);
  expect(await rig.questions()).toEqual(['resume the rollout in eu-west-1']);
  await rig.conversations.conversations.startNew(
    { key: rig.keyOf('9.0'), sender: rig.alice },
    'the rollout in eu-west-1',
  );
  await rig.slack.postAs('alice', '#cloud', `${MENTION} resume the rollout in eu-west-1`);
  expect(await eventually('an answer', () => rig.whispers()[0])).toContain(
    'Your next question here goes on in',
  );
  expect(await rig.questions()).toHaveLength(1);
});

it('what people write to each other in a thread without the bot is no command', async () => {
  const rig = await start();
  const { ts } = await rig.slack.postAs('bob', '#cloud', 'who has time?');
  for (const word of ['new', 'sessions', 'archive'])
    await rig.slack.postAs('alice', '#cloud', word, { threadTs: ts });
  await rig.slack.deliveries.idle();
  expect(rig.whispers()).toEqual([]);
  expect(rig.ignored.filter((why) => why === 'no_mention').length).toBeGreaterThanOrEqual(3);
});

it('/agent takes names as they are, and says what may have been meant', async () => {
  const rig = await start();
  const say = (text: string) =>
    rig.slack.interactions.command({ user: 'alice', channel: '#cloud', command: '/agent', text });
  await say('new Staging costs');
  await say('sessions staging');
  await say('sesions');
  await say('rename');
  expect(rig.whispers()).toEqual([
    expect.stringContaining('“Staging costs”'),
    expect.stringContaining('1. Staging costs'),
    expect.stringContaining('Did you mean `sessions [words]`?'),
    expect.stringContaining('`rename &lt;name&gt;`'),
  ]);
});
