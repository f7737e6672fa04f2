import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECORD_NAMESPACES } from '../../src/contract/memory.ts';
import { launchBrowser } from '../setup/browser.ts';
import { type Stack, startStack } from './stack.ts';
import { ask, settledReplies } from './thread.ts';

const MEMORY = 'threadcore-AbCdEf1234';
const memory = {
  memories: [
    {
      id: MEMORY,
      memoryStrategies: [
        { semanticMemoryStrategy: { name: 'facts', namespaceTemplates: [RECORD_NAMESPACES.semantic] } },
      ],
    },
  ],
};

const SCREENS = join(import.meta.dirname, '../../test-results/screens');

describe('conversations at the chat page', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  /** The thread of the conversation about the kingfisher. */
  let second: string;

  beforeAll(async () => {
    mkdirSync(SCREENS, { recursive: true });
    stack = await startStack({
      agentMode: 'process',
      agentEnv: { OFFLINE_WORD_DELAY_MS: '1', MEMORY_RESOURCE_ID: MEMORY },
      env: { MEMORY_RESOURCE_ID: MEMORY },
      aws: () => ({ memory }),
    });
    browser = await launchBrowser();
    await ask(stack, 'alice', '#cloud', '@Cloud Engineer remember the code word heron');
    const root = await stack.slack.postAs('bob', '#general', 'What is our code word?');
    second = root.ts;
    await stack.slack.postAs('alice', '#general', '@Cloud Engineer remember the code word kingfisher', {
      threadTs: second,
    });
    const general = stack.slack.people.place('alice', '#general').channel.id;
    await settledReplies(stack, general, second);
    await ask(stack, 'alice', 'dm', 'how many EC2 instances are running?');
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(20_000);
    await page.goto(`${stack.slack.pageUrl}?user=alice`);
    await at('cloud');
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  const at = (place: string) => page.getByTestId(`channel-${place}`).click();
  const privateList = () => page.locator('.message.ephemeral').last();
  const button = (inside: Page | Locator, name: string | RegExp) =>
    inside.getByRole('button', { name }).first();
  const modal = () => page.getByTestId('modal');
  const home = () => page.locator('#home');

  async function write(text: string): Promise<void> {
    await page.getByTestId('composer').fill(text);
    await page.getByTestId('composer').press('Enter');
  }

  /** The asker's list of conversations, asked for anew. */
  async function list(words = ''): Promise<Locator> {
    const lists = page.locator('.message.ephemeral');
    const before = await lists.count();
    await write(`/agent sessions ${words}`.trim());
    await lists.nth(before).getByText('Your conversations').first().waitFor();
    return privateList();
  }

  it('are listed with name, last activity and number, for the asker alone', async () => {
    const shown = await list();
    for (const name of ['heron', 'kingfisher', 'how many EC2 instances']) {
      const text = await shown.getByText(name).first().textContent();
      expect(text).toContain(name);
    }
    expect(await shown.getByText(/Last activity Today/).count()).toBe(3);
    const [thread] = await Promise.all([
      page.context().waitForEvent('page'),
      shown.getByRole('link', { name: 'first thread' }).nth(1).click(),
    ]);
    await thread.getByTestId('thread-pane').getByText('What is our code word?').waitFor();
    await thread.close();
    const bob = await browser.newPage();
    await bob.goto(`${stack.slack.pageUrl}?user=bob`);
    await bob.getByTestId('channel-cloud').click();
    await bob.getByTestId('message').first().waitFor();
    expect(await bob.getByText('Your conversations').count()).toBe(0);
    await bob.close();
    await page.screenshot({ path: join(SCREENS, 'conversations.png') });
  });

  it('go on elsewhere: what was said in a thread is known in a new one', async () => {
    await button(await list(), /Resume here .*kingfisher/).click();
    await privateList().getByText('Your next question here goes on in').first().waitFor();
    const { reply } = await ask(stack, 'alice', '#cloud', '@Cloud Engineer what did I ask first?');
    expect(reply.text).toContain('kingfisher');
    expect(reply.text).not.toContain('heron');
  });

  it('are renamed, tagged and searched by forms', async () => {
    await button(await list(), /^Rename .*heron/).click();
    await modal().getByLabel('Name').fill('Birds');
    await modal().getByLabel('Tags').fill('wildlife, secret');
    await modal().getByRole('button', { name: 'Save' }).click();
    await privateList().getByText('Birds').first().waitFor();
    const found = await list('wildlife');
    await found.getByText('Birds').first().waitFor();
    expect(await found.getByText('kingfisher').count()).toBe(0);
    await button(found, 'Search your conversations').click();
    await modal().getByLabel('Words').fill('kingfisher');
    await modal().getByRole('button', { name: 'Search', exact: true }).click();
    await privateList().getByText('with “kingfisher”').waitFor();
    expect(await privateList().getByText('Birds').count()).toBe(0);
  });

  it('are looked through for what was said, and show it', async () => {
    await button(await list(), 'Search your conversations').click();
    await modal().getByLabel('Words').fill('kingfisher');
    await modal().getByLabel('In what you and I have said').check();
    await modal().getByRole('button', { name: 'Search', exact: true }).click();
    await privateList().getByText('Found for “kingfisher”').waitFor();
    await privateList().getByText('what was said').first().waitFor();
    await button(privateList(), 'Back to the list of conversations').click();
    await button(privateList(), /^History of .*kingfisher/).click();
    await privateList().getByText('You, Today').first().waitFor();
    expect(await privateList().getByText('remember the code word kingfisher').count()).toBeGreaterThan(0);
    await page.screenshot({ path: join(SCREENS, 'conversation-history.png') });
  });

  it('stand in the App Home, which follows every change', async () => {
    await at('dm');
    await page.getByRole('tab', { name: 'Home' }).click();
    await home().getByText('Birds').first().waitFor();
    expect(await home().getByText('kingfisher').count()).toBeGreaterThan(0);
    await page.screenshot({ path: join(SCREENS, 'app-home.png'), fullPage: true });

    await button(home(), 'Archive “Birds”').click();
    await home().getByText('Birds').first().waitFor({ state: 'detached' });
    await button(home(), 'Show the archived conversations').click();
    await button(modal(), 'Restore “Birds”').click();
    await modal()
      .getByText(/is back/)
      .first()
      .waitFor();
    await modal().getByRole('button', { name: 'Close' }).first().click();
    await home().getByText('Birds').first().waitFor();

    await button(home(), 'Delete “Birds”').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await home().getByText('Birds').first().waitFor({ state: 'detached' });
    expect(await home().getByText('kingfisher').count()).toBeGreaterThan(0);
  });

  it('show what is at work, and stop it there', async () => {
    await page.getByLabel('Length of answers').selectOption({ label: 'Detailed' });
    await stack.slack.postAs('alice', 'dm', 'wait 20 s');
    await button(home(), /^Stop “/).waitFor();
    await button(home(), /^Stop “/).click();
    await home().getByText('At work for you').waitFor({ state: 'detached' });
    expect(await home().getByText('Detailed').count()).toBeGreaterThan(0);
  });

  it('begin with a task, a message, or from nothing', async () => {
    await page.getByTestId('channel-dm').click();
    await page.getByRole('tab', { name: 'Home' }).click();
    await button(home(), /^Count instances/).click();
    await page.getByRole('tab', { name: 'Messages' }).click();
    await page.getByText('How many EC2 instances are running? List them').first().waitFor();

    await at('general');
    const message = page.locator(`[data-testid="message"][data-ts="${second}"]`).first();
    await message.hover();
    await message.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Ask about this' }).click();
    await modal().getByText('What is our code word?').waitFor();
    await modal().getByLabel('What do you want to know?').fill('Who asks that?');
    await modal().getByRole('button', { name: 'Ask', exact: true }).click();
    await message.getByRole('button', { name: /repl(y|ies)/ }).click();
    await page.getByTestId('thread-pane').getByText('Who asks that?').first().waitFor();
    expect(await modal().isVisible()).toBe(false);
  });
});
