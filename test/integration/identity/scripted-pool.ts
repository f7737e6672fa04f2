import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a sign-in is answered with; whatever is left out is as it should be. */
export interface Script {
  readonly nonce?: string;
  readonly user?: string;
  readonly access?: Claims;
  readonly id?: Claims;
  /** Sent in the place of a token. */
  readonly instead?: { readonly access?: 'id' | 'unsigned' | 'forged'; readonly id?: 'access' | 'unsigned' };
}
/** null: the claim is missing. */
type Claims = Record<string, unknown>;

/**
 * A user pool that answers whatever a test wants: the code of a sign-in says what it is good for. What a pool checks is
 * not checked here; `local/cognito` does that.
 */
export async function startScriptedPool() {
  const pool = {
    region: 'us-east-2',
    userPoolId: 'us-east-2_scripted1',
    clientId: 'scripted-client',
    clientSecret: 'scripted-secret',
  };
  const issuer = `https://cognito-idp.us-east-2.amazonaws.com/${pool.userPoolId}`;
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let refreshes: Script = {};
  let refreshed = 0;
  let beforeRefresh: Promise<void> = Promise.resolve();
  const issued: string[] = [];

  function answer({ nonce, user = 'alice', access = {}, id = {}, instead = {} }: Script) {
    const now = Math.floor(Date.now() / 1000);
    const common = { sub: subOf(user), iss: issuer, iat: now, auth_time: now, exp: now + 3600 };
    const accessClaims = {
      ...common,
      ...{ client_id: pool.clientId, token_use: 'access', username: user, jti: randomUUID() },
      ...access,
    };
    const idClaims = {
      ...common,
      ...{ aud: pool.clientId, token_use: 'id', 'cognito:username': user, nonce },
      ...{ email: `${user}@example.com`, email_verified: true },
      ...id,
    };
    const made = { access: jwt(accessClaims, key.privateKey), id: jwt(idClaims, key.privateKey) };
    const accessForms = {
      id: made.id,
      unsigned: jwt(accessClaims, undefined),
      forged: jwt(accessClaims, otherKey.privateKey),
    };
    const idForms = { access: made.access, unsigned: jwt(idClaims, undefined) };
    const access_token = instead.access ? accessForms[instead.access] : made.access;
    const id_token = instead.id ? idForms[instead.id] : made.id;
    const refresh_token = `refresh-of-${user}-${randomUUID()}`;
    issued.push(access_token, id_token, refresh_token);
    return { access_token, id_token, refresh_token, token_type: 'Bearer', expires_in: 3600 };
  }

  const server = createServer((request, response) => {
    void (async () => {
      if (request.url?.includes('jwks')) {
        const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };
        return send(response, { keys: [jwk] });
      }
      if (!request.url?.includes('token')) return send(response, {});
      const form = new URLSearchParams(await text(request));
      if (form.get('grant_type') === 'refresh_token') {
        refreshed += 1;
        const user = /^refresh-of-(.+)-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.exec(
          form.get('refresh_token') ?? '',
        )?.[1];
        await beforeRefresh;
        return send(response, answer({ ...(user === undefined ? {} : { user }), ...refreshes }));
      }
      send(response, answer(JSON.parse(Buffer.from(form.get('code') ?? '', 'base64url').toString())));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    ...pool,
    domain: url,
    jwksUri: `${url}/jwks.json`,
    /** The callback's parameters for a sign-in that was begun with this address of the hosted UI. */
    callback(authorizeUrl: string, script: Script = {}): URLSearchParams {
      const { searchParams } = new URL(authorizeUrl);
      const asked = { nonce: searchParams.get('nonce') ?? '', ...script };
      const code = Buffer.from(JSON.stringify(asked)).toString('base64url');
      return new URLSearchParams({ code, state: searchParams.get('state') ?? '' });
    },
    refreshWith(script: Script): void {
      refreshes = script;
    },
    refreshed: () => refreshed,
    /** Refreshes are answered when this resolves. */
    holdRefreshes(until: Promise<void>): void {
      beforeRefresh = until;
    },
    /** Every token that was given away. */
    issued,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Tells nothing of the name, as Cognito's do. */
export const subOf = (user: string) => createHash('sha256').update(user).digest('hex').slice(0, 32);

function jwt(claims: Claims, key: KeyObject | undefined): string {
  const encode = (part: Claims) => {
    const there = Object.entries(part).filter(([, value]) => value !== null);
    return Buffer.from(JSON.stringify(Object.fromEntries(there))).toString('base64url');
  };
  const content = `${encode(key ? { alg: 'RS256', kid: 'k1' } : { alg: 'none', kid: 'k1' })}.${encode(claims)}`;
  return `${content}.${key ? sign('sha256', Buffer.from(content), key).toString('base64url') : ''}`;
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
