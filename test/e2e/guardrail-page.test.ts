import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAPTOP_GUARDRAIL, laptopGuardrail } from '../../local/laptop/guardrail.ts';
import { redisCommands } from '../../local/redis/resp.ts';
import { launchBrowser } from '../setup/browser.ts';
import { eventually } from '../setup/eventually.ts';
import { type Stack, startStack } from './stack.ts';

const SCREENS = join(import.meta.dirname, '../../test-results/screens');

describe.each(['enforce', 'shadow'])('the chat page of a laptop whose guardrail is set to %s', (mode) => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(SCREENS, { recursive: true });
    stack = await startStack({
      aws: () => ({ guardrail: laptopGuardrail('us-east-2') }),
      env: {
        GUARDRAIL_MODE: mode,
        BEDROCK_GUARDRAIL_ID: LAPTOP_GUARDRAIL.id,
        BEDROCK_GUARDRAIL_VERSION: LAPTOP_GUARDRAIL.version,
        ALLOWED_LINK_HOSTS: 'docs.aws.amazon.com',
      },
    });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(20_000);
    await page.goto(`${stack.slack.pageUrl}?user=alice`);
    await page.getByTestId('channel-cloud').click();
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  /** Asks at the top of the channel; the page opens the thread. Answers the finished reply in it. */
  async function ask(text: string): Promise<Locator> {
    await page.getByTestId('composer').first().fill(`@Cloud Engineer ${text}`);
    await page.getByTestId('composer').first().press('Enter');
    const thread = page.getByTestId('thread-pane');
    await thread.locator('[data-user="alice"]').filter({ hasText: text }).waitFor();
    const reply = thread.locator('[data-user="cloud-engineer"][data-state="done"]');
    await reply.first().waitFor();
    return reply.first();
  }

  const counted = async (): Promise<string> => {
    const day = new Date().toISOString().slice(0, 10);
    return JSON.stringify(await redisCommands(stack.redisUrl, [['HGETALL', `{tc}:guardcounts:${day}`]]));
  };

  it('lets an ordinary question pass', async () => {
    const reply = await ask('how many EC2 instances are running?');
    expect(await reply.textContent()).toContain('4 EC2 instances are running');
    expect(await reply.getByRole('button', { name: 'Why?' }).count()).toBe(0);
  });

  it('masks what is personal in an answer, and shows and counts it in shadow mode', async () => {
    const reply = await ask('echo the bastion is 203.0.113.77, call +1 202 555 0143');
    const text = await reply.textContent();
    if (mode === 'enforce') {
      expect(text).toContain('the bastion is {IP_ADDRESS}, call {PHONE}');
      await page.screenshot({ path: join(SCREENS, 'guardrail-masked.png') });
    } else expect(text).toContain('the bastion is 203.0.113.77, call +1 202 555 0143');
    await eventually('the count', async () => (await counted()).includes(`\\"${mode}\\"`));
  });

  if (mode === 'shadow') {
    it('answers what is off topic, and counts it', async () => {
      const reply = await ask('Give me a recipe for lasagna.');
      expect(await reply.textContent()).not.toContain('I am here for cloud engineering');
      await eventually('the count', async () => (await counted()).includes('topic'));
    });
    return;
  }

  it('refuses what is off topic kindly, says why when asked, and hears that this was wrong', async () => {
    const reply = await ask('Give me a recipe for lasagna.');
    expect(await reply.textContent()).toContain('I am here for cloud engineering');
    expect(await reply.textContent()).not.toContain('lasagna');
    await reply.getByRole('button', { name: /why/i }).click();
    await page.getByText('named topics that I am not to talk about').first().waitFor();
    await reply.getByRole('button', { name: /mistake/i }).click();
    await page.getByText('on record').first().waitFor();
    await page.screenshot({ path: join(SCREENS, 'guardrail-refused.png') });
  });

  it('answers the next question in that thread, and the agent never heard of the refused one', async () => {
    const thread = page.getByTestId('thread-pane');
    await thread.getByRole('textbox').fill('@Cloud Engineer what did I ask first?');
    await thread.getByRole('textbox').press('Enter');
    const reply = thread.locator('[data-user="cloud-engineer"][data-state="done"]').nth(1);
    await reply.waitFor();
    expect(await reply.textContent()).not.toContain('lasagna');
  });
});
