/**
 * The states of a turn, and every step between them. Redis takes no other: the scripts carry this table.
 *
 * received           accepted while intake was paused; kept, and not begun before it is resumed
 * queued             waits for a worker, also after one was lost or shut down
 * running            a worker asks the agent
 * awaiting_link      its author has to sign in first; the question is kept, and its lane waits with it
 * awaiting_approval  the agent waits for a person's decision
 * posting            the outcome is on record; what is left is to show it. Skipped by what is quickly asked for again
 * done, failed, stopped, blocked, unknown   how it ended
 */
export const TURN_STATES = [
  'received',
  'queued',
  'running',
  'awaiting_link',
  'awaiting_approval',
  'posting',
  'done',
  'failed',
  'stopped',
  'blocked',
  'unknown',
] as const;
export type TurnState = (typeof TURN_STATES)[number];

/** How a turn ended. */
export type TurnEnd = Extract<TurnState, 'done' | 'failed' | 'stopped' | 'blocked' | 'unknown'>;

const ENDS: readonly TurnEnd[] = ['done', 'failed', 'stopped', 'blocked', 'unknown'];

export const TRANSITIONS: Readonly<Record<TurnState, readonly TurnState[]>> = {
  // Stopped: by its author, by a newer question, or by an operator, before anybody began.
  received: ['queued', 'stopped'],
  // Failed: its record cannot be read.
  queued: ['running', 'stopped', 'failed'],
  // Queued: its worker was lost or shut down. An end: what the agent said at once is shown at once.
  running: ['queued', 'awaiting_link', 'awaiting_approval', 'posting', ...ENDS],
  awaiting_link: ['queued', 'stopped'],
  awaiting_approval: ['queued', 'stopped'],
  posting: ['queued', ...ENDS],
  done: [],
  failed: [],
  stopped: [],
  blocked: [],
  unknown: [],
};

export function isEnd(state: TurnState): state is TurnEnd {
  return TRANSITIONS[state].length === 0;
}

/** Lua for `local moves = {from = {to = 1, …}, …}`. */
export function transitionsInLua(): string {
  const rows = TURN_STATES.map((from) => {
    const to = TRANSITIONS[from].map((state) => `${state}=1`).join(',');
    return `${from}={${to}}`;
  });
  return `local moves = {${rows.join(', ')}}`;
}
