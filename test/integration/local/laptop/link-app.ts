import { createHash, randomBytes } from 'node:crypto';
import express, { type Express, type Response } from 'express';
import { linkHeaders } from '../../../../src/web/link/headers.ts';
import type { LinkPage } from '../../../../src/web/link/link-page.ts';
import { linkStatus } from '../../../../src/web/link/link-status.ts';
import { renderLinkPage } from '../../../../src/web/link/render-link-page.ts';

/** Where the app is, and whom it talks to. */
export interface Surroundings {
  readonly web: string;
  readonly slackApi: string;
  readonly botToken: string;
  readonly cognito: { readonly url: string; readonly clientId: string; readonly clientSecret: string };
}

/** How the app misbehaves; by default it does not. */
export interface Manners {
  /** Says nothing but this when somebody writes `link`. */
  readonly instead?: string;
  /** Where the link in the chat leads to. */
  readonly linkTo?: string;
  /** Shows this page after the sign-in. */
  readonly afterSignIn?: LinkPage;
  /** Takes no clicks. */
  readonly deaf?: boolean;
}

interface Ticket {
  readonly user: string;
  readonly channel: string;
  readonly state: string;
  readonly verifier: string;
  account: string;
}

interface SlackMessage {
  readonly type: string;
  readonly channel_type?: string;
  readonly bot_id?: string;
  readonly text?: string;
  readonly user: string;
  readonly channel: string;
}

interface Press {
  readonly response_url: string;
  readonly user: { readonly id: string };
  readonly actions: readonly { readonly action_id: string; readonly value: string }[];
}

/** The least of the account link: enough for a person to walk through. `links`: who got linked to which account. */
export function createLinkApp(
  around: () => Surroundings,
  links: Map<string, string>,
  manners: Manners = {},
): Express {
  const tickets = new Map<string, Ticket>();
  const callback = () => `${around().web}/link/callback`;

  async function personOf(code: string, verifier: string): Promise<{ email: string; name: string }> {
    const { url, clientId, clientSecret } = around().cognito;
    const answer = await fetch(`${url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback(),
        code_verifier: verifier,
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    const { id_token: token = '' } = (await answer.json()) as { id_token?: string };
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return JSON.parse(claims) as { email: string; name: string };
  }

  const app = express();
  const say = (body: object) =>
    fetch(`${around().slackApi}chat.postEphemeral`, {
      method: 'POST',
      headers: { authorization: `Bearer ${around().botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const actions = (...buttons: object[]) => [
    { type: 'actions', elements: buttons.map((each) => ({ type: 'button', ...each })) },
  ];
  const plain = (text: string) => ({ type: 'plain_text', text });
  const show = (response: Response, page: LinkPage) =>
    response
      .status(linkStatus(page))
      .set(linkHeaders({ https: false }))
      .send(renderLinkPage(page, 'en'));

  async function offerLink({ user, channel }: SlackMessage): Promise<void> {
    if (manners.instead !== undefined) {
      await say({ channel, user, text: manners.instead });
      return;
    }
    const id = randomBytes(16).toString('hex');
    const verifier = randomBytes(32).toString('base64url');
    tickets.set(id, { user, channel, state: randomBytes(16).toString('hex'), verifier, account: '' });
    const url = `${manners.linkTo ?? around().web}/link/start?ticket=${id}`;
    const button = { action_id: 'link_open', style: 'primary', text: plain('Link'), url };
    await say({ channel, user, text: 'You are not linked yet.', blocks: actions(button) });
  }

  async function pressed({ actions: [action], response_url: url, user }: Press): Promise<void> {
    const ticket = tickets.get(action?.value ?? '');
    if (action?.action_id !== 'link_yes' || ticket?.user !== user.id) return;
    links.set(user.id, ticket.account);
    const text = `You are linked as ${ticket.account}.`;
    await fetch(url, { method: 'POST', body: JSON.stringify({ replace_original: true, text }) });
  }

  app.post('/slack/events', express.json(), express.urlencoded(), async (request, response) => {
    const { event, payload } = request.body as { event?: SlackMessage; payload?: string };
    if (payload !== undefined && manners.deaf) return void response.sendStatus(503);
    response.sendStatus(200);
    if (payload !== undefined) await pressed(JSON.parse(payload) as Press);
    const asks = event?.type === 'message' && event.channel_type === 'im' && event.bot_id === undefined;
    if (asks && event.text === 'link') await offerLink(event);
  });

  app.get('/link/start', (request, response) => {
    const { ticket: id } = request.query as Record<string, string>;
    const ticket = tickets.get(id ?? '');
    if (!ticket) return void show(response, { kind: 'problem', code: 'ticket_unknown' });
    const query = new URLSearchParams({
      client_id: around().cognito.clientId,
      redirect_uri: callback(),
      response_type: 'code',
      scope: 'openid email profile',
      state: ticket.state,
      code_challenge: createHash('sha256').update(ticket.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    response.set('set-cookie', `__Host-link=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    response.redirect(302, `${around().cognito.url}/oauth2/authorize?${query}`);
  });

  const ticketOf = (cookies = '') => {
    const id = /(?:^|; )__Host-link=([^;]*)/.exec(cookies)?.[1] ?? '';
    return { id, ticket: tickets.get(id) };
  };

  app.get('/link/callback', async (request, response) => {
    const { id, ticket } = ticketOf(request.headers.cookie);
    const { code = '', state } = request.query as Record<string, string>;
    if (ticket?.state !== state || !ticket) {
      return void show(response, { kind: 'problem', code: 'other_browser' });
    }
    const { email, name } = await personOf(code, ticket.verifier);
    ticket.account = email;
    const chat = { platform: 'slack', person: ticket.user, workspace: 'Threadcore' } as const;
    show(
      response,
      manners.afterSignIn ?? {
        kind: 'confirm',
        chat,
        account: { name, email },
        differs: false,
        proposal: id,
        action: '/link/confirm',
      },
    );
  });

  app.post('/link/confirm', express.urlencoded(), async (request, response) => {
    const { id, ticket } = ticketOf(request.headers.cookie);
    const { proposal, decision } = request.body as Record<string, string>;
    const fromHere = request.headers['sec-fetch-site'] === 'same-origin' && request.headers.origin === 'null';
    if (!ticket || proposal !== id || decision !== 'yes' || !fromHere) {
      return void show(response, { kind: 'problem', code: 'bad_request' });
    }
    const { channel, user } = ticket;
    await say({
      channel,
      user,
      text: `Was it you who signed in as ${ticket.account}? Nothing is linked yet.`,
      blocks: actions(
        { action_id: 'link_no', style: 'danger', text: plain('No'), value: id },
        { action_id: 'link_yes', style: 'primary', text: plain('Yes, it was me'), value: id },
      ),
    });
    show(response, { kind: 'continue_in_chat', platform: 'slack', person: user, workspace: 'Threadcore' });
  });

  return app;
}
