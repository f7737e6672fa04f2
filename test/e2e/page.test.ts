import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../setup/browser.ts';
import { type Stack, startStack } from './stack.ts';

describe('people at the chat page', () => {
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    stack = await startStack({ agentMode: 'process', agentEnv: { OFFLINE_WORD_DELAY_MS: '15' } });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  async function openAs(person: string, channel: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.setDefaultTimeout(20_000);
    await page.goto(stack.slack.pageUrl);
    await page.getByTestId('user-switcher').selectOption({ label: person });
    await page.getByTestId(`channel-${channel}`).click();
    return page;
  }

  async function ask(page: Page, text: string): Promise<void> {
    await page.getByTestId('composer').first().fill(text);
    await page.getByTestId('composer').first().press('Enter');
    await page.getByText('Reply in thread').first().waitFor({ state: 'attached' });
  }

  const thread = (page: Page) => page.getByTestId('thread-pane');
  const replies = (page: Page) => thread(page).locator('[data-user="cloud-engineer"]');
  const done = (page: Page, nth = 0) =>
    replies(page).nth(nth).and(page.locator('[data-state="done"]')).waitFor();

  async function replyInThread(page: Page, text: string): Promise<void> {
    const composer = thread(page).getByRole('textbox');
    await composer.fill(text);
    await composer.press('Enter');
  }

  it('mention the bot and watch status, step and streamed answer arrive in the thread; a follow-up knows the first', async () => {
    const page = await openAs('Alice Moreno', 'cloud');
    await ask(page, '@Cloud Engineer how many EC2 instances are running?');
    await page
      .getByRole('button', { name: /Reply in thread|repl(y|ies)/ })
      .first()
      .click();

    await thread(page).getByTestId('status').getByText('is thinking').waitFor();
    await thread(page).getByTestId('task').getByText('Listing running EC2 instances').waitFor();
    // Caught in the middle: the message is in the thread and still growing.
    await replies(page).and(page.locator('[data-state="streaming"]')).waitFor();
    await thread(page).getByText('4 EC2 instances are running').waitFor();
    await done(page);
    await thread(page).getByText('Offline model').waitFor();

    await replyInThread(page, 'what did I ask first?');
    await done(page, 1);
    expect(await replies(page).nth(1).textContent()).toContain('how many EC2 instances are running?');
    expect(stack.aws.sessions()).toHaveLength(1);
    await page.close();
  });

  it('have a session of their own each, in one thread', async () => {
    const alice = await openAs('Alice Moreno', 'general');
    await ask(alice, '@Cloud Engineer remember the code word is heron');
    await alice
      .getByRole('button', { name: /repl(y|ies)/ })
      .first()
      .click();
    await done(alice);
    const before = stack.aws.sessions().length;

    const bob = await openAs('Bob Tanaka', 'general');
    await bob
      .getByRole('button', { name: /repl(y|ies)/ })
      .first()
      .click();
    await replyInThread(bob, '@Cloud Engineer what did I say?');
    await done(bob, 1);
    const answer = await replies(bob).nth(1).textContent();
    expect(answer).not.toContain('heron');
    expect(stack.aws.sessions()).toHaveLength(before + 1);

    await replyInThread(alice, 'what did I say?');
    await done(alice, 2);
    expect(await replies(alice).nth(2).textContent()).toContain('heron');
    await Promise.all([alice.close(), bob.close()]);
  });
});
