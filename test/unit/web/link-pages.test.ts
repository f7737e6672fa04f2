import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linkHeaders } from '../../../src/web/link/headers.ts';
import { type LinkPage, PROBLEMS } from '../../../src/web/link/link-page.ts';
import { linkStatus } from '../../../src/web/link/link-status.ts';
import { chooseLocale, LOCALES } from '../../../src/web/link/locale.ts';
import { renderLinkPage } from '../../../src/web/link/render-link-page.ts';
import { plainName } from '../../../src/web/link/shown-name.ts';

const carol = { platform: 'slack', person: 'carol', workspace: 'Acme' } as const;
const confirm = (changes: Partial<Extract<LinkPage, { kind: 'confirm' }>> = {}): LinkPage => ({
  kind: 'confirm',
  chat: carol,
  account: { name: 'Carol Weiss', email: 'carol@example.com' },
  differs: false,
  proposal: 'p-1',
  action: '/link/confirm',
  ...changes,
});
const problem = (
  code: (typeof PROBLEMS)[number],
  platform?: 'slack' | 'teams',
  about?: 'link' | 'resource',
): LinkPage =>
  code === 'too_many_attempts'
    ? { kind: 'problem', code, retryAfterS: 290, platform, about }
    : { kind: 'problem', code, platform, about };
const done: LinkPage = {
  kind: 'resource_done',
  account: { name: 'carol.w', email: 'carol@example.com' },
};

/** What a person reads: without tags and style, entities read back. */
function wordsOf(page: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return page
    .replace(/^.*<main>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}

const titleOf = (page: string) => /<h1>(.*?)<\/h1>/s.exec(page)?.[1] ?? '';

describe('the confirm page', () => {
  test('names both accounts plainly and tells who must say no', () => {
    const words = wordsOf(renderLinkPage(confirm(), 'en'));
    expect(words).toContain('Shall @carol in Acme (Slack) act as carol@example.com?');
    expect(words).toContain('If somebody sent you this link, choose No.');
    expect(words).toContain('No, this was not me');
    expect(words).not.toContain('different e-mail');
    const german = wordsOf(renderLinkPage(confirm(), 'de'));
    expect(german).toContain('Soll @carol in Acme (Slack) als carol@example.com handeln?');
    expect(german).toContain('Wenn Ihnen jemand diesen Link geschickt hat, wählen Sie Nein.');
    expect(german).toContain('Nein, das war ich nicht');
  });

  test('warns when the e-mail addresses differ', () => {
    expect(renderLinkPage(confirm({ differs: true }), 'en')).toMatch(
      /role="alert">These two have different e-mail addresses/,
    );
    expect(renderLinkPage(confirm({ differs: true }), 'de')).toMatch(
      /role="alert">Die beiden haben verschiedene E-Mail-Adressen/,
    );
  });

  test('sends one form with the proposal as it came, and the answer of the button that was pressed', () => {
    const page = renderLinkPage(confirm({ proposal: `a"b'c<d>&amp;` }), 'en');
    expect(page.match(/<form/g)).toHaveLength(1);
    expect(page).toContain('<form method="post" action="/link/confirm"');
    expect(page).toContain('name="proposal" value="a&quot;b&#39;c&lt;d&gt;&amp;amp;"');
    expect(
      [...page.matchAll(/<button type="submit" name="decision" value="(\w+)"/g)].map(([, v]) => v),
    ).toEqual(['yes', 'no']);
  });

  test('names an account without an e-mail address by its name, and people of Teams without an @', () => {
    const page = confirm({
      chat: { platform: 'teams', person: 'Carol Weiss', workspace: 'Acme' },
      account: { name: 'carol.w' },
    });
    expect(wordsOf(renderLinkPage(page, 'en'))).toContain(
      'Shall Carol Weiss in Acme (Microsoft Teams) act as carol.w?',
    );
  });
});

describe.each(LOCALES)('in %s', (locale) => {
  test('every page says what happened and what to do next, with titles of its own', () => {
    const pages = [
      confirm(),
      { kind: 'continue_in_chat', ...carol } as const,
      { kind: 'declined', platform: 'slack' } as const,
      ...PROBLEMS.map((code) => problem(code, 'slack')),
    ].map((page) => renderLinkPage(page, locale));
    expect(new Set(pages.map(titleOf)).size).toBe(pages.length);
    for (const page of pages) {
      expect(page).toContain(`<html lang="${locale}">`);
      expect(titleOf(page)).not.toBe('');
      expect(wordsOf(page)).not.toMatch(/undefined|\[object|NaN/);
      expect(wordsOf(page)).toMatch(/Slack/);
    }
  });

  test.each(PROBLEMS)('%s leads back to the chat that the person came from, or to “your chat”', (code) => {
    expect(renderLinkPage(problem(code, 'slack'), locale)).toContain('<code>link</code>');
    expect(wordsOf(renderLinkPage(problem(code, 'slack'), locale))).toMatch(
      /(?:Go back to|Gehen Sie zu) Slack/,
    );
    expect(wordsOf(renderLinkPage(problem(code, 'teams'), locale))).toMatch(
      /(?:Go back to|Gehen Sie zu) Microsoft Teams/,
    );
    expect(wordsOf(renderLinkPage(problem(code), locale))).toMatch(
      /Go back to your chat|Gehen Sie in Ihren Chat/,
    );
  });

  test('the page that leads back names the button of the chat, and that nothing is linked before', () => {
    const words = wordsOf(renderLinkPage({ kind: 'continue_in_chat', ...carol }, locale));
    expect(words).toMatch(/[“„]Yes, it was me[”“]/);
    expect(words).toMatch(/Nothing is linked yet|Noch ist nichts verbunden/);
    expect(words).toContain('@carol in Acme (Slack)');
  });

  test('the pages of consents and of signing out say what happened and what to do next', () => {
    const pages = [done, { kind: 'signed_out' } as const].map((page) => renderLinkPage(page, locale));
    expect(new Set(pages.map(titleOf)).size).toBe(2);
    for (const page of pages) {
      expect(page).toContain(`<html lang="${locale}">`);
      expect(page).toContain('<p role="status">');
      expect(wordsOf(page)).toMatch(/[Gg]o back to your chat|[Gg]ehen Sie in Ihren Chat/);
      expect(wordsOf(page)).not.toMatch(/undefined|\[object|NaN/);
    }
  });

  /** Those that linking alone can come to. */
  const OF_LINKING = [
    'ticket_unknown',
    'ticket_expired',
    'ticket_used',
    'email_differs',
    'already_confirmed',
  ];
  test.each(PROBLEMS.filter((code) => !OF_LINKING.includes(code)))(
    '%s of a consent speaks of the consent and of asking the bot again, not of linking',
    (code) => {
      const words = wordsOf(renderLinkPage(problem(code, undefined, 'resource'), locale));
      expect(words).not.toMatch(/Nothing was linked|nichts verbunden/);
      expect(words).toMatch(/ask the bot again|fragen Sie den Bot noch einmal/);
      expect(renderLinkPage(problem(code, undefined, 'resource'), locale)).not.toContain('<code>link</code>');
      expect(words).toMatch(/[Yy]ou allowed|Sie erlaubt haben/);
    },
  );

  test('both languages differ: nothing was left untranslated', () => {
    const other = locale === 'en' ? 'de' : 'en';
    for (const code of PROBLEMS) {
      const here = wordsOf(renderLinkPage(problem(code), locale));
      expect(here).not.toBe(wordsOf(renderLinkPage(problem(code), other)));
    }
    for (const page of [done, { kind: 'signed_out' }, problem('unavailable', undefined, 'resource')] as const)
      expect(wordsOf(renderLinkPage(page, locale))).not.toBe(wordsOf(renderLinkPage(page, other)));
  });
});

test('a consent that is done names the account that it counts for, and what to do if it is not the reader’s', () => {
  const english = wordsOf(renderLinkPage(done, 'en'));
  expect(english).toContain('The bot may now use what you have just allowed, for carol@example.com.');
  expect(english).toContain('If carol@example.com is not you, take back what you allowed');
  const german = wordsOf(renderLinkPage(done, 'de'));
  expect(german).toContain(
    'Der Bot darf nun benutzen, was Sie eben erlaubt haben, und zwar für carol@example.com.',
  );
  expect(german).toContain('Wenn Sie nicht carol@example.com sind, nehmen Sie');
  const nameOnly = renderLinkPage({ kind: 'resource_done', account: { name: '<b>carol</b>' } }, 'en');
  expect(nameOnly).toContain('for <bdi>&lt;b&gt;carol&lt;/b&gt;</bdi>.');
});

test('where it is not known what has become of a consent, the page does not say that nothing has', () => {
  const words = (locale: 'en' | 'de') =>
    wordsOf(renderLinkPage(problem('unavailable', undefined, 'resource'), locale));
  expect(words('en')).toContain('What you allowed may not have been passed on.');
  expect(words('de')).toContain('Was Sie erlaubt haben, wurde vielleicht nicht weitergegeben.');
});

test.each([
  [0, 'Wait 1 second.', 'Warten Sie 1 Sekunde.'],
  [59.2, 'Wait 1 minute.', 'Warten Sie 1 Minute.'],
  [61, 'Wait 2 minutes.', 'Warten Sie 2 Minuten.'],
  [3601, 'Wait 2 hours.', 'Warten Sie 2 Stunden.'],
])('a wait of %s s is told in full, never too short', (retryAfterS, english, german) => {
  const page: LinkPage = { kind: 'problem', code: 'too_many_attempts', retryAfterS };
  expect(wordsOf(renderLinkPage(page, 'en'))).toContain(english);
  expect(wordsOf(renderLinkPage(page, 'de'))).toContain(german);
});

describe('names that others have chosen', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'<>"\'&/=\u202e\u200b\u0000ab '), maxLength: 60 }),
  );

  test('are never markup', () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        anyText,
        fc.constantFrom(...LOCALES),
        (person, workspace, name, locale) => {
          const page = (text: string) =>
            renderLinkPage(
              confirm({
                chat: { platform: 'slack', person: text && person, workspace: text && workspace },
                account: { name: text && name, email: text && name },
                proposal: text && person,
              }),
              locale,
            )
              .match(/<[^>]*>/g)
              ?.map((tag) => tag.replace(/ value="[^"]*"/, ''))
              .join('');
          expect(page('given')).toBe(page(''));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('show nothing that is unseen or moves other text, on one line, at most 80 characters', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const plain = plainName(name);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
        expect(plain.isWellFormed()).toBe(true);
        expect([...plain].length).toBeLessThanOrEqual(80);
        expect(plainName(plain)).toBe(plain);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['alice\u202e@evil', 'alice@evil'],
    ['ali\u200bce', 'alice'],
    ['\u2066al\u2069ice\ufeff', 'alice'],
    ['two\r\nlines\u2028more', 'two lines more'],
    ['nul\u0000l', 'null'],
    ['tag\u{e0041}ged', 'tagged'],
    ['Zoë Müller-Ōsaka 田中', 'Zoë Müller-Ōsaka 田中'],
  ])('%j is shown as %j', (name, shown) => {
    expect(plainName(name)).toBe(shown);
  });

  test('that are too long are cut between characters', () => {
    expect(plainName('😀'.repeat(80))).toBe('😀'.repeat(80));
    expect(plainName('😀'.repeat(81))).toBe(`${'😀'.repeat(79)}…`);
  });

  test('that have nothing to show are said to have nothing', () => {
    const page = confirm({
      chat: { platform: 'slack', person: '\u200b', workspace: ' ' },
      account: { name: '' },
    });
    expect(wordsOf(renderLinkPage(page, 'en'))).toContain(
      'Shall @(without a name) in (without a name) (Slack) act as (without a name)?',
    );
  });

  test('stand in an isolation of their own, and a handle has one @', () => {
    const page = renderLinkPage(confirm({ chat: { ...carol, person: '@carol' } }), 'en');
    expect(page).toContain('@<bdi>carol</bdi> in <bdi>Acme</bdi> (Slack)');
    expect(page).not.toContain('@@');
  });
});

describe('the headers', () => {
  test('allow the one style of the page by its hash, and nothing else', () => {
    const page = renderLinkPage(confirm(), 'en');
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(linkHeaders({ https: true })['Content-Security-Policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
    expect(page.match(/<style|style=|<script|\son\w+=|https?:|src=|<link|<meta http/g)).toEqual(['<style']);
  });

  test('keep the page out of caches, frames and referrers; https is insisted on where it is there', () => {
    expect(linkHeaders({ https: true })).toMatchObject({
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Strict-Transport-Security': 'max-age=63072000',
      'Permissions-Policy': expect.stringContaining('camera=()'),
    });
    expect(linkHeaders({ https: false })).not.toHaveProperty('Strict-Transport-Security');
  });
});

test('a problem is an error for machines too', () => {
  expect(PROBLEMS.map((code) => linkStatus(problem(code))).every((status) => status >= 400)).toBe(true);
  expect(linkStatus(problem('too_many_attempts'))).toBe(429);
  for (const page of [confirm(), done, { kind: 'signed_out' } as const]) expect(linkStatus(page)).toBe(200);
});

describe('the language', () => {
  test.each([
    [undefined, undefined, 'en'],
    ['de', undefined, 'de'],
    ['de-CH, en;q=0.9', undefined, 'de'],
    ['en-GB,en;q=0.9,de;q=0.8', undefined, 'en'],
    ['en;q=0.5, de;q=0.7', undefined, 'de'],
    ['fr, de;q=0.3', undefined, 'de'],
    ['fr, *;q=0.3', undefined, 'en'],
    ['fr;q=1, de;q=0', undefined, 'en'],
    ['de;q=0.5, en;q=0.5', undefined, 'de'],
    ['de;q=banana', undefined, 'en'],
    ['de;q=2, en;q=0.1', undefined, 'en'],
    ['DE_de', undefined, 'en'],
    ['deutsch', undefined, 'en'],
    ['en', 'de-DE', 'de'],
    ['de', 'en_US', 'en'],
    ['de', 'fr-FR', 'de'],
    ['', '', 'en'],
  ])('for %j and the hint %j is %s', (header, hint, locale) => {
    expect(chooseLocale(header, hint)).toBe(locale);
  });

  test('is not looked for in a header longer than browsers send', () => {
    expect(chooseLocale(`${'fr,'.repeat(400)}de`)).toBe('en');
  });

  test('is found in any header without an error', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.option(fc.string(), { nil: undefined }),
        (header, hint) => {
          expect(LOCALES).toContain(chooseLocale(header, hint));
        },
      ),
    );
  });
});
