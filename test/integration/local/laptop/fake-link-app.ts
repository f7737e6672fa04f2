import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Response } from 'express';
import { onTestFinished } from 'vitest';
import { type CognitoStandIn, createCognitoStandIn } from '../../../../local/cognito/stand-in.ts';
import { createSlackStandIn, type SlackStandIn } from '../../../../local/slack/stand-in.ts';
import { linkHeaders } from '../../../../src/web/link/headers.ts';
import type { LinkPage } from '../../../../src/web/link/link-page.ts';
import { linkStatus } from '../../../../src/web/link/link-status.ts';
import { renderLinkPage } from '../../../../src/web/link/render-link-page.ts';
import { claimsOf, exchangeCode } from '../cognito/application.ts';

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

/** The least of the account link, between the stand-ins: enough for a person to walk through. `links` is who got where. */
export async function startFakeLinkApp(manners: Manners = {}): Promise<{
  slack: SlackStandIn;
  cognito: CognitoStandIn;
  links: Map<string, string>;
}> {
  const tickets = new Map<string, Ticket>();
  const links = new Map<string, string>();
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callback = `${web}/link/callback`;
  const cognito = await createCognitoStandIn({ callbackUrls: [callback], requirePkce: true });
  const slack = await createSlackStandIn({
    eventsUrl: `${web}/slack/events`,
    signingSecret: 'signing-secret',
    botToken: 'xoxb-fake',
  });
  onTestFinished(async () => {
    await slack.close();
    await cognito.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const say = (body: object) =>
    fetch(`${slack.apiUrl}chat.postEphemeral`, {
      method: 'POST',
      headers: { authorization: 'Bearer xoxb-fake', 'content-type': 'application/json' },
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
    const url = `${manners.linkTo ?? web}/link/start?ticket=${id}`;
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
      client_id: cognito.clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email profile',
      state: ticket.state,
      code_challenge: createHash('sha256').update(ticket.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    response.set('set-cookie', `__Host-link=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    response.redirect(302, `${cognito.url}/oauth2/authorize?${query}`);
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
    const form = { redirect_uri: callback, code_verifier: ticket.verifier };
    const { body } = await exchangeCode(cognito, code, form);
    const { email, name } = claimsOf(body.id_token ?? '') as { email: string; name: string };
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

  return { slack, cognito, links };
}
