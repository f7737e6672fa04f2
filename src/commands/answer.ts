import type { AccountAnswer } from './account.ts';

/** `text` is in plain words. */
export interface CommandAnswer extends AccountAnswer {
  /** There was something to do, or to tell. */
  readonly found: boolean;
  /** A worker has it, and will show in the thread how it ends. */
  readonly atWork: boolean;
  /** The words were no command after all: they are for the agent. */
  readonly question?: true;
  /** What the asker can stop, in the order of the asking. */
  readonly open?: readonly OpenTurn[];
}

export interface OpenTurn {
  readonly id: string;
  readonly question: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** It has not begun. */
  readonly waiting: boolean;
}
