import type { Invocation } from '../contract/invocation.ts';
import type { Seen } from '../identity/identity.ts';
import type { FailureCode } from './failure-policy.ts';
import { FAILURE_POLICY } from './failure-policy.ts';

/** A person that the agent works for. */
export interface Person {
  readonly kind: 'person';
  readonly actor: Invocation['actor'];
  /** Their access token, good for now; undefined where the agent is called with our own credentials. */
  readonly bearer?: () => Promise<string>;
}

/** Who a turn runs as. */
export type RunsAs =
  | Person
  /** They may not ask. They are told so in private. */
  | { readonly kind: 'refused'; readonly reason: string; readonly tell: () => Promise<void> }
  /** They have to sign in first; the question is kept until what was seen is another. */
  | { readonly kind: 'unlinked'; readonly seen: Seen; readonly invite: () => Promise<void> };

export interface FindOut {
  readonly identify: () => Promise<RunsAs>;
  /** Whether a failure is one of identity, that may pass: then it is tried again. Others are thrown. */
  readonly mayPass: (error: unknown) => boolean;
  readonly pause: (ms: number) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** Finds out who asks, with some patience. Answers the failure when it cannot be told. */
export async function findOut({
  identify,
  mayPass,
  pause,
  onFailure,
}: FindOut): Promise<RunsAs | Extract<FailureCode, 'identity_unavailable'>> {
  for (const waitMs of [...FAILURE_POLICY.identity_unavailable.startAfterMs, undefined]) {
    try {
      return await identify();
    } catch (error) {
      if (!mayPass(error)) throw error;
      onFailure(error);
      if (waitMs !== undefined) await pause(waitMs);
    }
  }
  return 'identity_unavailable';
}
