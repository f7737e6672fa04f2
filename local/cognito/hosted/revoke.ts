import type { Directory } from '../directory/directory.ts';
import type { Tokens } from '../tokens/issue.ts';
import { authenticateClient } from './client-auth.ts';
import { type Exchange, hasDuplicates, readForm, sendJson } from './http.ts';

/** POST /oauth2/revoke: ends a refresh token and all access tokens of its sign-in. Unknown tokens are no error. */
export function createRevocation(deps: { directory: Directory; tokens: Tokens }) {
  const { directory, tokens } = deps;
  return async ({ request, response }: Exchange): Promise<void> => {
    const form = await readForm(request);
    const token = form?.get('token');
    if (!form || !token || hasDuplicates(form)) return sendJson(response, 400, { error: 'invalid_request' });
    const client = authenticateClient(directory, request, form);
    if (!client) return sendJson(response, 401, { error: 'invalid_client' });
    if (!client.settings.EnableTokenRevocation) return sendJson(response, 400, { error: 'invalid_request' });
    if (tokens.isJwt(token)) return sendJson(response, 400, { error: 'unsupported_token_type' });
    if (tokens.revoke(client, token) === 'other_client') {
      return sendJson(response, 400, { error: 'invalid_request' });
    }
    response.writeHead(200, { 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
    response.end();
  };
}
