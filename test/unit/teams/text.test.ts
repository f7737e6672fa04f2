import { describe, expect, it } from 'vitest';
import { isAllowedServiceUrl } from '../../../src/teams/service-url.ts';
import { escapeText } from '../../../src/teams/text.ts';

describe('text for Teams', () => {
  it.each([
    ['a < b & c', 'a &lt; b &amp; c'],
    ['<at>everyone</at> <img src=x>', '&lt;at>everyone&lt;/at> &lt;img src=x>'],
    ['`List<String>` and <b>', '`List<String>` and &lt;b>'],
    ['``a ` <`` <', '``a ` <`` &lt;'],
    ['an open ` <\nline <', 'an open ` <\nline &lt;'],
    ['```xml\n<a>&</a>\n```\n<a>', '```xml\n<a>&</a>\n```\n&lt;a>'],
    ['~~~\n```\n<\n~~~\n<', '~~~\n```\n<\n~~~\n&lt;'],
  ])('%j reads as it was written', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  it.each([
    ['![a](https://docs.example.org/x.png)', '!\u200b[a](https://docs.example.org/x.png)'],
    ['[a][b]\n\n> [b]: //evil.rocks/x', '[a][b]\n\n> [b]\u200b: //evil.rocks/x'],
    ['[a\nb]: javascript:alert(1)', '[a\nb]\u200b: javascript:alert(1)'],
    ['an open ` <img src="//evil.rocks/x">', 'an open ` <img\u200b src="//evil.rocks/x">'],
    ['``` a`\n<a href="//evil.rocks">', '``` a`\n&lt;a href="//evil.rocks">'],
    ['- ```\n  ```\n<img/src=x>', '- ```\n  ```\n&lt;img/src=x>'],
    ['```\n<IMG/src=x>', '```\n<IMG\u200b/src=x>'],
    ['an open ` https&#58;//evil.rocks', 'an open ` https&#58\u200b;//evil.rocks'],
    ['an open ` <javascript:alert(1)>', 'an open ` <javascript\u200b:alert(1)>'],
  ])('%j has no picture, tag or hidden address', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  it.each([
    'see [1]: it is a[0]: 1',
    '`List<String>`, `vector<std::string>` and `a && b(&x);`',
    '```ts\nconst a: Map<A, B> = x[0];\n```',
  ])('%j is left as it is', (text) => {
    expect(escapeText(text)).toBe(text);
  });

  it('grows only at its end when the text does', () => {
    const text =
      '![x] [y]: `<a b` <i>\nx <b>\n```js\na < b && c\n```\n`<` & `` <\n~~~~\n<\n~~~\n<\n~~~~\n& ` <a x &#58; ![ end\n[b]: <b>';
    const whole = escapeText(text);
    for (let length = 0; length <= text.length; length += 1)
      expect(whole.startsWith(escapeText(text.slice(0, length)))).toBe(true);
  });
});

describe('addresses that may be sent a token', () => {
  const hosts = new Set(['smba.trafficmanager.net', '127.0.0.1:4000']);

  it.each([
    'https://smba.trafficmanager.net/amer/',
    'https://SMBA.trafficmanager.net/',
    'http://127.0.0.1:4000/x/',
  ])('%s is one', (url) => {
    expect(isAllowedServiceUrl(url, hosts, false)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'smba.trafficmanager.net',
    'http://smba.trafficmanager.net/amer/',
    'https://evil.example.com/',
    'https://smba.trafficmanager.net.evil.example.com/',
    'https://evil.example.com/smba.trafficmanager.net',
    'https://smba.trafficmanager.net@evil.example.com/',
    'https://user:pass@smba.trafficmanager.net/',
    'https://evil.example.com\\@smba.trafficmanager.net/',
    'https://smba.trafficmanager.net/?x=1',
    'https://smba.trafficmanager.net/#',
    'http://127.0.0.1:4001/',
    'ftp://smba.trafficmanager.net/',
    'file:///etc/passwd',
  ])('%s is none', (url) => {
    expect(isAllowedServiceUrl(url, hosts, false)).toBe(false);
  });

  it('this machine is one on a laptop', () => {
    expect(isAllowedServiceUrl('http://localhost:56150/_connector', hosts, true)).toBe(true);
    expect(isAllowedServiceUrl('http://localhost.evil.example.com/', hosts, true)).toBe(false);
  });
});
