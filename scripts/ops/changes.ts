import { Complaint } from './redis.ts';

/** What a command changes, step by step; or, in a dry run, would change. */

const PAST = {
  create: 'Created',
  update: 'Updated',
  add: 'Added',
  remove: 'Removed',
  set: 'Set',
  disable: 'Disabled',
  enable: 'Enabled',
  delete: 'Deleted',
  write: 'Wrote',
} as const;

export interface Change {
  readonly action: keyof typeof PAST;
  readonly what: string;
}

export interface Changes {
  readonly dryRun: boolean;
  /** In order. In a dry run nothing of it was done. */
  readonly list: readonly Change[];
  /** Carries one out and tells of it. undefined in a dry run. */
  make<T>(action: Change['action'], what: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Tells of something that is no change. */
  note(line: string): void;
}

export function createChanges(options: {
  readonly dryRun: boolean;
  readonly tell: (line: string) => void;
}): Changes {
  const { dryRun, tell } = options;
  const list: Change[] = [];
  return {
    dryRun,
    list,
    note: tell,
    async make(action, what, work) {
      const result = dryRun ? undefined : await work();
      list.push({ action, what });
      tell(dryRun ? `Would ${action} ${what}.` : `${PAST[action]} ${what}.`);
      return result;
    },
  };
}

/** Runs a command's work, and tells with a failure what was done before it. */
export async function inSteps<T>(changes: Changes, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Complaint) || changes.dryRun || changes.list.length === 0) throw error;
    const done = changes.list.map(({ action, what }) => `${PAST[action].toLowerCase()} ${what}`).join('; ');
    throw new Complaint(`${error.message}\nDone before that: ${done}. Run it again: it goes on from there.`);
  }
}
