import { Complaint } from './redis.ts';

/** What the operator's commands do at AWS: how often they try, and what they say when it goes wrong. */

/** Which policy, or which address, a complaint is about. */
export type ServicePrefix = 'cognito-idp' | 'bedrock-agentcore' | 'bedrock';

type Handler = (call: never) => Promise<unknown>;

/**
 * Turns what goes wrong in any call of a client into a complaint with the next step; the error of AWS is its cause.
 * `readOnly` refuses every operation that could change something, whatever asked for it. A middleware for `initialize`.
 */
export function complaints(service: ServicePrefix, options: { readonly readOnly: boolean }) {
  return <H extends Handler>(next: H, context: { readonly commandName?: string }): H => {
    const operation = (context.commandName ?? '').replace(/Command$/, '');
    const handle = async (call: never) => {
      if (options.readOnly && !onlyLooks(operation)) throw new Error(`${operation} in a dry run`);
      try {
        return await next(call);
      } catch (error) {
        throw complaintOf(error as AwsFailure, service, operation);
      }
    };
    return handle as H;
  };
}

/** Whether a complaint is about this error of AWS. */
export const isRefusal = (error: unknown, name: string, message = /(?:)/): error is Complaint =>
  error instanceof Complaint &&
  error.cause instanceof Error &&
  error.cause.name === name &&
  message.test(error.cause.message);

const onlyLooks = (operation: string) => /^(?:Admin)?(?:Get|List|Describe)|^ApplyGuardrail$/.test(operation);

interface AwsFailure extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const SIGN_IN =
  'Sign in to AWS (aws sso login, AWS_PROFILE) or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` tells whether it worked.';

function complaintOf(error: AwsFailure, service: ServicePrefix, operation: string): Complaint {
  return new Complaint(wordsFor(error, service, operation), { cause: error });
}

function wordsFor(error: AwsFailure, service: ServicePrefix, operation: string): string {
  switch (error.name) {
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return `There are no AWS credentials: ${error.message}. ${SIGN_IN}`;
    case 'ExpiredTokenException':
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
      return `AWS does not accept these credentials: ${error.message} ${SIGN_IN}`;
    case 'AccessDeniedException':
    case 'AccessDenied':
    case 'UnauthorizedException':
    case 'NotAuthorizedException':
      return `AWS refuses ${operation}: ${error.message} Your role needs the action ${service}:${operation}.`;
    case 'TooManyRequestsException':
    case 'ThrottlingException':
      return `AWS has had too many calls in this account just now (${operation}). Wait a minute and run it again.`;
    case 'LimitExceededException':
    case 'ServiceQuotaExceededException':
      return `A quota of this account is used up: ${error.message} Ask for more in Service Quotas, or delete what is not needed.`;
  }
  if (error.$metadata?.httpStatusCode === undefined) {
    const why = `${error.code ?? error.name}: ${error.message}`;
    const check = 'Check the network, the region and AWS_ENDPOINT_URL';
    if (onlyLooks(operation)) return `AWS does not answer ${operation} (${why}). ${check}.`;
    return `The answer to ${operation} did not arrive (${why}), so it may have been carried out. ${check}, and run it again: what is there already is not made twice.`;
  }
  return `AWS refuses ${operation}: ${error.name}: ${error.message}`;
}
