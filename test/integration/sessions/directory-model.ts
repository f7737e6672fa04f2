import { expect } from 'vitest';
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
  lastTurn: string;
  lastAt: number;
  archived: boolean;
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
  const lanes = new Map<string, { generation: number; session?: string }>();
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
  const bindingTo = (id: string) => [...lanes].filter(([, place]) => place.session === id);

  return {
    actor,
    ids: () => [...sessions.keys()],

    async ask(thread: string, question: string, turn: string): Promise<void> {
      const id = person.id(thread);
      const answer = await person.ask(thread, question, turn);
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
        lastTurn: '',
        lastAt: 0,
        archived: false,
      };
      sessions.set(id, session);
      if (session.lastTurn !== turn) session.turns += 1;
      session.lastTurn = turn;
      session.archived = false;
      if (!lanes.has(person.lane(thread))) lanes.set(person.lane(thread), { generation: 0 });
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
      expect(await directory.remove(actor, id)).toBe(sessions.delete(id));
      for (const [lane, { generation }] of bindingTo(id)) lanes.set(lane, { generation });
    },
    async bind(thread: string, id: string): Promise<void> {
      const lane = person.lane(thread);
      const generation = lanes.get(lane)?.generation ?? 0;
      const place = sessions.has(id) ? { generation, session: id } : undefined;
      expect(await places.bind(actor, lane, id)).toEqual(place);
      if (place) lanes.set(lane, place);
    },
    async begin(thread: string): Promise<void> {
      const lane = person.lane(thread);
      const place = { generation: (lanes.get(lane)?.generation ?? 0) + 1 };
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
          .toSorted((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1));
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
