import type { Pool } from '../directory/model.ts';
import { type ClientSettings, tokenLife } from '../shapes/client.ts';
import { fail } from './operation.ts';

/** What must be true between the settings of an app client. Throws Cognito's errors. */

const SYSTEM_SCOPES = ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'];
const FIVE_MINUTES = 300;
const HOUR = 3600;
const DAY = 86_400;
const TEN_YEARS = 315_360_000;

export function checkClient(pool: Pool, settings: ClientSettings, hasSecret: boolean): void {
  checkTokenLife(settings);
  checkFlows(settings, hasSecret);
  checkAuthFlows(settings);
  for (const name of settings.SupportedIdentityProviders ?? []) {
    if (name !== 'COGNITO' && !pool.providers.has(name)) {
      const message = `The provider ${name} does not exist for User Pool ${pool.id}.`;
      throw fail('InvalidParameterException', message);
    }
  }
  for (const url of [...(settings.CallbackURLs ?? []), ...(settings.LogoutURLs ?? [])]) checkUrl(url);
  const { DefaultRedirectURI, CallbackURLs = [] } = settings;
  if (DefaultRedirectURI !== undefined && !CallbackURLs.includes(DefaultRedirectURI)) {
    throw fail('InvalidParameterException', 'DefaultRedirectURI must be in the list of CallbackURLs.');
  }
}

function checkTokenLife(settings: ClientSettings): void {
  const { access, id, refresh } = tokenLife(settings);
  const inside = (value: number, min: number, max: number) => value >= min && value <= max;
  const valid =
    inside(access, FIVE_MINUTES, DAY) && inside(id, FIVE_MINUTES, DAY) && inside(refresh, HOUR, TEN_YEARS);
  if (!valid) throw fail('InvalidParameterException', 'Invalid range for token validity.');
  if (refresh < access || refresh < id) {
    const message = 'Refresh token validity must not be shorter than that of access and id tokens.';
    throw fail('InvalidParameterException', message);
  }
}

function checkFlows(settings: ClientSettings, hasSecret: boolean): void {
  const {
    AllowedOAuthFlows: flows = [],
    AllowedOAuthScopes: scopes = [],
    CallbackURLs: urls = [],
  } = settings;
  const unknown = scopes.find((scope) => !SYSTEM_SCOPES.includes(scope));
  if (unknown !== undefined) throw fail('ScopeDoesNotExistException', `Invalid scope requested: ${unknown}`);
  if (!settings.AllowedOAuthFlowsUserPoolClient) return;
  const refuse = (message: string) => fail('InvalidOAuthFlowException', message);
  if (flows.length === 0 || scopes.length === 0) {
    throw refuse(
      'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    );
  }
  if (flows.includes('client_credentials')) {
    if (flows.length > 1) {
      throw refuse('client_credentials flow can not be selected along with code flow or implicit flow.');
    }
    if (!hasSecret)
      throw refuse('client_credentials flow can not be selected if client does not have a client secret.');
  } else if (urls.length === 0) {
    throw refuse('CallbackURLs are required for the code and implicit flows.');
  }
}

function checkAuthFlows({ ExplicitAuthFlows: flows, RefreshTokenRotation: rotation }: ClientSettings): void {
  const modern = flows.filter((flow) => flow.startsWith('ALLOW_'));
  if (modern.length > 0 && modern.length < flows.length) {
    const message = 'ExplicitAuthFlows cannot mix values with and without the prefix ALLOW_.';
    throw fail('InvalidParameterException', message);
  }
  if (rotation?.Feature === 'ENABLED' && flows.includes('ALLOW_REFRESH_TOKEN_AUTH')) {
    const message = 'Refresh token rotation cannot be enabled when ALLOW_REFRESH_TOKEN_AUTH is enabled.';
    throw fail('InvalidParameterException', message);
  }
}

/** Absolute, no fragment, and https except on this machine; an app's own scheme is fine. */
function checkUrl(text: string): void {
  const url = URL.parse(text);
  const local = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || text.includes('#') || (url.protocol === 'http:' && !local)) {
    throw fail(
      'InvalidParameterException',
      `${text} is not an allowed URL: it must be absolute, without a fragment, and https`,
    );
  }
}
