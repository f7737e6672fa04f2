import { mkdir } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../setup/browser.ts';
import { type Stack, startStack } from './stack.ts';

const SCREENS = new URL('../../test-results/screens/', import.meta.url).pathname;

describe('somebody new at the chat page', () => {
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    stack = await startStack({ identity: { clientName: 'Cloud Engineer' } });
    browser = await launchBrowser();
    await mkdir(SCREENS, { recursive: true });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  const picture = (page: Page, name: string) => page.screenshot({ path: `${SCREENS}${name}.png` });

  it('signs in from a private prompt, confirms on the page and in the chat, and reads the answer to the question', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(stack.slack.pageUrl);
    await page.getByTestId('user-switcher').selectOption({ label: 'Carol Weiss' });
    await page.getByTestId('channel-cloud').click();
    await page.getByTestId('composer').first().fill('@Cloud Engineer how many EC2 instances are running?');
    await page.getByTestId('composer').first().press('Enter');
    await page
      .getByRole('button', { name: /Reply in thread/ })
      .first()
      .click({ force: true });
    const thread = page.getByTestId('thread-pane');

    // The prompt is for carol alone.
    const signIn = thread
      .getByRole('button', { name: /Sign in/ })
      .or(thread.getByRole('link', { name: /Sign in/ }));
    await signIn.waitFor();
    await picture(page, 'link-1-prompt');
    const [tab] = await Promise.all([context.waitForEvent('page'), signIn.click()]);
    await tab.waitForLoadState();
    await tab.locator('input[name=username]').fill('carol');
    await tab.locator('input[name=password]').fill('Carol-2468');
    await tab.locator('input[name=password]').press('Enter');

    await tab.getByRole('heading', { name: 'Link your chat account?' }).waitFor();
    expect(await tab.getByRole('main').textContent()).toMatch(/carol.*Slack.*carol@example\.com/s);
    await picture(tab, 'link-2-confirm');
    await tab.getByRole('button', { name: /^Yes/ }).click();
    await tab.getByText('Nothing is linked yet').waitFor();

    await thread.getByText('Was this you?').waitFor();
    await picture(page, 'link-3-chat');
    expect(await thread.getByText('4 EC2 instances are running').count()).toBe(0);
    await thread.getByRole('button', { name: 'Yes, it was me' }).click();

    await thread.getByText('You are linked now').waitFor();
    await thread.getByText('4 EC2 instances are running').waitFor();
    await picture(page, 'link-4-answer');
    // Nobody had to ask again, and others saw nothing of it.
    const { channel } = stack.slack.people.place('carol', '#cloud');
    const public_ = stack.slack.state
      .messages(channel.id)
      .filter((message) => message.ephemeralFor === undefined);
    expect(public_.map(({ user }) => user === stack.slack.people.person('carol').id)).toEqual([true, false]);
    await context.close();
  });
});
