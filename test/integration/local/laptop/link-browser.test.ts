import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser } from '../../../setup/browser.ts';
import { startLinkApp } from './start-link-app.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test('a person in a browser goes from the chat to the sign-in, the confirm page and back, past every policy', async () => {
  const { slack, links } = await startLinkApp();
  const context = await browser.newContext({ locale: 'en-GB' });
  const complaints: string[] = [];
  context.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text());
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(8000);
  const chat = await context.newPage();
  await chat.goto(`${slack.pageUrl}?user=carol&channel=dm`);
  await chat.getByRole('textbox').first().fill('link');
  await chat.keyboard.press('Enter');

  const opened = context.waitForEvent('page');
  await chat.getByRole('button', { name: 'Link', exact: true }).click();
  const tab = await opened;
  await tab.getByLabel('User name').fill('carol');
  await tab.getByLabel('Password').fill('Carol-2468');
  await tab.keyboard.press('Enter');
  await tab.getByText('act as carol@example.com?').waitFor();
  // A `__Host-` cookie holds the browser to its ticket, also over http where the machine talks to itself.
  expect((await context.cookies()).map(({ name }) => name)).toContain('__Host-link');
  await tab.getByRole('button', { name: 'Yes, link my accounts' }).click();
  await tab.getByRole('heading', { name: 'One more step in Slack' }).waitFor();
  expect(links.size).toBe(0);

  await chat.getByRole('button', { name: 'Yes, it was me' }).click();
  await chat.getByText('You are linked as carol@example.com.').waitFor();
  expect(Object.fromEntries(links)).toEqual({ U0CAROL00000: 'carol@example.com' });
  expect(complaints).toEqual([]);
});
