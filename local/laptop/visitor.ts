/** A browser without a screen: keeps cookies, fills in the forms that it is shown, and follows redirects one by one. */

export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Visitor = ReturnType<typeof createVisitor>;

interface Form {
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

const HOPS = 12;
const THIS_MACHINE = new Set(['127.0.0.1', 'localhost']);

/**
 * `stopAt` is the origin of the application: a redirect to there is the result and is not followed. Goes nowhere but to
 * this machine. As in a browser, all its ports share their cookies, secure ones too.
 */
export function createVisitor(stopAt = 'http://127.0.0.1:1', signal?: AbortSignal) {
  const jar = new Map<string, { value: string; path: string }>();

  function remember(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/';
      const gone = attributes.some((each) => /^(?:expires=Thu, 01 Jan 1970|max-age=0$)/i.test(each));
      if (gone) jar.delete(`${name}@${path}`);
      else jar.set(`${name}@${path}`, { value: pair.slice(name.length + 1), path });
    }
  }

  function cookiesFor(path: string): string {
    return [...jar]
      .filter(([, each]) => path.startsWith(each.path))
      .map(([key, each]) => `${key.slice(0, key.lastIndexOf('@'))}=${each.value}`)
      .join('; ');
  }

  async function request(url: string, form?: Form): Promise<Visit> {
    const { hostname, pathname } = new URL(url);
    if (!THIS_MACHINE.has(hostname)) throw new Error(`${url} is not on this machine`);
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookiesFor(pathname), 'accept-language': 'en', ...form?.headers },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form.fields) }),
      ...(signal ? { signal } : {}),
    });
    remember(answer.headers);
    return { url, status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** Goes there and on, up to a page or to the application. */
  async function follow(first: Visit): Promise<Visit> {
    let visit = first;
    for (let hop = 0; hop < HOPS; hop++) {
      const location = visit.headers.get('location');
      if (location === null) return visit;
      const next = new URL(location, visit.url).href;
      if (next.startsWith(stopAt)) return { ...visit, url: next, text: '' };
      visit = await request(next);
    }
    throw new Error(`redirected in circles, at last to ${visit.url}`);
  }

  return {
    /** Without following redirects. */
    request: (url: string, fields?: Record<string, string>) =>
      request(url, fields && { fields, headers: {} }),
    open: async (url: string) => follow(await request(url)),
    /** Sends the form of a page with the fields filled in and the hidden ones as they are. */
    async submit(page: Visit, fields: Record<string, string>): Promise<Visit> {
      const action = unescapeHtml(/<form[^>]* action="([^"]*)"/.exec(page.text)?.[1] ?? '');
      if (action === '') throw new Error(`there is no form on ${page.url}: ${page.text}`);
      const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
      const values = Object.fromEntries(
        hidden.map(([, name = '', value = '']) => [name, unescapeHtml(value)]),
      );
      const target = new URL(action, page.url);
      return follow(
        await request(target.href, { fields: { ...values, ...fields }, headers: senderOf(page, target) }),
      );
    },
    cookies: jar,
  };
}

/** What a browser says about the page that a form stands on. */
function senderOf(page: Visit, target: URL): Record<string, string> {
  const { origin } = new URL(page.url);
  const silent = page.headers.get('referrer-policy') === 'no-referrer';
  return {
    origin: silent ? 'null' : origin,
    'sec-fetch-site': target.origin === origin ? 'same-origin' : 'same-site',
  };
}

/** Entities as the characters that they stand for. */
export function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? '');
}
