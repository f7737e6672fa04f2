import { complaints, type ServicePrefix } from './aws-calls.ts';
import { type Changes, inSteps } from './changes.ts';

/** What a command needs for its work at one service of AWS. */
export interface Hands<C> {
  /** For reading; it tries again. */
  readonly look: C;
  /** For changes; it tries once, because a change whose answer was lost may have been made. Nothing in a dry run. */
  readonly act: C;
  readonly changes: Changes;
  readonly region: string;
}

/** What is used here of a client of the SDK. */
interface AwsClient {
  readonly middlewareStack: { add(middleware: never, options: never): void };
  destroy(): void;
}

/** A service, and how a client of it is made. */
export interface Service<C extends AwsClient> {
  readonly prefix: ServicePrefix;
  readonly connect: (options: { readonly region: string; readonly maxAttempts: number }) => C;
}

/** Runs work in a region. Credentials and addresses come from AWS's own chain and variables. */
export async function withHands<C extends AwsClient, T>(
  { prefix, connect }: Service<C>,
  region: string,
  changes: Changes,
  work: (hands: Hands<C>) => Promise<T>,
): Promise<T> {
  const client = (maxAttempts: number, readOnly: boolean) => {
    const made = connect({ region, maxAttempts });
    const watch = complaints(prefix, { readOnly });
    const options = { step: 'initialize', name: 'complaints', priority: 'high' };
    made.middlewareStack.add(watch as never, options as never);
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
