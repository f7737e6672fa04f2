import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { linkHeaders } from '../../../src/web/link/headers.ts';
import { type LinkPage, PROBLEMS } from '../../../src/web/link/link-page.ts';
import { linkStatus } from '../../../src/web/link/link-status.ts';
import { chooseLocale, LOCALES, type Locale } from '../../../src/web/link/locale.ts';
import { renderLinkPage } from '../../../src/web/link/render-link-page.ts';
import { launchBrowser } from '../../setup/browser.ts';

const SCREENS = join(import.meta.dirname, '../../../test-results/screens');

const carol = { platform: 'slack', person: 'carol', workspace: 'Acme' } as const;
const confirm: LinkPage = {
  kind: 'confirm',
  chat: carol,
  account: { name: 'Carol Weiss', email: 'carol@example.com' },
  differs: true,
  proposal: 'proposal-1',
  action: '/link/confirm',
};
const PAGES: Readonly<Record<string, LinkPage>> = {
  confirm,
  'continue-in-chat': { kind: 'continue_in_chat', ...carol },
  declined: { kind: 'declined', platform: 'slack' },
  'resource-done': { kind: 'resource_done', account: { name: 'carol.w', email: 'carol@example.com' } },
  'resource-other-account': { kind: 'problem', code: 'other_account', about: 'resource' },
  'signed-out': { kind: 'signed_out' },
  ...Object.fromEntries(
    PROBLEMS.map((code): [string, LinkPage] => [
      code,
      code === 'too_many_attempts'
        ? { kind: 'problem', code, retryAfterS: 240, platform: 'slack' }
        : { kind: 'problem', code, platform: 'slack' },
    ]),
  ),
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
  await mkdir(SCREENS, { recursive: true });
});
afterAll(() => browser?.close());

interface Answer {
  readonly fields: Record<string, string>;
  readonly origin: string | undefined;
  readonly site: string | undefined;
}

/** The pages as the web role sends them, and what its form sends back. */
async function serve(): Promise<{ url: string; answers: Answer[] }> {
  const answers: Answer[] = [];
  const app = express();
  const send = (response: express.Response, page: LinkPage, locale: Locale) =>
    response
      .status(linkStatus(page))
      .set(linkHeaders({ https: false }))
      .send(renderLinkPage(page, locale));
  app.get('/page/:name', (request, response) => {
    const page = PAGES[request.params.name];
    if (!page) return void response.sendStatus(404);
    send(response, page, chooseLocale(request.headers['accept-language']));
  });
  app.post('/link/confirm', express.urlencoded({ extended: false }), (request, response) => {
    const { origin, 'sec-fetch-site': site } = request.headers;
    answers.push({
      fields: request.body as Record<string, string>,
      origin,
      site: site as string | undefined,
    });
    send(response, { kind: 'continue_in_chat', ...carol }, 'en');
  });
  app.get('/frame', (_request, response) => {
    response.send('<!doctype html><title>frame</title><iframe src="/page/confirm"></iframe>');
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers };
}

/** A tab whose complaints (a broken policy, a script error, a request elsewhere) fail the test. */
async function openTab(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => {
    // That a problem has an error's status is no complaint about the page.
    if (line.type() === 'error' && !/the server responded with a status of/.test(line.text()))
      complaints.push(line.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') complaints.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  page.setDefaultTimeout(8000);
  return page;
}

/** Runs in the page: every text with the contrast to the ground that it stands on. */
const CONTRASTS = `(() => {
  const read = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = read(colour).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((read(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };
  return [...document.querySelectorAll('main *')]
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== ''))
    .map((node) => ({
      text: node.textContent.trim().slice(0, 40),
      contrast: contrast(getComputedStyle(node).color, ground(node)),
    }));
})()`;

const focused = (page: Page) => page.evaluate('document.activeElement.value');

describe('a person with a keyboard', () => {
  test.each([
    ['yes', 1],
    ['no', 2],
  ] as const)('answers %s, and the answer arrives with the proposal', async (decision, tabs) => {
    const { url, answers } = await serve();
    const page = await openTab({ locale: 'en-GB' });
    await page.goto(`${url}/page/confirm`);
    for (let i = 0; i < tabs; i += 1) await page.keyboard.press('Tab');
    expect(await focused(page)).toBe(decision);
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'One more step in Slack' }).waitFor();
    expect(await page.getByRole('status').textContent()).toBe('Nothing is linked yet.');
    // What a check of where a form comes from can build on, with `no-referrer`.
    expect(answers).toEqual([
      { fields: { proposal: 'proposal-1', decision }, origin: 'null', site: 'same-origin' },
    ]);
  });

  test('sends nothing by pressing Enter before a button is chosen', async () => {
    const { url, answers } = await serve();
    const page = await openTab();
    await page.goto(`${url}/page/confirm`);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    expect(page.url()).toBe(`${url}/page/confirm`);
    expect(answers).toEqual([]);
  });
});

test('a screen reader hears the title, both accounts and the warnings before the buttons', async () => {
  const { url } = await serve();
  const page = await openTab({ locale: 'en-GB' });
  await page.goto(`${url}/page/confirm`);
  const heard = await page.locator('main').ariaSnapshot();
  const places = [
    'heading "Link your chat account?" [level=1]',
    'Shall @carol in Acme (Slack) act as carol@example.com?',
    'alert: These two have different e-mail addresses',
    'If somebody sent you this link, choose No.',
    'button "Yes, link my accounts"',
    'button "No, this was not me"',
  ].map((words) => heard.indexOf(words));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('the browser’s language is spoken, and the page says which one it is', async () => {
  const { url } = await serve();
  const page = await openTab({ locale: 'de-AT' });
  await page.goto(`${url}/page/confirm`);
  await page.getByRole('heading', { name: 'Ihr Chat-Konto verbinden?' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
});

test('no other page can frame the question', async () => {
  const { url } = await serve();
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(`${url}/frame`);
  await expect(page.frameLocator('iframe').locator('h1').count()).resolves.toBe(0);
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each(LOCALES)('every page can be read, and fits 320 pixels and double size (%s)', async (locale) => {
    const { url } = await serve();
    const page = await openTab({
      locale,
      colorScheme,
      viewport: { width: 900, height: 700 },
    });
    for (const name of Object.keys(PAGES)) {
      await page.setViewportSize({ width: 900, height: 700 });
      await page.goto(`${url}/page/${name}`);
      const texts = await page.evaluate<{ text: string; contrast: number }[]>(CONTRASTS);
      expect(texts.length).toBeGreaterThan(2);
      expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
      if (locale === 'en') await page.screenshot({ path: join(SCREENS, `link-${name}-${colorScheme}.png`) });
      // 1280 pixels at 400 % and 640 at 200 % are 320: nothing may stick out sideways.
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
      await page.evaluate("document.documentElement.style.fontSize = '200%'");
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    }
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(19, 22, 27)' : 'rgb(242, 244, 247)');
  });
});
