import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLinkGuard, linkHosts, withoutLinks } from '../../../src/chat/links.ts';

const mayLink = linkHosts(new Set(['docs.example.org', '*.good.example.com']));
const inert = (text: string) => withoutLinks(text, mayLink);

describe('an address', () => {
  it.each([
    ['see https://evil.com/a.b?c=d', 'see https[:]//evil[.]com/a[.]b?c=d'],
    ['[click](https://evil.com)', '[click] (https[:]//evil[.]com)'],
    ['[click](\nhttps://evil.com)', '[click] (\nhttps[:]//evil[.]com)'],
    ['[click](<https://evil.com>)', '[click] (<https[:]//evil[.]com>)'],
    ['[click](//evil.com)', '[click] (//evil[.]com)'],
    ['[click](javascript:alert(1))', '[click] (javascript:alert(1))'],
    ['[click](https&#58;//evil&#46;com)', '[click] (https&#58;//evil&#46;com)'],
    ['[click](https\\://evil\\.com)', '[click] (https[:]//evil[.]com)'],
    ['![x](https://evil.com/x.png)', '![x] (https[:]//evil[.]com/x[.]png)'],
    ['[docs.example.org](https://evil.com)', '[docs.example.org] (https[:]//evil[.]com)'],
    ['https://docs.example.org@evil.com', 'https[:]//docs[.]example[.]org@evil[.]com'],
    ['https://docs.example.org.evil.com', 'https[:]//docs[.]example[.]org[.]evil[.]com'],
    ['https://docs.example.org\\@evil.com', 'https[:]//docs[.]example[.]org@evil[.]com'],
    ['https://docs.example.org,x.evil.com', 'https[:]//docs[.]example[.]org,x[.]evil[.]com'],
    ['https://docs.example.org_x.evil.com', 'https[:]//docs[.]example[.]org_x[.]evil[.]com'],
    ['https://d\u043ecs.example.org/', 'https[:]//d\u043ecs[.]example[.]org/'],
    ['https://docs.example.org\uff0eevil.com', 'https[:]//docs[.]example[.]org\uff0eevil[.]com'],
    ['https://docs.example.org例.evil.com', 'https[:]//docs[.]example[.]org例[.]evil[.]com'],
    ['www.evil.io', 'www[.]evil[.]io'],
    ['evil.com', 'evil[.]com'],
    ['evil.dev/leak?x=1', 'evil[.]dev/leak?x=1'],
    ['evil.rocks/x and login.evil.zip/?q', 'evil[.]rocks/x and login[.]evil[.]zip/?q'],
    ['evil.com.br and evil.co.uk/x', 'evil[.]com[.]br and evil[.]co[.]uk/x'],
    ['evil.jp/x is.gd/abc evil.ca?x=1', 'evil[.]jp/x is[.]gd/abc evil[.]ca?x=1'],
    ['xn--e1afmkfd.xn--p1ai', 'xn--e1afmkfd[.]xn--p1ai'],
    ['https:/evil.com/x', 'https:/evil[.]com/x'],
    ['h\u200bttps://evil.com', 'https[:]//evil[.]com'],
    ['https:/\u200b/evil.io', 'https[:]//evil[.]io'],
    ['https:/\ufeff/evil.io', 'https[:]//evil[.]io'],
    ['https:/\u00ad/localhost', 'https[:]//localhost'],
    ['evil\u200b.com', 'evil[.]com'],
    [
      '[click]\u2060(https://docs.example.org@evil.com)',
      '[click] (https[:]//docs[.]example[.]org@evil[.]com)',
    ],
    ['{"url":"https:\\/\\/evil.com\\/x"}', '{"url":"https[:]//evil[.]com/x"}'],
    ['mailto:a@b.io', 'mailto[:]a@b.io'],
    ['slack://channel?id=C1', 'slack[:]//channel?id=C1'],
    ['`curl https://evil.com`', '`curl https[:]//evil[.]com`'],
  ])('%s has no life', (text, expected) => {
    expect(inert(text)).toBe(expected);
  });

  it.each([
    'see https://docs.example.org/a?b=c#d.',
    '(https://docs.example.org)',
    '**https://docs.example.org:8443/x**',
    '[read](https://docs.example.org/x)',
    '[https://docs.example.org](https://docs.example.org)',
    'https://a.good.example.com',
    'HTTPS://DOCS.EXAMPLE.ORG/x',
    'docs.example.org',
    'https:\\/\\/docs.example.org\\/x',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} https://docs.example.org/\u2764\ufe0f',
  ])('%s stays, since its host may be linked to', (text) => {
    expect(inert(text)).toBe(text);
  });

  it.each([
    'main.ts, node.js, README.md and src/app.py:12',
    'list[0](x) and handlers[i](event, 1)',
    'arn:aws:s3:::bucket/key.json',
    'message.to, config.app and x.top;',
    'archive.zip, order.date and spec.host',
    'version 1.2.3, e.g. or i.e.',
    'modules/vpc/main.tf, src/app.py/x, README.md#setup and elapsed.ms/1000',
    'C:\\Users\\me\\notes.txt and \\*stars\\*',
    '[a footnote][1] (see below)',
    '- [ ] (todo)',
  ])('%s is none', (text) => {
    expect(inert(text)).toBe(text);
  });
});

/** `FUZZ_ROUNDS=100000` is the long run. */
const numRuns = Number(process.env.FUZZ_ROUNDS ?? 500);
const piece = fc.oneof(
  fc.constantFrom(
    'https://',
    'http://',
    '://',
    'evil.com',
    'docs.example.org',
    '@',
    '](',
    '[',
    ')',
    '(',
    '<',
    '>',
    '`',
    '```\n',
    '\n',
    ' ',
    '.',
    '/',
    '\\',
    '_',
    '*',
    '!',
    'www.',
    'mailto:',
    '&#46;',
    '%2e',
    '\u3002',
    '\uff0e',
    '\u200b',
    '\ufeff',
    'x'.repeat(700),
    '|',
    ',',
    ':',
    '例',
  ),
  fc.string({ maxLength: 6 }),
);

it('however it comes in, the same comes out, and nothing given out is taken back', {
  timeout: 3_600_000,
}, () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      const once = createLinkGuard(mayLink);
      const whole = once.write(text) + once.end();
      const guard = createLinkGuard(mayLink);
      const parts = pieces.map((one) => guard.write(one)).join('') + guard.end();
      if (!pieces.some((one) => one.length > 100)) expect(parts).toBe(whole);
      for (const out of [parts, whole].flatMap((one) => [one, one.replace(/[\u200b\ufeff]/g, '')])) {
        for (const [, rest = ''] of out.matchAll(/https?:\/\/([^\s<>"`]*)/gi)) {
          const url = URL.parse(`https://${rest.replace(/[)\]}*,;!'|~_.:]+$/, '')}`);
          if (url) expect(url.hostname.replace(/\.$/, '')).toBe('docs.example.org');
        }
      }
    }),
    { numRuns, seed: 7 },
  );
});
