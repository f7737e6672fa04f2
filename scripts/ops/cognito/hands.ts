import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { Changes } from '../changes.ts';
import { type Hands as AwsHands, withHands as withAwsHands } from '../hands.ts';

/** What the work on a user pool needs. */
export type Hands = AwsHands<CognitoIdentityProviderClient>;

/** Runs work on user pools of a region. */
export const withHands = <T>(region: string, changes: Changes, work: (hands: Hands) => Promise<T>) =>
  withAwsHands(
    { prefix: 'cognito-idp', connect: (options) => new CognitoIdentityProviderClient(options) },
    region,
    changes,
    work,
  );
