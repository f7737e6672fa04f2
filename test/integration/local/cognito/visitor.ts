/** A browser without a screen: keeps cookies, fills in the forms that it is shown, and follows redirects one by one. */

export interface Visit {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Visitor = ReturnType<typeof createVisitor>;

const HOPS = 12;

/** `stopAt` is the origin of the application: a redirect to there is the result and is not followed. */
export function createVisitor(stopAt = 'http://127.0.0.1:1') {
  const jar = new Map<string, { value: string; path: string }>();

  function remember(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/';
      const gone = attributes.some((each) => /^expires=Thu, 01 Jan 1970/i.test(each));
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

  async function request(url: string, form?: Record<string, string>): Promise<Visit> {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookiesFor(new URL(url).pathname), 'accept-language': 'en' },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
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
    request,
    open: async (url: string) => follow(await request(url)),
    /** Sends the form of a page with the fields filled in and the hidden ones as they are. */
    async submit(page: Visit, fields: Record<string, string>): Promise<Visit> {
      const action = unescapeHtml(/<form[^>]* action="([^"]*)"/.exec(page.text)?.[1] ?? '');
      if (action === '') throw new Error(`there is no form on ${page.url}: ${page.text}`);
      const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
      const values = Object.fromEntries(
        hidden.map(([, name = '', value = '']) => [name, unescapeHtml(value)]),
      );
      return follow(await request(new URL(action, page.url).href, { ...values, ...fields }));
    },
    cookies: jar,
  };
}

/** What the page says is wrong. */
export function problemOn({ text }: Visit): string | undefined {
  const found = /<p role="alert"[^>]*>(.*?)<\/p>/s.exec(text)?.[1];
  return found === undefined ? undefined : unescapeHtml(found.replace(/<[^>]*>/g, ''));
}

export function titleOf({ text }: Visit): string | undefined {
  return /<h1>(.*?)<\/h1>/.exec(text)?.[1];
}

function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? '');
}
