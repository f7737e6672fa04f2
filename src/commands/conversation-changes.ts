import { laneId } from '../chat/keys.ts';
import type { ConversationKey } from '../chat/vocabulary.ts';
import type { Directory, Touched } from '../sessions/directory.ts';
import { type LanePlace, type LanePlaces, sessionIn } from '../sessions/lane-places.ts';
import type { SessionChange } from '../sessions/memory-events.ts';
import { cleanTag } from '../sessions/session-name.ts';
import type { Asker } from './account.ts';
import type { Checked } from './word-check.ts';

export interface ConversationChangesDeps {
  readonly directory: Directory;
  readonly places: LanePlaces;
  /** The actor's place in a lane, also one that Redis has lost and Memory knows. */
  readonly placeIn: (actor: string, key: ConversationKey, lane: string) => Promise<LanePlace | undefined>;
  /** Tells Memory of a change, sooner or later. */
  readonly remember: (actor: string, change: SessionChange) => Promise<void>;
}

export const laneOf = ({ key, sender }: Asker): string => laneId(key, sender);
export const isThread = ({ key }: Asker): boolean => key.thread !== '';

/** Changes to sessions of an actor and to where they are answered, of which Memory is told. */
export function createConversationChanges({ directory, places, placeIn, remember }: ConversationChangesDeps) {
  const placed = (actor: string, lane: string, key: ConversationKey, place: LanePlace) =>
    remember(actor, { kind: 'placed', lane, key, actor, place });

  return {
    /** Takes a session up in the asker's place. Undefined: there is none any more; `heard`: this wish was heard before. */
    async takeUp(
      actor: string,
      asker: Asker,
      session: string,
      claim: string | undefined,
    ): Promise<'here' | 'next' | 'heard' | undefined> {
      const lane = laneOf(asker);
      if (!isThread(asker)) {
        const set = await places.setNext(actor, lane, session, claim);
        return set === true ? 'next' : set || undefined;
      }
      await placeIn(actor, asker.key, lane);
      const place = await places.bind(actor, lane, session, claim);
      if (place === undefined || place === 'heard') return place;
      await placed(actor, lane, asker.key, place);
      return 'here';
    },

    /** A fresh session in the asker's place; with a name it is listed at once. `heard`: this wish was heard before. */
    async begin(
      actor: string,
      asker: Asker,
      name: Checked | undefined,
      claim: string | undefined,
    ): Promise<Touched | 'heard' | undefined> {
      const { key } = asker;
      const lane = laneOf(asker);
      await placeIn(actor, key, lane);
      const place = await places.newGeneration(actor, lane, claim);
      if (place === 'heard') return 'heard';
      await placed(actor, lane, key, place);
      const session = sessionIn(key, actor, place);
      if (name === undefined) {
        if (!isThread(asker)) await places.setNext(actor, lane, undefined);
        return undefined;
      }
      const { generation } = place;
      const touched = await directory.touch(actor, {
        session,
        lane,
        generation,
        origin: key,
        question: '',
        name: name.text,
      });
      const { number, name: given } = touched;
      if (touched.created)
        await remember(actor, { kind: 'created', session, name: given, number, question: '', origin: key });
      if (!isThread(asker)) await places.setNext(actor, lane, session);
      return touched;
    },

    async tag(actor: string, session: string, { text: tag }: Checked): Promise<'ok' | 'full' | 'empty'> {
      const outcome = await directory.tag(actor, session, tag);
      if (outcome === 'unknown') return 'empty';
      if (outcome === 'ok') await remember(actor, { kind: 'tagged', session, tag: cleanTag(tag) });
      return outcome;
    },

    /** Whether it had this tag. */
    async untag(actor: string, session: string, tag: string): Promise<boolean> {
      const had = await directory.untag(actor, session, tag);
      if (had) await remember(actor, { kind: 'untagged', session, tag: cleanTag(tag) });
      return had;
    },

    /** The name that it got; undefined: there is no such session. */
    async rename(actor: string, session: string, title: Checked): Promise<string | undefined> {
      const name = await directory.rename(actor, session, title.text);
      if (name !== undefined) await remember(actor, { kind: 'renamed', session, name });
      return name;
    },

    async setProject(actor: string, session: string, { text: project }: Checked): Promise<void> {
      if (await directory.setProject(actor, session, project))
        await remember(actor, { kind: 'project', session, project });
    },

    /** Whether it was active. */
    async archive(actor: string, session: string): Promise<boolean> {
      const done = await directory.archive(actor, session);
      if (done) await remember(actor, { kind: 'archived', session });
      return done;
    },

    /** Whether it was archived. */
    async restore(actor: string, session: string): Promise<boolean> {
      const done = await directory.restore(actor, session);
      if (done) await remember(actor, { kind: 'restored', session });
      return done;
    },

    /** The thread in which a session began goes on in a fresh one when it is gone, also when Redis is lost. */
    async tellPlace(actor: string, { sender }: Asker, key: ConversationKey | undefined): Promise<void> {
      if (!key) return;
      const lane = laneId(key, sender);
      const place = await places.placeOf(actor, lane);
      if (place) await placed(actor, lane, key, place);
    },
  };
}
