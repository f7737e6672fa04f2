import { ENGLISH } from './english.ts';
import { GERMAN } from './german.ts';
import { type Html, html } from './html.ts';
import type { ChatAccount, LinkPage } from './link-page.ts';
import type { Locale } from './locale.ts';
import { shownName } from './shown-name.ts';
import { STYLE } from './style.ts';
import type { Message, Texts } from './texts.ts';

const TEXTS: Readonly<Record<Locale, Texts>> = { en: ENGLISH, de: GERMAN };

/** The whole page: one file without scripts that asks nobody for anything. Send it with `linkHeaders`. */
export function renderLinkPage(page: LinkPage, locale: Locale): string {
  const texts = TEXTS[locale];
  const { title, content } = contentOf(page, texts);
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.html;
}

function contentOf(page: LinkPage, texts: Texts): { readonly title: string; readonly content: Html } {
  switch (page.kind) {
    case 'confirm':
      return { title: texts.confirm.title, content: confirmForm(page, texts) };
    case 'continue_in_chat':
      return told('status', texts.continueInChat(page.platform, chatAccount(page, texts)));
    case 'declined':
      return told('status', texts.declined(page.platform));
    case 'resource_done': {
      const { name, email } = page.account;
      return told('status', texts.resourceDone(shownName(email ?? name, texts.nameless)));
    }
    case 'signed_out':
      return told('status', texts.signedOut);
    case 'problem': {
      const retryAfterS = page.code === 'too_many_attempts' ? page.retryAfterS : 0;
      const { platform, about: matter = 'link' } = page;
      return told('alert', texts.problem(page.code, { platform, retryAfterS, matter }));
    }
  }
}

function told(role: 'status' | 'alert', { title, happened, next }: Message) {
  return { title, content: html`<p role="${role}">${happened}</p>\n<p>${next}</p>` };
}

function chatAccount({ platform, person, workspace }: ChatAccount, { chat, nameless }: Texts): Html {
  // A handle that comes with its @ would have two.
  return chat(platform, shownName(person.replace(/^\s*@/, ''), nameless), shownName(workspace, nameless));
}

function confirmForm(page: Extract<LinkPage, { kind: 'confirm' }>, texts: Texts): Html {
  const { confirm, nameless } = texts;
  const { name, email } = page.account;
  const chat = chatAccount(page.chat, texts);
  const account = shownName(email ?? name, nameless);
  return html`<p>${confirm.question(chat, account)}</p>
<dl>
<dt>${confirm.chatLabel}</dt>
<dd>${chat}</dd>
<dt>${confirm.accountLabel}</dt>
<dd>${account}${email !== undefined && html` <span>${shownName(name, nameless)}</span>`}</dd>
</dl>
${page.differs && html`<p class="warning" role="alert">${confirm.differs}</p>`}
<p>${confirm.meaning}</p>
<p class="warning" id="warning">${confirm.warning}</p>
<form method="post" action="${page.action}" aria-describedby="warning">
<input type="hidden" name="proposal" value="${page.proposal}">
<button type="submit" name="decision" value="yes" class="yes">${confirm.yes}</button>
<button type="submit" name="decision" value="no">${confirm.no}</button>
</form>`;
}
