import type { App } from '@slack/bolt';
import type { ViewsOpenArguments } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { startBoltApp } from './bolt-app.ts';
import { errorOf, startClock, startWorkspace } from './workspace.ts';

type ModalView = Extract<ViewsOpenArguments['view'], { type: 'modal' }>;

const ALICE = 'U0ALICE00000';
const plain = (text: string) => ({ type: 'plain_text' as const, text });

function form(more: Partial<ModalView> = {}): ModalView {
  return {
    type: 'modal',
    callback_id: 'rename',
    title: plain('Rename'),
    submit: plain('Save'),
    blocks: [
      {
        type: 'input',
        block_id: 'name',
        label: plain('Name'),
        element: { type: 'plain_text_input', action_id: 'text', max_length: 20 },
      },
      {
        type: 'input',
        block_id: 'size',
        optional: true,
        label: plain('Size'),
        element: {
          type: 'static_select',
          action_id: 'pick',
          options: [
            { text: plain('Small'), value: 's' },
            { text: plain('Large'), value: 'l' },
          ],
        },
      },
    ],
    ...more,
  };
}

/** Opens `view` for whoever runs the shortcut. */
const opensOnShortcut = (app: App, view = form()) =>
  app.shortcut('new_form', async ({ ack, client, shortcut }) => {
    await ack();
    await client.views.open({ trigger_id: shortcut.trigger_id, view });
  });

const SHORTCUTS = [
  { name: 'New form', callbackId: 'new_form', type: 'global' as const },
  { name: 'Explain this', callbackId: 'explain', type: 'message' as const },
];

describe('a modal that Bolt opens', () => {
  test('is not sent while a required field is empty, keeps what the app refuses, and closes when it is taken', async () => {
    const seen: unknown[] = [];
    const slack = await startBoltApp(
      (app) => {
        opensOnShortcut(app);
        app.view('rename', async ({ ack, view }) => {
          seen.push(view.state.values);
          const name = view.state.values.name?.text?.value;
          if (name === 'taken') await ack({ response_action: 'errors', errors: { name: 'Is in use' } });
          else await ack();
        });
      },
      { shortcuts: SHORTCUTS },
    );
    await slack.interactions.shortcut({ user: 'alice', callbackId: 'new_form' });
    await slack.waitFor(() => slack.state.modals.get(ALICE), 5000);
    const submit = (values: Record<string, Record<string, string>>) =>
      slack.interactions.submitView({ user: 'alice', values });
    expect(await submit({})).toEqual({
      result: 'errors',
      errors: { name: 'Please complete this required field.' },
    });
    expect(await submit({ name: { text: 'x'.repeat(21) } })).toMatchObject({ result: 'errors' });
    expect(seen).toEqual([]);
    expect(await submit({ name: { text: 'taken' } })).toEqual({
      result: 'errors',
      errors: { name: 'Is in use' },
    });
    expect(await submit({ name: { text: 'free' }, size: { pick: 'l' } })).toEqual({ result: 'taken' });
    expect(slack.state.modals.get(ALICE)).toBeUndefined();
    expect(seen.at(-1)).toEqual({
      name: { text: { type: 'plain_text_input', value: 'free' } },
      size: {
        pick: { type: 'static_select', selected_option: { text: plain('Large'), value: 'l' } },
      },
    });
  });

  test('is replaced, covered by another, and cleared, as the answers say; an app that is told hears of closing', async () => {
    const closed: unknown[] = [];
    const slack = await startBoltApp(
      (app) => {
        opensOnShortcut(app, form({ notify_on_close: true }));
        app.view('rename', async ({ ack, view }) => {
          const name = view.state.values.name?.text?.value;
          if (name === 'more') await ack({ response_action: 'push', view: form({ title: plain('On top') }) });
          else if (name === 'all') await ack({ response_action: 'clear' });
          else await ack({ response_action: 'update', view: form({ title: plain('Second') }) });
        });
        app.view({ callback_id: 'rename', type: 'view_closed' }, async ({ ack, body }) => {
          closed.push([body.view.title.text, 'is_cleared' in body && body.is_cleared]);
          await ack();
        });
      },
      { shortcuts: SHORTCUTS },
    );
    const open = async () => {
      await slack.interactions.shortcut({ user: 'alice', callbackId: 'new_form' });
      await slack.waitFor(() => slack.state.modals.get(ALICE), 5000);
    };
    const titles = () =>
      slack.state.modals.get(ALICE)?.map((view) => (view.content.title as { text: string }).text);
    const submit = (text: string) =>
      slack.interactions.submitView({ user: 'alice', values: { name: { text } } });
    await open();
    await submit('more');
    expect(titles()).toEqual(['Rename', 'On top']);
    await submit('else');
    expect(titles()).toEqual(['Rename', 'Second']);
    await submit('all');
    expect(titles()).toBeUndefined();
    await open();
    await slack.interactions.closeView({ user: 'alice' });
    expect(closed).toEqual([['Rename', false]]);
  });

  test('is not lost when the app does not answer well', async () => {
    const slack = await startBoltApp((app) => opensOnShortcut(app), {
      shortcuts: SHORTCUTS,
      ackTimeoutMs: 150,
    });
    await slack.interactions.shortcut({ user: 'alice', callbackId: 'new_form' });
    await slack.waitFor(() => slack.state.modals.get(ALICE), 5000);
    const values = { name: { text: 'nobody listens' } };
    expect(await slack.interactions.submitView({ user: 'alice', values })).toEqual({ result: 'failed' });
    expect(slack.state.modals.get(ALICE)).toHaveLength(1);
  });
});

describe('the rules of views', () => {
  async function withTrigger() {
    const clock = startClock();
    const workspace = await startWorkspace({ now: clock.now, shortcuts: SHORTCUTS });
    const trigger = async () => {
      await workspace.slack.interactions.shortcut({ user: 'alice', callbackId: 'new_form' });
      const payload = new URLSearchParams(workspace.app.received.at(-1)?.body).get('payload') ?? '{}';
      return (JSON.parse(payload) as { trigger_id: string }).trigger_id;
    };
    return { ...workspace, clock, trigger };
  }

  test('a trigger opens one view within three seconds', async () => {
    const { client, clock, trigger } = await withTrigger();
    const open = (trigger_id: string, view = form()) => errorOf(client.views.open({ trigger_id, view }));
    const once = await trigger();
    expect(await open(once)).toBe('no error');
    expect(await open(once)).toBe('exchanged_trigger_id');
    expect(await open('soon')).toBe('invalid_trigger_id');
    const late = await trigger();
    clock.advance(3001);
    expect(await open(late)).toBe('expired_trigger_id');
  });

  test.each<[string, Partial<ModalView>]>([
    ['a title of 25 characters', { title: plain('x'.repeat(25)) }],
    ['inputs without a submit button', { submit: undefined as never }],
    ['101 blocks', { blocks: Array.from({ length: 101 }, () => ({ type: 'divider' as const })) }],
    ['private metadata of 3,001 characters', { private_metadata: 'x'.repeat(3001) }],
    ['an unknown block', { blocks: [{ type: 'shout' } as never] }],
  ])('%s is refused', async (_what, more) => {
    const { client, trigger } = await withTrigger();
    const call = client.views.open({ trigger_id: await trigger(), view: form(more) });
    expect(await errorOf(call)).toBe('invalid_arguments');
  });

  test('a view is pushed from inside a modal only, updated by its id and hash, and named once', async () => {
    const { slack, client, trigger } = await withTrigger();
    const outside = client.views.push({ trigger_id: await trigger(), view: form() });
    expect(await errorOf(outside)).toBe('invalid_trigger_id');
    const { view } = await client.views.open({
      trigger_id: await trigger(),
      view: form({ external_id: 'only' }),
    });
    const again = client.views.open({ trigger_id: await trigger(), view: form({ external_id: 'only' }) });
    expect(await errorOf(again)).toBe('duplicate_external_id');
    const update = (which: { view_id: string; hash?: string }) =>
      errorOf(client.views.update({ ...which, view: form({ title: plain('New') }) }));
    expect(await update({ view_id: 'V0NOWHERE' })).toBe('not_found');
    expect(await update({ view_id: view?.id ?? '', hash: 'old' })).toBe('hash_conflict');
    expect(await update({ view_id: view?.id ?? '', hash: view?.hash ?? '' })).toBe('no error');
    expect(slack.state.modals.get(ALICE)?.[0]?.content.title).toEqual(plain('New'));
  });
});

test('the Home tab shows what the app publishes when it is opened, and its buttons reach the app', async () => {
  const pressed: unknown[] = [];
  const slack = await startBoltApp((app) => {
    app.event('app_home_opened', async ({ event, client }) => {
      const blocks = [
        {
          type: 'actions' as const,
          elements: [{ type: 'button' as const, action_id: 'refresh', text: plain('Refresh'), value: '1' }],
        },
      ];
      await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
    });
    app.action('refresh', async ({ ack, body, action }) => {
      pressed.push([body.type, 'view' in body && body.view?.type, 'value' in action && action.value]);
      await ack();
    });
  });
  await slack.people.openHome('alice');
  const home = await slack.waitFor(() => slack.state.homes.get(ALICE), 5000);
  await slack.interactions.clickView({ user: 'alice', viewId: home.id, actionId: 'refresh' });
  expect(pressed).toEqual([['block_actions', 'home', '1']]);
  expect(slack.state.homes.get('U0BOB0000000')).toBeUndefined();
});

test('a message shortcut brings the message and a response URL', async () => {
  const heard: unknown[] = [];
  const slack = await startBoltApp(
    (app) => {
      app.shortcut({ callback_id: 'explain', type: 'message_action' }, async ({ ack, shortcut, respond }) => {
        await ack();
        heard.push([shortcut.message.text, shortcut.channel.name]);
        await respond('It means hello');
      });
    },
    { shortcuts: SHORTCUTS },
  );
  const { ts } = await slack.postAs('bob', '#cloud', 'moin');
  await slack.interactions.shortcut({ user: 'alice', callbackId: 'explain', channel: '#cloud', ts });
  const channel = slack.state.channels.find((item) => item.name === 'cloud')?.id ?? '';
  await slack.waitFor(() => slack.state.messages(channel).length === 2, 5000);
  expect(slack.state.messages(channel)[1]).toMatchObject({ text: 'It means hello', ephemeralFor: ALICE });
  expect(heard).toEqual([['moin', 'cloud']]);
  expect(() => slack.interactions.shortcut({ user: 'alice', callbackId: 'explain' })).toThrow(
    'It has: new_form (global), explain (message)',
  );
});
