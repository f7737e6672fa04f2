import type { App } from '@slack/bolt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readManifest } from '../../../../local/slack/manifest.ts';
import type { SlackStandIn } from '../../../../local/slack/stand-in.ts';
import { launchBrowser } from '../../../setup/browser.ts';
import { startBoltApp } from './bolt-app.ts';
import { channelId, clientOf } from './workspace.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function start(setUp: (app: App) => void = () => undefined) {
  const slack = await startBoltApp(setUp, {
    shortcuts: [
      { name: 'New report…', callbackId: 'report', type: 'global' },
      { name: 'Explain this', callbackId: 'explain', type: 'message' },
    ],
  });
  return { slack, cloud: channelId(slack, 'cloud') };
}

/** The page as one person sees it. A script error on it fails the test. */
async function open(slack: SlackStandIn, query: string, width = 1280): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') errors.push(line.text());
  });
  onTestFinished(async () => {
    await page.close();
    expect(errors).toEqual([]);
  });
  page.setDefaultTimeout(8000);
  await page.goto(`${slack.pageUrl}?${query}`);
  await page.locator('#channels button').first().waitFor({ state: 'attached' });
  return page;
}

describe('what a person does on the page', () => {
  test('a private button with an address opens it in a tab of its own, and the app hears of it', async () => {
    const heard: unknown[] = [];
    const { slack, cloud } = await start((app) => {
      app.action('open', async ({ ack, body }) => {
        await ack();
        if (body.type === 'block_actions') heard.push(body.container.is_ephemeral, body.message);
      });
    });
    const address = `${slack.pageUrl}page/icon.svg`;
    await clientOf(slack).chat.postEphemeral({
      channel: cloud,
      user: 'U0ALICE00000',
      text: 'Link your account',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'open', text: plain('Link'), url: address }],
        },
      ],
    });
    const page = await open(slack, 'user=alice&channel=cloud');
    const opened = page.context().waitForEvent('page');
    await page.getByText('Only visible to you').waitFor();
    await page.getByRole('button', { name: 'Link', exact: true }).click();
    const tab = await opened;
    await tab.waitForURL(address);
    expect(await tab.evaluate('window.opener')).toBeNull();
    await tab.close();
    await slack.deliveries.idle();
    expect(heard).toEqual([true, undefined]);
  });

  test('reactions, edits and deletions of messages reach the app', async () => {
    const heard: unknown[] = [];
    const { slack, cloud } = await start((app) => {
      app.event('reaction_added', async ({ event }) => void heard.push(event.reaction));
      app.message(async ({ message }) => void heard.push(message.subtype));
    });
    const { ts } = await slack.postAs('alice', '#cloud', '@Cloud Engineer fisrt');
    const page = await open(slack, 'user=alice&channel=cloud');
    const message = page.locator(`#messages [data-ts="${ts}"]`);
    await message.hover();
    await message.getByRole('button', { name: 'React with eyes' }).click();
    await message.getByRole('button', { name: 'eyes: 1', pressed: true }).waitFor();
    await message.hover();
    await message.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Edit message' }).click();
    const box = page.getByRole('textbox', { name: 'Edit message' });
    expect(await box.inputValue()).toBe('@Cloud Engineer fisrt');
    await box.fill('@Cloud Engineer first');
    await box.press('Enter');
    await message.getByText('(edited)').waitFor();
    expect(slack.state.messages(cloud)[0]?.text).toBe('<@U0CLOUDENG00> first');
    await message.hover();
    await message.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete message…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await message.waitFor({ state: 'detached' });
    await slack.deliveries.idle();
    expect(heard).toEqual([undefined, 'eyes', 'message_changed', 'message_deleted']);
  });

  test('the arrow keys walk the messages, Enter opens the thread, Esc closes it again', async () => {
    const { slack, cloud } = await start();
    const first = await slack.postAs('bob', '#cloud', 'one');
    const second = await slack.postAs('bob', '#cloud', 'two');
    const page = await open(slack, 'user=alice&channel=cloud');
    await page.locator(`[data-ts="${second.ts}"]`).waitFor();
    const focused = () => page.evaluate('document.activeElement.dataset.ts');
    await page.locator('#messages').focus();
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(second.ts);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(first.ts);
    await page.keyboard.press('Enter');
    await page.getByTestId('thread-pane').waitFor();
    await page.keyboard.type('hello');
    await page.keyboard.press('Enter');
    await page.getByTestId('thread-pane').getByText('hello').waitFor();
    expect(slack.thread(cloud, first.ts)).toHaveLength(2);
    await page.keyboard.press('Escape');
    await page.getByTestId('thread-pane').waitFor({ state: 'hidden' });
    await page.waitForFunction(`document.activeElement.dataset.ts === '${first.ts}'`);
  });

  test('a modal keeps the focus, shows what is wrong, and Esc tells the app', async () => {
    const heard: unknown[] = [];
    const { slack } = await start((app) => {
      app.shortcut('report', async ({ ack, client, shortcut }) => {
        await ack();
        await client.views.open({
          trigger_id: shortcut.trigger_id,
          view: {
            type: 'modal',
            callback_id: 'report',
            notify_on_close: true,
            title: plain('New report'),
            submit: plain('Create'),
            blocks: [
              {
                type: 'input',
                block_id: 'name',
                label: plain('Name'),
                element: { type: 'plain_text_input', action_id: 'text' },
              },
            ],
          },
        });
      });
      app.view('report', async ({ ack, view }) => {
        heard.push(view.state.values.name?.text?.value);
        await ack();
      });
      app.view({ callback_id: 'report', type: 'view_closed' }, async ({ ack }) => {
        heard.push('closed');
        await ack();
      });
    });
    const page = await open(slack, 'user=alice&channel=cloud');
    const run = async () => {
      await page.getByRole('button', { name: 'Attach or run a shortcut' }).first().click();
      await page.getByRole('menuitem', { name: 'New report…' }).click();
      return page.getByRole('dialog', { name: 'New report' });
    };
    const dialog = await run();
    const name = dialog.getByRole('textbox', { name: 'Name' });
    await name.press('Enter');
    await dialog.getByText('Please complete this required field.').waitFor();
    for (let count = 0; count < 6; count += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.closest('main, nav, aside')")).toBeNull();
    await name.fill('Weekly');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await (await run()).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await slack.deliveries.idle();
    expect(heard).toEqual(['Weekly', 'closed']);
  });

  test('the Home tab is published when it is opened, and prompts are sent from the direct message', async () => {
    const { slack } = await start((app) => {
      app.event('app_home_opened', async ({ event, client }) => {
        const blocks = [{ type: 'header' as const, text: plain(`Welcome ${event.user}`) }];
        await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
      });
    });
    const page = await open(slack, 'user=alice&channel=dm');
    await page.getByRole('tab', { name: 'Home' }).click();
    await page.getByTestId('home').getByText('Welcome U0ALICE00000').waitFor();
    await page.getByRole('tab', { name: 'Messages' }).click();
    const [prompt] = readManifest().prompts;
    await page.getByRole('button', { name: prompt?.title ?? '' }).click();
    await page
      .locator('#messages')
      .getByText(prompt?.message ?? '')
      .waitFor();
    const direct = slack.state.channels.find((item) => item.kind === 'im' && item.name === 'alice');
    expect(slack.state.messages(direct?.id ?? '')).toHaveLength(1);
  });
});

describe('what a person sees on the page', () => {
  test('pictures with their words, files to download, and unread marks', async () => {
    const { slack, cloud } = await start();
    const page = await open(slack, 'user=alice&channel=random');
    await slack.postAs('bob', '#cloud', 'look at this');
    await page.getByTestId('channel-cloud').getByText('unread').waitFor({ state: 'attached' });
    const pixel =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await clientOf(slack).filesUploadV2({
      channel_id: cloud,
      file_uploads: [
        { file: Buffer.from(pixel, 'base64'), filename: 'a.png', alt_text: 'CPU over a day' },
        { content: 'id,state\n', filename: 'instances.csv' },
      ],
    });
    await page.getByTestId('channel-cloud').click();
    await page.getByRole('separator', { name: 'New messages' }).waitFor();
    const picture = page.getByRole('img', { name: 'CPU over a day' });
    await picture.waitFor();
    await page.waitForFunction("document.querySelector('.picture img').naturalWidth === 1");
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('instances.csv');
  });

  test('a wide table scrolls in its own box in a narrow thread, and the conversations are behind a button', async () => {
    const { slack, cloud } = await start();
    const { ts: thread_ts } = await slack.postAs('alice', '#cloud', 'all of it');
    const head = Array.from({ length: 12 }, (_, index) => `a rather long column ${index}`);
    const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
    const markdown_text = [row(head), row(head.map(() => '---')), row(head)].join('\n');
    await clientOf(slack).chat.postMessage({ channel: cloud, thread_ts, markdown_text });
    const page = await open(slack, `user=alice&channel=cloud&thread=${thread_ts}`, 400);
    const table = page.getByTestId('thread-pane').getByRole('region', { name: 'Table' });
    await table.waitFor();
    const [inside, box, body] = (await page.evaluate(`(() => {
      const node = document.querySelector('#thread-messages .table');
      return [node.scrollWidth, node.clientWidth, document.documentElement.scrollWidth];
    })()`)) as [number, number, number];
    expect(inside).toBeGreaterThan(box);
    expect(body).toBeLessThanOrEqual(400);
    await page.getByRole('button', { name: 'Close thread' }).click();
    expect(await page.getByTestId('channel-general').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Conversations' }).click();
    await page.getByTestId('channel-general').click();
    await page.getByRole('heading', { name: '# general' }).waitFor();
  });
});
