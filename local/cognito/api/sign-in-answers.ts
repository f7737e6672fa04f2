import type { AwsError } from '../../aws/aws-error.ts';
import type { AppClient } from '../directory/model.ts';
import type { Challenge, Refusal } from '../directory/sign-in.ts';
import { fail, type Json } from './operation.ts';

/** How the API tells the outcome of a sign-in. Pure. */

const MESSAGES: Readonly<Record<Exclude<Refusal, object>, readonly [code: string, message: string]>> = {
  no_such_user: ['UserNotFoundException', 'User does not exist.'],
  wrong_password: ['NotAuthorizedException', 'Incorrect username or password.'],
  locked: ['NotAuthorizedException', 'Password attempts exceeded'],
  disabled: ['NotAuthorizedException', 'User is disabled.'],
  password_expired: [
    'NotAuthorizedException',
    'Temporary password has expired and must be reset by an administrator.',
  ],
  wrong_code: ['CodeMismatchException', 'Invalid code received for user'],
  used_code: ['ExpiredCodeException', 'Your software token has already been used once.'],
};

export function refusalError(refusal: Refusal, client: AppClient): AwsError {
  if (typeof refusal === 'object') return fail('InvalidPasswordException', refusal.badPassword);
  // On request Cognito does not tell who exists.
  const hides = refusal === 'no_such_user' && client.settings.PreventUserExistenceErrors === 'ENABLED';
  return fail(...MESSAGES[hides ? 'wrong_password' : refusal]);
}

export function challengeAnswer(challenge: Challenge): Json {
  const { user } = challenge;
  const common = { USER_ID_FOR_SRP: user.username };
  switch (challenge.name) {
    case 'NEW_PASSWORD_REQUIRED':
      return {
        ChallengeName: challenge.name,
        ChallengeParameters: {
          ...common,
          requiredAttributes: '[]',
          userAttributes: JSON.stringify(Object.fromEntries(user.attributes)),
        },
      };
    case 'SOFTWARE_TOKEN_MFA':
      return { ChallengeName: challenge.name, ChallengeParameters: common };
    case 'MFA_SETUP':
      return {
        ChallengeName: challenge.name,
        ChallengeParameters: { ...common, MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
      };
  }
}
