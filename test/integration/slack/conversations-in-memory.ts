import type { Asker } from '../../../src/commands/account.ts';
import type { ConversationAnswer } from '../../../src/commands/conversation-answers.ts';
import type { ConversationActions, Conversations, Ref } from '../../../src/commands/conversations.ts';
import { createWordCheck } from '../../../src/commands/word-check.ts';
import type { SessionEntry } from '../../../src/sessions/session-entry.ts';
import type { Home } from '../../../src/slack/app.ts';

export const NO_HOME: Home = {
  opened: async () => false,
  changed: async () => undefined,
  directMessageOf: async () => undefined,
  settingsOf: async () => ({ language: 'auto', length: 'normal' }),
  setLanguage: async () => undefined,
  setLength: async () => undefined,
};

export function entry(number: number, more: Partial<SessionEntry> = {}): SessionEntry {
  return {
    id: `tc-session-${number}`,
    number,
    name: `Session ${number}`,
    tags: [],
    project: '',
    createdAt: 1_700_000_000_000,
    lastAt: 1_700_000_000_000 + number * 60_000,
    turns: number,
    question: `Question ${number}?`,
    archived: false,
    origin: undefined,
    ...more,
  };
}

const PAGE = 2;
const idIn = (ref: Ref | undefined) => (ref && 'id' in ref ? ref.id : '');

/** Conversations of people, in memory; `placed` is what `resume` and `new` did, and where. */
export function conversationsInMemory(of: Readonly<Record<string, readonly SessionEntry[]>>) {
  const held = new Map(
    Object.entries(of).map(([id, entries]) => [id, new Map(entries.map((e) => [e.id, e]))]),
  );
  const placed: { readonly person: string; readonly place: string; readonly session: string }[] = [];
  const own = ({ sender }: Asker) => held.get(sender.id) ?? new Map<string, SessionEntry>();
  const placeOf = ({ key }: Asker) => `${key.conversation}:${key.thread}`;
  const say = (text: string, found = true): ConversationAnswer => ({ found, atWork: false, text });
  const unknown = say('There is no such conversation of yours.', false);

  const changed = async (
    asker: Asker,
    id: string,
    change: Partial<SessionEntry>,
    text: (e: SessionEntry) => string,
  ) => {
    const entry = own(asker).get(id);
    if (!entry) return unknown;
    const now = { ...entry, ...change };
    own(asker).set(id, now);
    return say(text(now));
  };

  const conversations: ConversationActions & Pick<Conversations, 'words'> = {
    words: createWordCheck(async (_asker, texts) => ({ texts })),
    async list(asker, { words = '', archived = false, after } = {}) {
      const all = [...own(asker).values()].toSorted((a, b) => b.lastAt - a.lastAt);
      const kind = all.filter((one) => one.archived === archived);
      const matching = kind.filter(({ name, tags, project }) =>
        `${name} ${tags.join(' ')} ${project}`.toLowerCase().includes(words.toLowerCase()),
      );
      const from = after === undefined ? 0 : Number(after);
      const entries = matching.slice(from, from + PAGE);
      const here = placed.findLast(
        ({ place, person }) => place === placeOf(asker) && person === asker.sender.id,
      );
      const shown = {
        kind: 'sessions' as const,
        entries,
        total: kind.length,
        archived,
        words,
        ...(matching.length > from + PAGE ? { next: String(from + PAGE) } : {}),
        ...(here ? { here: here.session } : {}),
      };
      return { ...say(`You have ${kind.length} conversations.`), shown };
    },
    async startNew(asker, title) {
      const name = typeof title === 'string' ? title : (title?.text ?? '');
      placed.push({ person: asker.sender.id, place: placeOf(asker), session: `new ${name}`.trim() });
      return say('A new conversation begins here.');
    },
    async resume(asker, ref) {
      const id = idIn(ref);
      const entry = own(asker).get(id);
      if (!entry) return unknown;
      placed.push({ person: asker.sender.id, place: placeOf(asker), session: id });
      return say(`I go on here in “${entry.name}”.`);
    },
    edit: (asker, id, { name = '', tags = [], project = '' }) =>
      changed(asker, id, { name, tags, project }, (one) => `It is called “${one.name}” now.`),
    archive: (asker, ref) =>
      changed(asker, idIn(ref), { archived: true }, ({ name }) => `“${name}” is archived.`),
    restore: (asker, ref) =>
      changed(asker, idIn(ref), { archived: false }, ({ name }) => `“${name}” is back.`),
    async remove(asker, ref) {
      const id = idIn(ref);
      const entry = own(asker).get(id);
      own(asker).delete(id);
      return entry ? say(`“${entry.name}” is deleted.`) : unknown;
    },
    async history(asker, ref) {
      const entry = own(asker).get(idIn(ref));
      if (!entry) return unknown;
      const turns = [{ question: entry.question, answer: 'An answer.', at: entry.lastAt }];
      return { ...say('What was said last:'), shown: { kind: 'history', entry, turns, more: false } };
    },
    async search(asker, words) {
      const [entry] = own(asker).values();
      const hits = entry ? [{ entry, source: 'talk' as const, text: `… ${words} …`, at: entry.lastAt }] : [];
      return { ...say('Found:'), shown: { kind: 'hits', words, hits, partial: false } };
    },
    entryOf: async (asker, id) => own(asker).get(id),
  };
  return { conversations, placed, of: (person: string) => [...(held.get(person)?.values() ?? [])] };
}
