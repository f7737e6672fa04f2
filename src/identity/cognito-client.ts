import * as oauth from 'oauth4webapi';
import { IdentityError } from './identity-error.ts';

export interface CognitoClientOptions {
  readonly region: string;
  readonly userPoolId: string;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined;
  /** Base address of the hosted UI. */
  readonly domain: string;
  /** Where Cognito sends the browser back to; registered with the client letter by letter. */
  readonly redirectUri: string;
  /** A federated identity provider of the pool that people shall sign in with. */
  readonly identityProvider: string | undefined;
}

export interface AuthorizeRequest {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** BCP 47 language of the person, for Cognito's pages. */
  readonly language?: string;
}

export interface Tokens {
  readonly access: string;
  readonly id: string;
  readonly refresh: string;
}

export type CognitoClient = ReturnType<typeof createCognitoClient>;

const SCOPES = 'openid email profile';
const TIMEOUT_MS = 5_000;

/** Cognito's OAuth endpoints: authorization code with PKCE, refresh, revocation. Every method throws IdentityError. */
export function createCognitoClient(options: CognitoClientOptions) {
  const { domain, clientId, clientSecret, redirectUri, userPoolId, region } = options;
  const server: oauth.AuthorizationServer = {
    issuer: `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`,
    authorization_endpoint: `${domain}/oauth2/authorize`,
    token_endpoint: `${domain}/oauth2/token`,
    revocation_endpoint: `${domain}/oauth2/revoke`,
  };
  const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: 30 };
  const authentication = clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(clientSecret);
  // The configuration admits http for addresses of this machine only.
  const request = () => ({
    [oauth.allowInsecureRequests]: domain.startsWith('http:'),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });

  return {
    /** Where to send the browser. */
    async authorizeUrl({ state, nonce, verifier, language }: AuthorizeRequest): Promise<string> {
      const url = new URL(`${domain}/oauth2/authorize`);
      const { identityProvider } = options;
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: SCOPES,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(identityProvider === undefined ? {} : { identity_provider: identityProvider }),
        ...(language === undefined ? {} : { lang: language }),
      };
      url.search = new URLSearchParams(parameters).toString();
      return url.href;
    },

    /** The tokens for what the browser brought back. The parameters are checked (RFC 9207 `iss`, `state`, `error`). */
    async exchange(
      parameters: URLSearchParams,
      { state, nonce, verifier }: Pick<AuthorizeRequest, 'state' | 'nonce' | 'verifier'>,
    ): Promise<Tokens> {
      return attempt('code_refused', async () => {
        const checked = oauth.validateAuthResponse(server, client, parameters, state);
        const answer = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          authentication,
          checked,
          redirectUri,
          verifier,
          request(),
        );
        refuseOutage(answer);
        const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        return tokensOf(tokens, undefined);
      });
    },

    /** New tokens; the refresh token is the old one where Cognito does not rotate it. `signed_out`: it is no longer good. */
    async refresh(refreshToken: string): Promise<Tokens> {
      return attempt('signed_out', async () => {
        const answer = await oauth.refreshTokenGrantRequest(
          server,
          client,
          authentication,
          refreshToken,
          request(),
        );
        refuseOutage(answer);
        return tokensOf(await oauth.processRefreshTokenResponse(server, client, answer), refreshToken);
      });
    },

    /** Ends the refresh token and the access tokens of its sign-in. One that is no longer good is no error. */
    async revoke(refreshToken: string): Promise<void> {
      await attempt('signed_out', async () => {
        const answer = await oauth.revocationRequest(server, client, authentication, refreshToken, request());
        refuseOutage(answer);
        await oauth.processRevocationResponse(answer);
      });
    },
  };
}

function tokensOf(answer: oauth.TokenEndpointResponse, formerRefresh: string | undefined): Tokens {
  const { access_token: access, id_token: id, refresh_token: refresh = formerRefresh } = answer;
  if (id === undefined || refresh === undefined) {
    throw new IdentityError(
      'misconfigured',
      'Cognito answered without an id or a refresh token: check the flows and scopes of the app client.',
    );
  }
  return { access, id, refresh };
}

function refuseOutage({ status }: Response): void {
  if (status === 429 || status >= 500)
    throw new IdentityError('provider_unreachable', `Cognito answered with status ${status}.`);
}

/** `refused`: what `invalid_grant` means here. Messages of the library stay out: they can hold what Cognito answered. */
async function attempt<T>(refused: 'code_refused' | 'signed_out', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(error, refused);
  }
}

function failure(error: unknown, refused: 'code_refused' | 'signed_out'): IdentityError {
  if (error instanceof IdentityError) return error;
  if (error instanceof oauth.AuthorizationResponseError)
    return new IdentityError('provider_refused', `Cognito sent the browser back with ${known(error.error)}.`);
  if (error instanceof oauth.ResponseBodyError) {
    if (error.error === 'invalid_grant') return new IdentityError(refused, 'Cognito answered invalid_grant.');
    return new IdentityError('misconfigured', `Cognito answered ${known(error.error)}.`);
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    return new IdentityError('misconfigured', 'Cognito did not accept our client.');
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError)
    return new IdentityError(
      'token_invalid',
      `The answer of Cognito does not hold (${error.code ?? error.name}).`,
    );
  const name = error instanceof Error ? error.name : 'unknown';
  return new IdentityError('provider_unreachable', `Cognito did not answer (${name}).`, { cause: error });
}

/** Error names of OAuth only, never free text. */
const known = (name: string) => (/^[a-z_]{1,40}$/.test(name) ? name : 'an unknown error');
