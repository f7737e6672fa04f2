import type { AwsRequest } from './api.ts';
import { type AwsError, awsError, isAwsError } from './aws-error.ts';
import { AUTHORIZE_PATH } from './identity-api.ts';
import type { JwtAuthorizer, TokenUser } from './jwt-authorizer.ts';

const MISMATCH =
  "Authorization method mismatch. The agent is configured for a different authorization method than what was used in your request. Check the agent's authorization configuration and ensure your request uses the matching method (OAuth or SigV4)";

/**
 * A runtime takes either tokens or signatures, never both. undefined for requests that have to be signed.
 * A refusal of a token tells where to get one (RFC 9728), as AWS does.
 */
export function createRuntimeGate(authorizer: JwtAuthorizer | undefined, origin: () => string) {
  async function judge(call: AwsRequest, judging: JwtAuthorizer): Promise<{ caller: TokenUser }> {
    const { authorization = '' } = call.headers;
    if (authorization.startsWith('AWS4-')) throw awsError(403, 'AccessDeniedException', MISMATCH);
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    const missing = awsError(401, 'UnauthorizedException', 'Missing Authentication Token');
    try {
      if (token === undefined) throw missing;
      return { caller: await judging.authorize(token) };
    } catch (error) {
      if (!isAwsError(error) || error.status !== 401) throw error;
      throw withChallenge(error, call, origin());
    }
  }

  return (call: AwsRequest): Promise<{ caller: TokenUser | undefined }> | undefined => {
    // A browser comes here, with nothing but the address it was given.
    if (call.rawPath === AUTHORIZE_PATH && call.method === 'GET')
      return Promise.resolve({ caller: undefined });
    if (call.segments[0] !== 'runtimes') return undefined;
    if (authorizer) return judge(call, authorizer);
    const { authorization = '' } = call.headers;
    if (/^bearer /i.test(authorization)) throw awsError(403, 'AccessDeniedException', MISMATCH);
    return undefined;
  };
}

function withChallenge(error: AwsError, call: AwsRequest, origin: string): Error {
  const runtime = encodeURIComponent(call.segments[1] ?? '');
  const qualifier = encodeURIComponent(call.query.get('qualifier') ?? 'DEFAULT');
  const metadata = `${origin}/runtimes/${runtime}/invocations/.well-known/oauth-protected-resource?qualifier=${qualifier}`;
  return awsError(error.status, error.code, error.message, error.fields, {
    'www-authenticate': `Bearer resource_metadata="${metadata}"`,
  });
}
