import type { ServerResponse } from 'node:http';
import { type Html, html } from './html.ts';
import { type Texts, textsFor } from './texts.ts';

/** The pages of the hosted UI: no script, one style sheet of their own, nothing from elsewhere. */

export interface FormContext {
  readonly texts: Texts;
  /** The application that asks. */
  readonly clientName: string;
  /** Where the form goes. */
  readonly action: string;
  readonly csrf: string;
  readonly problem?: string | undefined;
}

export interface Hint {
  readonly username: string;
  readonly password: string;
  readonly groups: readonly string[];
}

/** A page that Chrome lets post to itself and follow the redirects from there to `formTarget`. */
export function sendPage(
  response: ServerResponse,
  status: number,
  page: Html | string,
  formTarget = '',
): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      `default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' ${formTarget}`.trim(),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(typeof page === 'string' ? page : page.html);
}

/** The source expression that lets a form lead to a redirect URI: its origin, or the scheme of an app. */
export function formTarget(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}

function layout(texts: Texts, title: string, subtitle: string, content: Html): Html {
  return html`<!doctype html>
<html lang="${texts.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/cognito.css">
</head>
<body>
<main>
<h1>${title}</h1>
${subtitle !== '' && html`<p class="subtitle">${subtitle}</p>`}
${content}
</main>
</body>
</html>
`;
}

const alert = (problem: string | undefined) =>
  problem !== undefined && html`<p role="alert" id="problem">${problem}</p>`;
const described = (problem: string | undefined) =>
  problem !== undefined && html` aria-invalid="true" aria-describedby="problem"`;

export function loginPage(
  context: FormContext & {
    readonly username: string;
    /** Whether people of the pool itself can sign in here. */
    readonly withPassword: boolean;
    readonly providers: readonly { readonly label: string; readonly href: string }[];
    readonly hints: readonly Hint[];
  },
): Html {
  const { texts, problem, username } = context;
  const form = html`<form method="post" action="${context.action}">
<input type="hidden" name="_csrf" value="${context.csrf}">
<label for="username">${texts.username}</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="128"${username === '' && html` autofocus`}${described(problem)}>
<label for="password">${texts.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"${username !== '' && html` autofocus`}${described(problem)}>
<button type="submit">${texts.signIn}</button>
</form>`;
  const others = context.providers.map(
    ({ label, href }) => html`<a class="provider" href="${href}">${texts.with(label)}</a>`,
  );
  return layout(
    texts,
    texts.signIn,
    context.clientName,
    html`${alert(problem)}
${context.withPassword && form}
${context.withPassword && others.length > 0 && html`<p class="or">${texts.or}</p>`}
${others}
${context.withPassword && hintTable(texts, context.hints)}`,
  );
}

function hintTable(texts: Texts, hints: readonly Hint[]): Html | false {
  if (hints.length === 0) return false;
  const rows = hints.map(
    ({ username, password, groups }) =>
      html`<tr><th scope="row">${username}</th><td><code>${password}</code></td><td>${groups.join(', ')}</td></tr>`,
  );
  return html`<table class="hint"><caption>${texts.hintTitle}</caption><tbody>${rows}</tbody></table>`;
}

/** Asks for the second factor; with `secret` also sets it up. */
export function codePage(
  context: FormContext & { readonly secret?: string; readonly hint: string | undefined },
): Html {
  const { texts, secret, problem, hint } = context;
  const setup = secret !== undefined;
  return layout(
    texts,
    setup ? texts.setupTitle : texts.mfaTitle,
    context.clientName,
    html`${alert(problem)}
<form method="post" action="${context.action}">
<input type="hidden" name="_csrf" value="${context.csrf}">
<p id="help">${setup ? texts.setupHelp : texts.mfaHelp}</p>
${setup && html`<p class="secret"><code>${secret.replace(/.{4}(?=.)/g, '$& ')}</code></p>`}
<label for="code">${texts.code}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6" required autofocus aria-describedby="${problem === undefined ? 'help' : 'problem help'}">
<button type="submit">${texts.continue}</button>
</form>
${hint !== undefined && html`<p class="hint">${texts.hintCode} <code>${hint}</code></p>`}`,
  );
}

export function newPasswordPage(context: FormContext): Html {
  const { texts, problem } = context;
  return layout(
    texts,
    texts.newTitle,
    context.clientName,
    html`${alert(problem)}
<form method="post" action="${context.action}">
<input type="hidden" name="_csrf" value="${context.csrf}">
<p>${texts.newHelp}</p>
<label for="new_password">${texts.newPassword}</label>
<input id="new_password" name="new_password" type="password" autocomplete="new-password" required maxlength="256" autofocus${described(problem)}>
<label for="confirm_password">${texts.newAgain}</label>
<input id="confirm_password" name="confirm_password" type="password" autocomplete="new-password" required maxlength="256"${described(problem)}>
<button type="submit">${texts.continue}</button>
</form>`,
  );
}

/** Cognito's words for what cannot be sent back to an application, with the error's name. */
export function errorPage(error: string, lang?: string): Html {
  const texts = textsFor(lang);
  return layout(
    texts,
    texts.wentWrong,
    '',
    html`<p role="alert">An error was encountered with the requested page: <code>${error}</code></p>
<p>${texts.startAgain}</p>`,
  );
}
