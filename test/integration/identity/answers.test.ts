import { afterAll, describe, expect, it } from 'vitest';
import { LINK_CSP } from '../../../src/web/link/headers.ts';
import { confirmForm, cookieHeader, type RawRequest, send } from './attacks/attack.ts';
import { COOKIE, newAccount, newBrowser, type Rig, signIn } from './rig.ts';
import { createRigs } from './rigs.ts';

const rigs = createRigs();
afterAll(() => rigs.close());

/** Every kind of answer under /link/, with its status. */
async function answersOf(rig: Rig) {
  const browser = newBrowser();
  const invitation = new URL(await rig.invite(newAccount('alice')));
  const page = await signIn(rig, await rig.invite(newAccount('alice')), 'alice', browser);
  const cookie = cookieHeader(browser);
  const form: RawRequest = { method: 'POST', cookie, body: confirmForm(page) };
  const asks: readonly (readonly [number, string, RawRequest?])[] = [
    [302, invitation.pathname + invitation.search],
    [404, `/link/start?ticket=${'x'.repeat(43)}`],
    [400, '/link/callback?state=x'],
    [503, '/link/start?ticket=x', { headers: { 'sec-purpose': 'prefetch' } }],
    [200, '/link/confirm', form],
    [409, '/link/confirm', form],
    [400, '/link/confirm', { ...form, body: 'x'.repeat(5_000) }],
    [404, '/link/elsewhere'],
    [404, '/link/start', { method: 'POST', body: 'x=1' }],
  ];
  const answers: { readonly what: string; readonly answer: Awaited<ReturnType<typeof send>> }[] = [];
  for (const [status, path, raw] of asks) {
    const answer = await send(rig, path, raw);
    const what = `${raw?.method ?? 'GET'} ${path.slice(0, 20)}: ${status}`;
    expect(`${what}, not ${answer.status}`).toBe(`${what}, not ${status}`);
    answers.push({ what, answer });
  }
  return answers;
}

describe('an answer under /link/', () => {
  it('is never stored, framed, sniffed or told to others, whatever it is', async () => {
    const rig = await rigs.fresh();
    for (const { what, answer } of await answersOf(rig)) {
      expect({ what, ...answer.headers }).toMatchObject({
        'content-security-policy': LINK_CSP,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      for (const unwanted of ['x-powered-by', 'etag', 'access-control-allow-origin'])
        expect(answer.headers).not.toHaveProperty(unwanted);
      expect(answer.text).not.toContain('<script');
    }
  });

  it('sets one cookie, which belongs to this very host, and to nothing but HTTPS and HTTP requests', async () => {
    const rig = await rigs.fresh();
    const { pathname, search } = new URL(await rig.invite(newAccount('alice')));
    const { headers } = await send(rig, pathname + search);
    expect(headers['set-cookie']).toHaveLength(1);
    const [pair, ...attributes] = String(headers['set-cookie']).split('; ');
    expect(pair).toMatch(new RegExp(`^${COOKIE}=[\\w-]{43}$`));
    expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
    expect(attributes.join()).not.toMatch(/domain/i);
  });

  it('speaks the language of the browser', async () => {
    const rig = await rigs.fresh();
    const path = `/link/start?ticket=${'x'.repeat(43)}`;
    const german = await send(rig, path, { headers: { 'accept-language': 'de-AT,de;q=0.9' } });
    expect(german.text).toContain('<html lang="de">');
    expect((await send(rig, path, { headers: { 'accept-language': 'fr' } })).text).toContain(
      '<html lang="en">',
    );
  });
});
