import type { MemoryClient } from '../agentcore/memory-client.ts';
import type { MemoryEvent } from '../agentcore/memory-shapes.ts';
import { EVENT_KIND, EVENT_TURN, memoryActor } from '../contract/memory.ts';
import { fold } from '../sessions/session-name.ts';
import type { PastTurn } from './conversation-answers.ts';
import type { FoundTalk, PastTalk } from './past-talk.ts';

export interface TalkInMemoryDeps {
  readonly client: Pick<MemoryClient, 'listEvents' | 'retrieveRecords'>;
  /** Where long-term notes about a person stand, as Memory names it. */
  readonly namespaces: (actorId: string) => readonly string[];
}

/** Whoever asked waits for it, and chat platforms for three seconds. */
const SEARCH_MS = 2_000;
/** So much of a session's talk is looked at. Events. */
const MOST_EVENTS = 400;
/** Sessions that are read at a time. */
const HANDS = 4;
const MOST_HITS = 10;
const MOST_NOTES = 5;
/** So much stands around the words that were found. Characters. */
const AROUND = 120;

/** What was said, read from AgentCore Memory. */
export function createTalkInMemory({ client, namespaces }: TalkInMemoryDeps): PastTalk {
  /** Newest first, without what only Threadcore has noted. */
  async function* talkOf(actor: string, sessionId: string, signal: AbortSignal): AsyncGenerator<Said> {
    const filter = [{ key: EVENT_KIND, absent: true }] as const;
    let read = 0;
    for await (const event of client.listEvents({ actorId: memoryActor(actor), sessionId, filter, signal })) {
      yield* saidIn(event);
      read += 1;
      if (read >= MOST_EVENTS) return;
    }
  }

  async function notes(actor: string, words: string, signal: AbortSignal): Promise<FoundTalk['hits']> {
    const found = await Promise.all(
      namespaces(memoryActor(actor)).map((namespacePath) =>
        client.retrieveRecords({ namespacePath, query: words, limit: MOST_NOTES, signal }),
      ),
    );
    return found
      .flat()
      .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0))
      .slice(0, MOST_NOTES)
      .map(({ text, createdAt, namespace }) => {
        const session = namespace.split('/').find((step) => step.startsWith('tc-'));
        const about = session === undefined ? {} : { session };
        return { ...about, source: 'note' as const, text: noteText(text), at: createdAt.getTime() };
      });
  }

  return {
    async lastTurns(actor, session, count, withinMs) {
      const signal = AbortSignal.timeout(withinMs);
      const turns = new Map<string, Said[]>();
      let more = false;
      for await (const said of talkOf(actor, session, signal)) {
        const one = turns.get(said.turn);
        if (one) one.push(said);
        else if (turns.size < count) turns.set(said.turn, [said]);
        else {
          more = true;
          break;
        }
      }
      return { turns: [...turns.values()].map(turnOf).toReversed(), more };
    },

    async search(actor, words, sessions) {
      const signal = AbortSignal.timeout(SEARCH_MS);
      const wanted = fold(words).split(' ');
      const found: FoundTalk['hits'][number][] = [];
      const line = [...sessions];
      let partial = false;
      const look = async () => {
        for (let session = line.shift(); session !== undefined; session = line.shift()) {
          if (found.length >= MOST_HITS) partial = true;
          else
            for await (const { text, at } of talkOf(actor, session, signal)) {
              const piece = pieceWith(text, wanted);
              if (piece !== undefined) found.push({ session, source: 'talk', text: piece, at });
            }
        }
      };
      const [noted, ...looked] = await Promise.allSettled([
        notes(actor, words, signal),
        ...Array.from({ length: HANDS }, look),
      ]);
      const failed = [noted, ...looked].filter((one) => one.status === 'rejected');
      if (failed.length > HANDS) throw failed[0]?.reason;
      const talk = found.toSorted((a, b) => b.at - a.at);
      return {
        hits: [...(noted.status === 'fulfilled' ? noted.value : []), ...talk].slice(
          0,
          MOST_HITS + MOST_NOTES,
        ),
        partial: partial || failed.length > 0,
      };
    },
  };
}

/** AgentCore notes preferences as JSON and summaries as XML: what of them is meant for people. Pure. */
export function noteText(text: string): string {
  const untagged = text.replaceAll(/<topic name="[^"]*">|<\/topic>/g, ' ').trim();
  try {
    const { preference } = JSON.parse(text) as { preference?: unknown };
    return typeof preference === 'string' ? preference : untagged;
  } catch {
    return untagged;
  }
}

interface Said {
  readonly turn: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly at: number;
}

function saidIn(event: MemoryEvent): Said[] {
  const turn = event.metadata[EVENT_TURN] ?? event.eventId;
  return event.payload.flatMap((item) =>
    item.kind === 'message' && (item.role === 'user' || item.role === 'assistant')
      ? [{ turn, role: item.role, text: item.text, at: event.at.getTime() }]
      : [],
  );
}

/** `said`: newest first. */
function turnOf(said: readonly Said[]): PastTurn {
  const inOrder = said.toReversed();
  const textOf = (role: Said['role']) =>
    inOrder
      .filter((one) => one.role === role)
      .map(({ text }) => text)
      .join('');
  return { question: textOf('user'), answer: textOf('assistant'), at: inOrder[0]?.at ?? 0 };
}

/** What stands around the first of the words in a text that has all of them. Pure. */
function pieceWith(text: string, words: readonly string[]): string | undefined {
  const folded = fold(text);
  if (!words.every((word) => folded.includes(word))) return undefined;
  const small = text.toLowerCase();
  const at = Math.max(0, small.indexOf(words.find((word) => small.includes(word)) ?? ''));
  const [from, to] = [Math.max(0, at - AROUND), at + AROUND];
  return `${from > 0 ? '…' : ''}${text.slice(from, to).toWellFormed()}${to < text.length ? '…' : ''}`;
}
