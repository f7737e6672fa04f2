/**
 * Why somebody could not be identified.
 *
 * code_refused          the code, its verifier or its redirect address was not what Cognito gave it for
 * token_invalid         Cognito's answer holds no token for us, or one that does not verify
 * signed_out            the refresh token is revoked or expired: only the person can mend that, by signing in again
 * provider_refused      the person cancelled, or the identity provider refused them
 * provider_unreachable  no answer, or one that says it is for now
 * misconfigured         Cognito does not know our client, or its secret
 */
export const IDENTITY_FAILURES = [
  'code_refused',
  'token_invalid',
  'signed_out',
  'provider_refused',
  'provider_unreachable',
  'misconfigured',
] as const;
export type IdentityFailure = (typeof IDENTITY_FAILURES)[number];

/** Says what happened without a token, a code or a name in it. */
export class IdentityError extends Error {
  readonly code: IdentityFailure;

  constructor(code: IdentityFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IdentityError';
    this.code = code;
  }
}
