import { hash } from 'node:crypto';

/**
 * What the agent and the backend have to agree on in AgentCore Memory, whichever of them writes. A session in Memory has
 * the id of the runtime session.
 */

/** Events that are no talk carry this metadata key: `session` or `lane`. Nobody takes them for something said. */
export const EVENT_KIND = 'threadcore';
/** Events that are talk carry the id of their turn (`turnTag`) under this metadata key. */
export const EVENT_TURN = 'turn';

/** The most characters that Memory takes as one message. */
export const MAX_MESSAGE_CHARS = 100_000;

/**
 * Under which id Memory keeps what belongs to a person: 32 hexadecimal digits. Memory's ids allow neither `.` nor `@`,
 * and the ids of accounts stay out of it. `actor` as in an invocation: the Cognito sub, or `platform:tenant:user`.
 */
export const memoryActor = (actor: string): string =>
  hash('sha256', JSON.stringify(['directory', actor])).slice(0, 32);

/** The client token of one event of a turn: whoever writes it again, wherever, writes nothing. */
export const eventToken = (turnId: string, role: string, index: number): string =>
  hash('sha256', JSON.stringify([turnId, role, index]));

/** The id of a turn as metadata may say it. */
export const turnTag = (turnId: string): string => turnId.replaceAll(/[^\w.:/=+@-]/g, '-').slice(0, 256);

/** A turn that was answered. Times are epoch milliseconds. */
export interface AnsweredTurn {
  readonly turnId: string;
  /** What the person wrote, and nothing that was put beside it. */
  readonly question: string;
  readonly answer: string;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** One event of talk, as Memory gets it. */
export interface TalkEvent {
  readonly token: string;
  /** Epoch milliseconds; no two of a turn have the same. */
  readonly at: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly metadata: Readonly<Record<typeof EVENT_TURN, string>>;
}

/** What an answered turn leaves in Memory, in order: the question, then the answer. Longer texts are several events. */
export function talkOf({ turnId, question, answer, askedAt, answeredAt }: AnsweredTurn): TalkEvent[] {
  // Memory orders by milliseconds, and those of one in no order at all.
  let last = 0;
  const events = (role: TalkEvent['role'], text: string, at: number) =>
    pieces(text).map((piece, index): TalkEvent => {
      last = Math.max(at, last + 1);
      const token = eventToken(turnId, role, index);
      return { token, at: last, role, text: piece, metadata: { [EVENT_TURN]: turnTag(turnId) } };
    });
  return [...events('user', question, askedAt), ...events('assistant', answer, answeredAt)];
}

/** Of at most `MAX_MESSAGE_CHARS`, no character torn. */
function pieces(text: string): string[] {
  const whole = text.toWellFormed();
  const found: string[] = [];
  for (let from = 0; from < whole.length; ) {
    let to = Math.min(whole.length, from + MAX_MESSAGE_CHARS);
    if (to < whole.length && isHighSurrogate(whole.charCodeAt(to - 1))) to -= 1;
    found.push(whole.slice(from, to));
    from = to;
  }
  return found;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;

/** Of the long-term records of a person: those of all strategies stand below it. */
export const recordsPath = (actorId: string): string => `/people/${actorId}`;

/** Where each strategy puts its records, as Memory's templates. */
export const RECORD_NAMESPACES = {
  semantic: '/people/{actorId}/facts',
  preference: '/people/{actorId}/preferences',
  summary: '/people/{actorId}/sessions/{sessionId}',
} as const;
