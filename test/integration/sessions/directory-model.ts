import { expect } from 'vitest';
import type { LanePlace } from '../../../src/sessions/lane-places.ts';
import type { SessionEntry } from '../../../src/sessions/session-entry.ts';
import { joinName, nameFrom, sameBase, splitName } from '../../../src/sessions/session-name.ts';
import type { Connection } from '../../../src/store/connection.ts';
import type { Sealer } from '../../../src/store/sealed.ts';
import { keyOf, personIn } from './rig.ts';

/** What the directory promises of one session. */
interface ModelSession {
  readonly id: string;
  readonly thread: string;
  readonly number: number;
  base: string;
  suffix: number;
  readonly tags: Map<string, string>;
  project: string;
  turns: number;
  lastAt: number;
  archived: boolean;
  /** How lanes belong to it: bound, or the generation with which it began there. */
  readonly lanes: Map<string, 'bound' | number>;
}

/** One person beside a model: every method does one thing in both, and compares what is answered. */
export function createPersonModel(
  redis: Connection,
  prefix: string,
  sealer: Sealer | undefined,
  actor: string,
) {
  const person = personIn(redis, prefix, sealer, actor);
  const { directory, places } = person;
  const sessions = new Map<string, ModelSession>();
  const lanes = new Map<string, LanePlace>();
  let numbers = 0;

  /** The name as wished, or with the number behind the highest of its kind. */
  function freeName(wish: string, whose: string) {
    const { base, suffix } = splitName(wish);
    const taken = [...sessions.values()]
      .filter((one) => one.id !== whose && sameBase(one.base) === sameBase(base))
      .map((one) => one.suffix);
    return { base, suffix: taken.includes(suffix) ? Math.max(...taken) + 1 : suffix };
  }
  const nameOf = (session: ModelSession) => joinName(session);

  /** Where the lane is, without what it was bound to. */
  function loosen(lane: string): number {
    const place = lanes.get(lane);
    if (place?.session !== undefined) sessions.get(place.session)?.lanes.delete(lane);
    return place?.generation ?? 0;
  }

  return {
    actor,
    ids: () => [...sessions.keys()],

    async ask(thread: string, question: string): Promise<void> {
      const id = person.id(thread);
      const answer = await person.ask(thread, question);
      const known = sessions.get(id);
      if (!known) numbers += 1;
      const session: ModelSession = known ?? {
        id,
        thread,
        number: numbers,
        ...freeName(nameFrom(question), id),
        tags: new Map(),
        project: '',
        turns: 0,
        lastAt: 0,
        archived: false,
        lanes: new Map(),
      };
      sessions.set(id, session);
      session.turns += 1;
      session.archived = false;
      const lane = person.lane(thread);
      const place = lanes.get(lane) ?? { generation: 0 };
      if (place.session !== id) session.lanes.set(lane, 0);
      if (place.session === undefined && place.generation === 0) lanes.set(lane, { generation: 0 });
      const entry = await directory.get(actor, id);
      expect(entry?.lastAt).toBeGreaterThanOrEqual(session.lastAt);
      session.lastAt = entry?.lastAt ?? 0;
      const active = [...sessions.values()].filter((one) => !one.archived).length;
      expect(answer).toMatchObject({ created: !known, number: session.number, active });
      if (!known) expect(answer.name).toBe(nameOf(session));
    },

    /** By an id that may be of anybody, or of nothing. */
    async rename(id: string, name: string): Promise<void> {
      const session = sessions.get(id);
      if (session) Object.assign(session, freeName(name, id));
      expect(await directory.rename(actor, id, name)).toBe(session && nameOf(session));
    },
    async tag(id: string, tag: string): Promise<void> {
      expect(await directory.tag(actor, id, tag)).toBe(sessions.has(id) ? 'ok' : 'unknown');
      const tags = sessions.get(id)?.tags;
      if (tags && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
    },
    async untag(id: string, tag: string): Promise<void> {
      const had = sessions.get(id)?.tags.delete(tag.toLowerCase()) ?? false;
      expect(await directory.untag(actor, id, tag)).toBe(had);
    },
    async setProject(id: string, project: string): Promise<void> {
      expect(await directory.setProject(actor, id, project)).toBe(sessions.has(id));
      const session = sessions.get(id);
      if (session) session.project = project;
    },
    async archive(id: string): Promise<void> {
      const session = sessions.get(id);
      expect(await directory.archive(actor, id)).toBe(session?.archived === false);
      if (session) session.archived = true;
    },
    async restore(id: string): Promise<void> {
      const session = sessions.get(id);
      expect(await directory.restore(actor, id)).toBe(session?.archived === true);
      if (!session?.archived) return;
      session.archived = false;
      session.lastAt = (await directory.get(actor, id))?.lastAt ?? 0;
    },
    async remove(id: string): Promise<void> {
      const gone = sessions.get(id);
      sessions.delete(id);
      expect(await directory.remove(actor, id)).toBe(gone ? 'removed' : 'unknown');
      for (const [lane, how] of gone?.lanes ?? []) {
        const { generation, session } = lanes.get(lane) ?? { generation: 0 };
        if (session === id) lanes.set(lane, { generation, fresh: true });
        else if (how === generation)
          lanes.set(lane, {
            generation: generation + 1,
            ...(session === undefined ? { fresh: true } : { session }),
          });
      }
    },
    async bind(thread: string, id: string): Promise<void> {
      const lane = person.lane(thread);
      const session = sessions.get(id);
      const generation = lanes.get(lane)?.generation ?? 0;
      expect(await places.bind(actor, lane, id)).toEqual(session && { generation, session: id });
      if (!session) return;
      loosen(lane);
      // Its own needs no binding.
      if (session.lanes.get(lane) === generation) lanes.set(lane, { generation });
      else {
        session.lanes.set(lane, 'bound');
        lanes.set(lane, { generation, session: id });
      }
    },
    async begin(thread: string): Promise<void> {
      const lane = person.lane(thread);
      const place = { generation: loosen(lane) + 1, fresh: true } as const;
      expect(await places.newGeneration(actor, lane)).toEqual(place);
      lanes.set(lane, place);
    },
    async erase(): Promise<void> {
      expect(await directory.erase(actor)).toBe(sessions.size);
      sessions.clear();
      lanes.clear();
      numbers = 0;
    },
    async find(number: number, title: string): Promise<void> {
      const named = (wish: string) => {
        const { base, suffix } = splitName(wish);
        return [...sessions.values()].find(
          (one) => sameBase(one.base) === sameBase(base) && one.suffix === suffix,
        );
      };
      const numbered = [...sessions.values()].find((one) => one.number === number) ?? named(String(number));
      const idOf = async (wanted: { number: number } | { title: string }) => {
        const found = await directory.find(actor, wanted);
        if (found.kind === 'none') for (const { id } of found.near) expect(sessions.has(id)).toBe(true);
        return found.kind === 'found' ? found.entry.id : undefined;
      };
      expect(await idOf({ number })).toBe(numbered?.id);
      expect(await idOf({ title })).toBe(named(title)?.id);
    },

    /** All that can be seen is what the model knows, in pages of any size. */
    async compare(most: number): Promise<void> {
      for (const archived of [false, true]) {
        const seen: SessionEntry[] = [];
        let after: string | undefined;
        do {
          const page = await directory.list(actor, {
            archived,
            most,
            ...(after === undefined ? {} : { after }),
          });
          seen.push(...page.entries);
          after = page.next;
        } while (after !== undefined);
        const expected = [...sessions.values()]
          .filter((one) => one.archived === archived)
          .toSorted((a, b) => b.lastAt - a.lastAt || (String(a.number) < String(b.number) ? 1 : -1));
        expect(seen).toEqual(
          expected.map((one) => ({
            createdAt: expect.any(Number),
            question: expect.any(String),
            id: one.id,
            number: one.number,
            name: nameOf(one),
            tags: [...one.tags.values()].toSorted(),
            project: one.project,
            lastAt: one.lastAt,
            turns: one.turns,
            archived,
            origin: keyOf(one.thread),
          })),
        );
      }
      const names = [...sessions.values()].map((one) => nameOf(one).toLowerCase());
      expect(new Set(names).size).toBe(names.length);
      for (const [lane, place] of lanes) expect(await places.placeOf(actor, lane)).toEqual(place);
    },
  };
}
