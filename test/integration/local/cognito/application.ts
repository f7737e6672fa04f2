import { createHash, randomBytes } from 'node:crypto';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { onTestFinished } from 'vitest';
import {
  type CognitoStandIn,
  type CognitoStandInOptions,
  createCognitoStandIn,
} from '../../../../local/cognito/stand-in.ts';
import { createVisitor, type Visit, type Visitor } from './visitor.ts';

/** An application that signs people in at the stand-in, as one does at Cognito. */

export const CALLBACK = 'http://127.0.0.1:1/link/callback';
export const LOGGED_OUT = 'http://127.0.0.1:1/goodbye';

/** A stand-in that is closed when the test ends. */
export async function startCognito(options: Partial<CognitoStandInOptions> = {}): Promise<CognitoStandIn> {
  const cognito = await createCognitoStandIn({
    callbackUrls: [CALLBACK],
    logoutUrls: [LOGGED_OUT],
    ...options,
  });
  onTestFinished(() => cognito.close());
  return cognito;
}

/** A clock that stands still until it is moved. */
export function handClock(startMs = Date.now()) {
  let ms = startMs;
  return {
    now: () => ms,
    pass: (seconds: number) => {
      ms += seconds * 1000;
    },
  };
}

export const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** The address that an application sends a browser to; undefined takes a parameter away. */
export function authorizeUrl(
  cognito: CognitoStandIn,
  changes: Record<string, string | undefined> = {},
): string {
  const params = {
    client_id: cognito.clientId,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid email profile',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  };
  const given = Object.entries(params).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${cognito.url}/oauth2/authorize?${new URLSearchParams(given)}`;
}

export function passwordOf(cognito: CognitoStandIn, username: string): string {
  const person = cognito.users.find((each) => each.username === username);
  if (!person) throw new Error(`nobody is called ${username}`);
  return person.password;
}

/** Goes to the sign-in page and sends user name and password. */
export async function signIn(
  cognito: CognitoStandIn,
  username: string,
  changes: Record<string, string | undefined> = {},
  visitor: Visitor = createVisitor(),
): Promise<Visit> {
  const page = await visitor.open(authorizeUrl(cognito, changes));
  return visitor.submit(page, { username, password: passwordOf(cognito, username) });
}

/** The code (or error) that a browser brought back to the application. */
export function broughtBack(visit: Visit): Record<string, string> {
  if (!visit.url.startsWith(CALLBACK)) throw new Error(`not back at the application but at ${visit.url}`);
  return Object.fromEntries(new URL(visit.url).searchParams);
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: {
    readonly access_token?: string;
    readonly id_token?: string;
    readonly refresh_token?: string;
    readonly expires_in?: number;
    readonly token_type?: string;
    readonly error?: string;
  };
}

/** POST to an endpoint, by default with the client's secret in the header. */
export async function post(
  cognito: CognitoStandIn,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = basic(cognito),
): Promise<TokenAnswer> {
  const answer = await fetch(`${cognito.url}${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as TokenAnswer['body']) };
}

export function basic({ clientId, clientSecret }: CognitoStandIn): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` };
}

export function exchangeCode(cognito: CognitoStandIn, code: string, changes: Record<string, string> = {}) {
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  return post(cognito, '/oauth2/token', { ...form, ...changes });
}

export function refresh(cognito: CognitoStandIn, refreshToken: string) {
  return post(cognito, '/oauth2/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** Signs somebody in all the way to tokens. */
export async function tokensOf(
  cognito: CognitoStandIn,
  username: string,
  changes: Record<string, string | undefined> = {},
): Promise<{ access: string; id: string; refresh: string }> {
  const { code = '' } = broughtBack(await signIn(cognito, username, changes));
  const { body } = await exchangeCode(cognito, code);
  return { access: body.access_token ?? '', id: body.id_token ?? '', refresh: body.refresh_token ?? '' };
}

export function userInfo(cognito: CognitoStandIn, accessToken: string): Promise<Response> {
  return fetch(`${cognito.url}/oauth2/userInfo`, { headers: { authorization: `Bearer ${accessToken}` } });
}

/** The unmodified verifier of AWS. It insists on the real address of the keys; the cache fetches them here instead. */
export function verifierFor<Use extends 'access' | 'id'>(cognito: CognitoStandIn, tokenUse: Use) {
  const realUri = `${cognito.issuer}/.well-known/jwks.json`;
  const jwksCache = new SimpleJwksCache({
    fetcher: {
      async fetch(uri) {
        if (uri !== realUri) throw new Error(`the verifier asks for ${uri}`);
        const answer = await fetch(cognito.jwksUri);
        return answer.arrayBuffer();
      },
    },
  });
  const { userPoolId, clientId } = cognito;
  return CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse }, { jwksCache });
}

/** The middle of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}
