import { type AnsweredTurn, memoryActor, talkOf } from '../../src/contract/memory.ts';
import type { RunLog } from '../runs/registry.ts';
import { conversationFrom, readNewest, type SaidMessage } from './conversation.ts';
import type { MemoryApi, Place } from './memory-api.ts';
import { MOST_NOTES, type Note, notesFrom } from './notes.ts';
import type { Writer } from './writer.ts';

/** Memory of people and their conversations. Nothing here throws: without Memory the agent answers all the same. */
export interface SessionMemory {
  /** What was said in the session, but for the turns `without` (`turnTag`); undefined: Memory does not answer. */
  history(place: Place, without: ReadonlySet<string>): Promise<SaidMessage[] | undefined>;
  /** What fits the question from earlier conversations of the person; undefined: Memory does not answer in time. */
  notes(place: Place, question: string): Promise<readonly Note[] | undefined>;
  /** Resolves, without waiting long, whether nothing has gone wrong. What has is tried again in the background. */
  keep(place: Place, turn: AnsweredTurn): Promise<boolean>;
}

/** A new process has nothing else to go by; a person waits for it. */
const HISTORY_MS = 3_000;
const NOTES_MS = 1_000;
/** Mostly it is written by then, and whoever takes the session over finds it. */
const KEEP_MS = 1_000;

export function createSessionMemory(deps: {
  readonly api: MemoryApi;
  /** Undefined: somebody else writes what was said. */
  readonly writer: Writer | undefined;
  readonly log: RunLog;
}): SessionMemory {
  const { api, writer, log } = deps;
  return {
    async history(place, without) {
      try {
        const events = await readNewest(api.talk(place, AbortSignal.timeout(HISTORY_MS)));
        return conversationFrom(events, without);
      } catch (error) {
        log.warn({ sessionId: place.sessionId, err: error }, 'Memory does not tell what was said before');
        return undefined;
      }
    },

    async notes(place, query) {
      const { actorId, sessionId } = place;
      try {
        const records = await api.records(
          { actorId, query, most: MOST_NOTES },
          AbortSignal.timeout(NOTES_MS),
        );
        return notesFrom(records, sessionId);
      } catch (error) {
        log.warn({ sessionId, err: error }, 'Memory does not tell what is known of a person');
        return undefined;
      }
    },

    async keep(place, turn) {
      if (!writer) return true;
      let late: NodeJS.Timeout | undefined;
      const patience = new Promise<'late'>((resolve) => {
        late = setTimeout(() => resolve('late'), KEEP_MS);
      });
      const state = await Promise.race([writer.write(place, talkOf(turn)), patience]);
      clearTimeout(late);
      return state !== 'failing';
    },
  };
}

/** Undefined: nobody vouches for who asks, so nothing is remembered of them, or told to them. */
export function placeOf(actorId: string | undefined, sessionId: string): Place | undefined {
  return actorId === undefined ? undefined : { actorId: memoryActor(actorId), sessionId };
}
