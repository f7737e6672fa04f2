import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { launchBrowser } from '../../../setup/browser.ts';
import { authorizeUrl, claimsOf, exchangeCode, startCognito } from './application.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** An application with a page of its own for what comes back, and a stand-in that knows it. */
async function start(): Promise<{ cognito: CognitoStandIn; callback: string }> {
  const application = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>back</title><h1>Welcome back</h1>`);
  }).listen(0, '127.0.0.1');
  await once(application, 'listening');
  onTestFinished(async () => {
    application.close();
    application.closeAllConnections();
  });
  const address = application.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const callback = `http://127.0.0.1:${port}/callback`;
  return { cognito: await startCognito({ callbackUrls: [callback] }), callback };
}

/** A page on which an error of the console, or a request to anywhere else than this machine, fails the test. */
async function open(url: string, options: { colorScheme?: 'dark' | 'light' } = {}): Promise<Page> {
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') problems.push(line.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') problems.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await page.close();
    expect(problems).toEqual([]);
  });
  page.setDefaultTimeout(8000);
  await page.goto(url);
  return page;
}

const codeIn = (page: Page) => new URL(page.url()).searchParams.get('code') ?? '';

describe('a person in a browser', () => {
  test('signs in with password and code by the keyboard alone', async () => {
    const { cognito, callback } = await start();
    const page = await open(authorizeUrl(cognito, { redirect_uri: callback }));
    expect(await page.title()).toBe('Sign in');
    await expect(page.evaluate('document.activeElement.id')).resolves.toBe('username');
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Wrong-0000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Incorrect username or password.').waitFor();
    const password = page.getByLabel('Password');
    expect(await password.getAttribute('aria-describedby')).toBe('problem');
    await expect(page.evaluate('document.activeElement.id')).resolves.toBe('password');
    await page.keyboard.type('Admin-2468');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor();
    await expect(page.evaluate('document.activeElement.id')).resolves.toBe('code');
    await page.keyboard.type(cognito.totp('admin'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    const { body } = await exchangeCode(cognito, codeIn(page), { redirect_uri: callback });
    expect(claimsOf(body.access_token ?? '').username).toBe('admin');
  });

  test('signs in by way of Acme SSO, in the dark', async () => {
    const { cognito, callback } = await start();
    const page = await open(authorizeUrl(cognito, { redirect_uri: callback }), { colorScheme: 'dark' });
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(20, 23, 28)');
    await page.getByRole('link', { name: 'Continue with Acme SSO' }).click();
    await page.getByText('Acme SSO', { exact: true }).waitFor();
    await page.getByLabel('User name').fill('dora');
    await page.getByLabel('Password').fill('Dora-2468');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    const { body } = await exchangeCode(cognito, codeIn(page), { redirect_uri: callback });
    expect(claimsOf(body.access_token ?? '').username).toBe('acmesso_dora');
  });
});
