import { expect, test } from 'vitest';
import { startBoltApp } from './bolt-app.ts';
import { channelId } from './workspace.ts';

test('an unchanged Bolt app accepts the deliveries, replies, and hears the click and the command', async () => {
  const heard: string[] = [];
  const slack = await startBoltApp((app) => {
    app.event('app_mention', async ({ event, say }) => {
      heard.push(event.type);
      await say({
        thread_ts: event.ts,
        text: 'Again?',
        blocks: [
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: 'again', text: { type: 'plain_text', text: 'Again' } }],
          },
        ],
      });
    });
    app.action('again', async ({ ack, respond }) => {
      await ack();
      await respond({ replace_original: true, text: 'Done again' });
    });
    app.command('/agent', async ({ ack, command }) => {
      await ack({ text: `You said ${command.text}` });
    });
  });

  const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer hello');
  const reply = await slack.waitFor(() => slack.thread('#cloud', ts)[1], 5000);
  expect(heard).toEqual(['app_mention']);
  expect(await slack.interactions.click({ user: 'alice', channel: '#cloud', ts: reply.ts })).toEqual({
    status: 200,
  });
  await slack.waitFor(() => slack.thread('#cloud', ts)[1]?.text === 'Done again', 5000);
  await slack.interactions.command({ user: 'alice', channel: '#cloud', command: '/agent', text: 'sessions' });
  const last = slack.state.messages(channelId(slack, 'cloud')).at(-1);
  expect(last).toMatchObject({ text: 'You said sessions', ephemeralFor: 'U0ALICE00000' });
});
