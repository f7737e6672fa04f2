import { readableAttributes } from '../tokens/claims.ts';
import type { Tokens } from '../tokens/issue.ts';
import { type Exchange, sendJson } from './http.ts';

/** GET or POST /oauth2/userInfo with an access token that has the scope openid. */
export function createUserInfo(deps: { tokens: Tokens }) {
  return async ({ request, response }: Exchange): Promise<void> => {
    const refuse = (status: number, error: string, description: string) =>
      sendJson(
        response,
        status,
        { error, error_description: description },
        {
          'www-authenticate': `Bearer error="${error}", error_description="${description}"`,
        },
      );
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return refuse(400, 'invalid_request', 'Bad OAuth2 request at UserInfo Endpoint');
    const verified = await deps.tokens.verifyAccess(token);
    if (typeof verified === 'string') {
      const why = 'Access token is expired, disabled, or deleted, or the user has globally signed out.';
      return refuse(401, 'invalid_token', why);
    }
    const scopes = String(verified.claims.scope).split(' ');
    if (!scopes.includes('openid')) {
      return refuse(401, 'invalid_token', 'Access token does not contain openid scope');
    }
    const { user } = verified;
    // Unlike in the id token, everything is text here, email_verified too.
    sendJson(response, 200, {
      sub: user.sub,
      ...Object.fromEntries(readableAttributes(user, scopes)),
      username: user.username,
    });
  };
}
