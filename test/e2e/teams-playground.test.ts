import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLAYGROUND_TENANT, type Playground, startPlayground } from '../../local/teams/playground.ts';
import { launchBrowser } from '../setup/browser.ts';
import { type Stack, startStack } from './stack.ts';

// Microsoft's own client, in a real browser. It sends unsigned activities, as on a laptop.
const MEMORY = 'threadcore-AbCdEf1234';
let stack: Stack;
let playground: Playground;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  stack = await startStack({
    identity: {},
    env: {
      TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: 'yes',
      ALLOWED_TEAMS_TENANTS: PLAYGROUND_TENANT,
      SLACK_BOT_TOKEN: '',
      SLACK_SIGNING_SECRET: '',
      MEMORY_RESOURCE_ID: MEMORY,
    },
    aws: () => ({ memory: { memories: [{ id: MEMORY }] } }),
    agentEnv: { OFFLINE_WORD_DELAY_MS: '60', MEMORY_RESOURCE_ID: MEMORY },
  });
  playground = await startPlayground(`${stack.backend.url}/api/messages`);
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(30_000);
  await page.goto(playground.url);
});
afterAll(async () => {
  await browser?.close();
  await playground?.close();
  await stack?.close();
});

async function write(text: string): Promise<void> {
  await page.locator('[contenteditable=true], textarea').first().click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

test('the bot says hello', async () => {
  const hello = page.locator('code', { hasText: 'stop all' });
  await hello.waitFor();
  expect(await hello.count()).toBe(1);
});

test('a question waits until its author has signed in through the card of the bot, and is answered as that account', async () => {
  await write('How many S3 buckets are there?');
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: /Sign in/ }).click(),
  ]);
  const person = stack.cognito.users.find(({ username }) => username === 'alice');
  await tab.locator('input[name=username]').fill('alice');
  await tab.locator('input[name=password]').fill(person?.password ?? '');
  await tab.locator('input[name=password]').press('Enter');
  await tab.getByRole('button', { name: /^Yes/ }).click();
  await tab.getByText('Nothing is linked yet').waitFor();
  await tab.close();
  expect(stack.aws.calls.some(({ operation }) => operation === 'InvokeAgentRuntime')).toBe(false);
  await page.getByRole('button', { name: 'Yes, it was me' }).click();
  await page.getByText('You are linked now').first().waitFor();
  await page
    .locator('p', { hasText: /5 (S3 )?buckets/ })
    .first()
    .waitFor();
  const callers = stack.aws.calls.flatMap((call) =>
    call.operation === 'InvokeAgentRuntime' ? [call.userId] : [],
  );
  expect(callers).toHaveLength(1);
  expect(callers[0]).not.toContain('00000000-0000-0000-0000-000000000020');
});

test('a question is answered in a stream, with Microsoft’s label for AI, its table as a table', async () => {
  await write('How many EC2 instances are running?');
  await page.locator('td', { hasText: 'bastion' }).waitFor();
  await page.locator('p', { hasText: '✓ Listing running EC2 instances' }).waitFor();
  expect(await page.getByText('AI generated').count()).toBe(2);
  // The log panel names each activity with its status.
  expect(await page.getByText(/^typing 20[12]$/).count()).toBeGreaterThan(2);
  expect(await page.getByText(/ 4\d\d$/).count()).toBe(0);
});

test('commands are messages', async () => {
  await write('whoami');
  const who = page.locator('p', { hasText: 'You are alice@example.com' });
  await who.waitFor();
  expect(await who.count()).toBe(1);
});

test('an earlier conversation is named and resumed with the buttons of a list, in its place, and goes on', async () => {
  const said = (text: string) => page.locator('p', { hasText: text });
  await write('remember the blue door');
  await said('I will remember for this session: "the blue door"').first().waitFor();
  await write('new');
  await said('this is a new conversation').waitFor();
  await write('what did I ask you to remember?');
  await said('You have not said anything before in this session.').waitFor();
  await write('sessions');
  await page.getByRole('button', { name: 'Rename', exact: true }).last().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Doors');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await said('“Doors” is changed.').waitFor();
  await page.getByRole('button', { name: 'Resume here' }).click();
  await said('Here we go on with “Doors”.').waitFor();
  await write('what did I ask you to remember?');
  await page.locator('li', { hasText: /^the blue door$/ }).waitFor();
  expect(await page.getByText(/ [45]\d\d$/).count()).toBe(0);
});

test('an answer that was stopped can be asked for again with a button', async () => {
  await write('Explain at length how EC2 instances, Lambda functions and S3 buckets work.');
  await page
    .getByText(/^typing 201$/)
    .last()
    .waitFor();
  await write('status');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const stopped = page.locator('p', { hasText: 'Stopped. What was answered so far stays above.' });
  await stopped.waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('Asked again.').first().waitFor();
  expect(await stopped.count()).toBe(1);
});

test('in a channel the answer stands in the thread of the post that mentions the bot', async () => {
  await page.locator('button[aria-label="My Team - cloud"]').click();
  await page.locator('[contenteditable=true]').first().click();
  await page.keyboard.type('@');
  await page.getByRole('menuitem', { name: 'Cloud Engineer' }).click();
  await page.keyboard.type(' How many EC2 instances are running?');
  await page.getByRole('button', { name: 'Post', exact: true }).click();
  const thread = page.locator('div[role=group]', { hasText: 'How many EC2 instances are running?' });
  await thread.locator('td', { hasText: 'bastion' }).first().waitFor();
  expect(await page.getByText(/ 4\d\d$/).count()).toBe(0);
});
