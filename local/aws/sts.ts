import type { Account } from './account-types.ts';
import type { Api } from './api.ts';
import { awsError } from './aws-error.ts';
import { formOf, queryError, xmlAnswer } from './query.ts';

/** STS, API version 2011-06-15: who am I. */

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function createStsApi(account: Account): Api {
  return {
    name: 'sts',
    anyRegion: true,
    internalError: 'InternalFailure',
    refusals: {
      missing: [403, 'MissingAuthenticationToken'],
      bearer: [403, 'MissingAuthenticationToken'],
      malformed: [400, 'IncompleteSignature'],
      scope: [403, 'SignatureDoesNotMatch'],
      unknown_key: [403, 'InvalidClientTokenId'],
      skewed: [403, 'SignatureDoesNotMatch'],
      mismatch: [403, 'SignatureDoesNotMatch'],
    },
    operationOf: (request) => formOf(request).get('Action') ?? 'no Action',
    answer(operation, request) {
      if (operation !== 'GetCallerIdentity') {
        throw awsError(
          400,
          'InvalidAction',
          `This stand-in has no STS action ${operation}, only GetCallerIdentity`,
        );
      }
      const result = {
        Arn: `arn:aws:sts::${account.accountId}:assumed-role/cloud-engineer/local`,
        UserId: 'AROA0123456789EXAMPLE:local',
        Account: account.accountId,
      };
      const value = { GetCallerIdentityResult: result, ResponseMetadata: { RequestId: request.requestId } };
      return xmlAnswer('GetCallerIdentityResponse', value, NAMESPACE);
    },
    fail: (error, requestId) => queryError(error, requestId, NAMESPACE),
  };
}
