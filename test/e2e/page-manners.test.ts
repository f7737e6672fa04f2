import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../setup/browser.ts';
import { type Stack, startStack } from './stack.ts';

const SCREENS = join(import.meta.dirname, '../../test-results/screens');

const REPORT = [
  '# Nightly report',
  '',
  'Two services need a look, **one of them today**:',
  '',
  '| service | state | owner |',
  '| --- | --- | --- |',
  '| web | healthy | team A |',
  '| batch | failing | team B |',
  '',
  '1. Read the log',
  '   - then restart',
  '2. Tell the owner',
  '',
  '```ts',
  'const failing = services.filter((service) => !service.healthy);',
  '```',
  '',
  '> Nobody was paged.',
].join('\n');

describe('what a person sees', () => {
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(SCREENS, { recursive: true });
    stack = await startStack({ agentEnv: { OFFLINE_WORD_DELAY_MS: '1' } });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.close();
  });

  const thread = (page: Page) => page.getByTestId('thread-pane');
  const replies = (page: Page) => thread(page).locator('[data-user="cloud-engineer"]');
  const finished = (page: Page) => replies(page).and(page.locator('[data-state="done"]'));

  async function open(person: string, place: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme });
    page.setDefaultTimeout(25_000);
    await page.goto(`${stack.slack.pageUrl}?user=${person}`);
    await page.getByTestId(`channel-${place}`).click();
    return page;
  }

  /** Writes as the person of the page and opens the thread of that message. */
  async function ask(page: Page, text: string): Promise<void> {
    await page.getByTestId('composer').fill(text);
    await page.getByTestId('composer').press('Enter');
    await thread(page).waitFor();
  }

  /** A picture that a reader of the test run can look at. */
  async function picture(page: Page, name: string): Promise<void> {
    const png = await page.screenshot({ path: join(SCREENS, `${name}.png`) });
    expect(png.length).toBeGreaterThan(10_000);
  }

  it('of a long answer with table, list, code and quote', async () => {
    const page = await open('alice', 'cloud');
    await ask(page, `@Cloud Engineer echo ${REPORT}`);
    await finished(page).first().waitFor();
    await thread(page).getByRole('table').waitFor();
    expect(await thread(page).getByRole('cell', { name: 'failing' }).count()).toBe(1);
    expect(await thread(page).locator('pre').first().textContent()).toContain('services.filter');
    await picture(page, 'table-and-code');
    await page.close();
  });

  it('of an answer that goes on in a second message', async () => {
    const page = await open('alice', 'general');
    await ask(page, '@Cloud Engineer say 2500 words');
    await finished(page).nth(1).waitFor();
    await picture(page, 'rolled-over');
    expect(await replies(page).count()).toBeGreaterThan(1);
    await page.close();
  });

  it('of a question that waits for the one before it', async () => {
    const page = await open('bob', 'cloud');
    await ask(page, '@Cloud Engineer wait 4 seconds');
    await thread(page).getByTestId('status').waitFor();
    await thread(page).getByRole('textbox').fill('echo my second question');
    await thread(page).getByRole('textbox').press('Enter');
    await thread(page)
      .getByText(/number 2/)
      .first()
      .waitFor();
    await picture(page, 'waiting');
    await finished(page).nth(1).waitFor();
    expect(await replies(page).nth(1).textContent()).toContain('my second question');
    await page.close();
  });

  it('of a failed turn, which Retry asks again', async () => {
    const page = await open('carol', 'cloud');
    await ask(page, '@Cloud Engineer fail now');
    await thread(page)
      .getByRole('button', { name: /Ask the same question again|Retry/ })
      .waitFor();
    await picture(page, 'failed');
    await thread(page)
      .getByRole('button', { name: /Ask the same question again|Retry/ })
      .first()
      .click();
    await finished(page).nth(1).waitFor();
    await page.close();
  });

  it('of a direct message, in the dark', async () => {
    const page = await open('alice', 'dm', 'dark');
    await ask(page, 'how many S3 buckets do we have?');
    await finished(page).first().waitFor();
    await picture(page, 'direct-message-dark');
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    const channels = String(background).match(/\d+/g)?.slice(0, 3).map(Number) ?? [];
    expect(Math.max(...channels)).toBeLessThan(80);
    await page.close();
  });
});
