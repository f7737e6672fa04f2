/** What a sign-in carries through oidc-provider beside the parameters that oidc-provider knows. */
export const FLOW = {
  /** The scopes that Cognito grants; oidc-provider itself only ever sees `openid`. */
  scope: 'cognito_scope',
  /** The identity provider that the request names, or COGNITO. */
  provider: 'cognito_provider',
  lang: 'cognito_lang',
  /** Which browser began it: the value of its XSRF-TOKEN cookie. */
  browser: 'cognito_browser',
} as const;

export const XSRF_COOKIE = 'XSRF-TOKEN';
export const SESSION_COOKIE = 'cognito';

/** How an account is named in oidc-provider. */
export interface AccountRef {
  readonly poolId: string;
  readonly sub: string;
}

export const accountId = ({ poolId, sub }: AccountRef) => `${poolId}|${sub}`;

export function readAccountId(id: string): AccountRef {
  const [poolId = '', sub = ''] = id.split('|');
  return { poolId, sub };
}

const REQUEST_PARAMS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
];

/** The request as the application sent it, from the parameters that travel through oidc-provider. */
export function requestQuery(params: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  const copy = (from: string, to = from) => {
    const value = params[from];
    if (typeof value === 'string') query.set(to, value);
  };
  for (const name of REQUEST_PARAMS) copy(name);
  copy(FLOW.scope, 'scope');
  copy(FLOW.lang, 'lang');
  return query;
}
