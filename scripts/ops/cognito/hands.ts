import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { complaints } from '../aws-calls.ts';
import { type Changes, inSteps } from '../changes.ts';

/** What the work on a user pool needs. */
export interface Hands {
  /** For reading; it tries again. */
  readonly look: CognitoIdentityProviderClient;
  /** For changes; it tries once, because a change whose answer was lost may have been made. Nothing in a dry run. */
  readonly act: CognitoIdentityProviderClient;
  readonly changes: Changes;
  readonly region: string;
}

/** Runs work on user pools of a region. Credentials and addresses come from AWS's own chain and variables. */
export async function withHands<T>(
  region: string,
  changes: Changes,
  work: (hands: Hands) => Promise<T>,
): Promise<T> {
  const client = (maxAttempts: number, readOnly: boolean) => {
    const made = new CognitoIdentityProviderClient({ region, maxAttempts });
    const watch = complaints('cognito-idp', { readOnly });
    made.middlewareStack.add(watch, { step: 'initialize', name: 'complaints', priority: 'high' });
    return made;
  };
  const look = client(4, true);
  const act = client(1, changes.dryRun);
  try {
    return await inSteps(changes, () => work({ look, act, changes, region }));
  } finally {
    look.destroy();
    act.destroy();
  }
}
