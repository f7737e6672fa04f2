/**
 * One thing that passes over a link between a process under test and its surroundings: a request on its way there, or
 * (a piece of) the answer on its way back. Failpoints are moments of this kind, so the code under test needs no hooks.
 */
export interface Passage {
  readonly link: Link;
  readonly phase: 'request' | 'answer';
  /** Script or command of Redis; method of Slack; call of Teams; `invoke` or `stop` of AgentCore; `event` for a delivery. */
  readonly name: string;
  /** Request: its whole text. Answer: all of it so far. */
  readonly text: string;
  /** Of an answer: the text of the request it answers, where that is kept. */
  readonly request?: string;
  /** The token with which it was asked for, where there is one. */
  readonly sender?: string;
}

/** `events`: Slack and Teams to the web role. The others: from a process to Redis, Slack, AgentCore and Teams. */
export type Link = 'events' | 'redis' | 'slack' | 'aws' | 'teams';

/**
 * What becomes of a passage: `pass`, or `drop` (it goes no further and its connection breaks). A promise holds it, and
 * everything behind it on the same connection, until it is decided.
 */
export type Fate = 'pass' | 'drop' | Promise<'pass' | 'drop'>;
export type Watch = (passage: Passage) => Fate;
