import type { Call } from '../../local/teams/model.ts';
import type { Fate, Passage } from './passage.ts';

/** Something that was done to a process, or to all of them, from one moment to another (`performance.now()`). */
interface Struck {
  /** Undefined: all. */
  readonly member: string | undefined;
  readonly from: number;
  readonly to: number;
}

/**
 * Knows which messages in Teams may stand there twice, and nothing else may: those whose answer was really lost, and those
 * whose sender was struck before it could put them on record.
 */
export interface Doubts {
  /** To be told of what passes between a process and Teams or Redis. */
  saw(member: string, passage: Passage, fate: Fate): void;
  /** `ms`: for how long it lasts. */
  struck(member: string | undefined, ms: number): void;
  /** Whether nobody could know of this message, for a reason that really was. */
  excuses(messageId: string): boolean;
  /** What the web role said, which answers commands and belongs to no turn. */
  readonly said: ReadonlySet<string>;
}

/** From Teams' answer to the record of it, on a machine that is out of breath. */
const RECORDED_WITHIN_MS = 1_500;
const NEW_ID = /"id":"(\d{10,})"/;
const POSTED = /"id":"(\d{10,})"/g;

export function watchDoubts(calls: readonly Call[], web: string): Doubts {
  const strikes: Struck[] = [];
  const senders = new Map<string, string>();
  const recorded = new Set<string>();
  /** Whose answer was cut off. */
  const lost = new Set<string>();
  const said = new Set<string>();

  return {
    said,
    saw(member, { link, phase, name, text, request = '' }, fate) {
      if (link === 'redis' && phase === 'answer' && name === 'note' && text.startsWith(':1'))
        for (const [, id = ''] of request.matchAll(POSTED)) recorded.add(id);
      if (link !== 'teams' || name !== 'post') return;
      if (phase === 'request' && member === web)
        said.add(String((JSON.parse(utf8(text)) as { text?: unknown }).text));
      const id = phase === 'answer' && text.startsWith('HTTP/1.1 2') ? NEW_ID.exec(text)?.[1] : undefined;
      if (id !== undefined) senders.set(id, member);
      if (id !== undefined && fate === 'drop') lost.add(id);
    },
    struck(member, ms) {
      const from = performance.now();
      strikes.push({ member, from, to: from + ms });
    },
    excuses(messageId) {
      if (recorded.has(messageId)) return false;
      const call = calls.findLast(({ id, method }) => id === messageId && method === 'send');
      if (!call) return false;
      const at = call.at - performance.timeOrigin;
      const sender = senders.get(messageId);
      return (
        call.lost === true ||
        lost.has(messageId) ||
        strikes.some(
          ({ member, from, to }) =>
            (member === undefined || sender === undefined || member === sender) &&
            at > from - RECORDED_WITHIN_MS &&
            at < to + RECORDED_WITHIN_MS,
        )
      );
    },
  };
}

/** Passages are read byte by byte. */
const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
