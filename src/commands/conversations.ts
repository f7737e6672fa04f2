import type { SessionRef } from '../chat/command-table.ts';
import { sessionIn } from '../sessions/lane-places.ts';
import type { SessionEntry } from '../sessions/session-entry.ts';
import { cleanTag, fold } from '../sessions/session-name.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AccountAnswer, Asker } from './account.ts';
import type { ConversationAnswer, SearchHit, SessionList, Shown } from './conversation-answers.ts';
import {
  type ConversationChangesDeps,
  createConversationChanges,
  isThread,
  laneOf,
} from './conversation-changes.ts';
import * as texts from './conversation-texts.ts';
import type { PastTalk } from './past-talk.ts';
import { type Checked, type CheckWords, createWordCheck, type Refused } from './word-check.ts';

/** A session of the asker's own. */
export type Ref = SessionRef | { readonly id: string };

export interface ConversationDeps extends ConversationChangesDeps {
  /** Whose sessions the asker may have; undefined: they are not signed in. */
  readonly actorOf: (asker: Asker) => Promise<string | undefined>;
  /** What somebody reads who is not. */
  readonly invite: (asker: Asker) => Promise<AccountAnswer>;
  /** Whatever names are given passes this before it is kept anywhere. */
  readonly checkWords: CheckWords;
  /** Undefined: no memory is configured. */
  readonly talk: PastTalk | undefined;
  /** Ends what is left of a session that is no longer listed: at the agent, and in Memory, sooner or later. */
  readonly endSession: (actor: string, session: string) => Promise<void>;
  /** Puts on record that somebody took up, or deleted, a session. */
  readonly note: (asker: Asker, what: 'resumed' | 'deleted') => void;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export type Conversations = ReturnType<typeof createConversations>;

/** What people can do with their conversations by buttons and forms. */
export type ConversationActions = Pick<
  Conversations,
  | 'list'
  | 'startNew'
  | 'resume'
  | 'edit'
  | 'archive'
  | 'restore'
  | 'remove'
  | 'history'
  | 'search'
  | 'entryOf'
>;

const PAGE = 10;
/** From so many active sessions on, those that are idle for longest are offered for archiving. */
const MANY = 50;
const OFFERED = 5;
/** `resume` reminds of so many turns. */
const REMINDED = 3;
const HISTORY = 5;
const MOST_HISTORY = 50;
/**
 * So long Memory may take, in milliseconds: chat platforms wait for three seconds, and `resume` may have asked for the
 * place before.
 */
const REMINDED_MS = 1_000;
const HISTORY_MS = 2_000;
/** Sessions whose talk a search looks through, the last used first. */
const SEARCHED = 20;

type Wanted = { readonly entry: SessionEntry } | { readonly answer: ConversationAnswer };

/**
 * What a person does with their conversations. A session that is not the actor's own is as unknown as one that does not
 * exist. Where there is no thread (`key.thread` is empty), `new` and `resume` are for the asker's next question there.
 */
export function createConversations(deps: ConversationDeps) {
  const { directory, places, talk, now, log } = deps;
  const changes = createConversationChanges(deps);
  const wordCheck = createWordCheck(deps.checkWords);

  /** Answers with what `act` says for the asker's actor; otherwise how to sign in. */
  async function as(
    asker: Asker,
    act: (actor: string) => Promise<ConversationAnswer>,
  ): Promise<ConversationAnswer> {
    const actor = await deps.actorOf(asker);
    if (actor !== undefined) return act(actor);
    return { ...(await deps.invite(asker)), found: false, atWork: false };
  }

  /** The session in which the asker's next question here is answered; it may not have begun. */
  async function hereOf(actor: string, asker: Asker): Promise<string | undefined> {
    const lane = laneOf(asker);
    if (!isThread(asker)) return places.nextOf(actor, lane);
    return sessionIn(asker.key, actor, await deps.placeIn(actor, asker.key, lane));
  }

  async function wanted(actor: string, asker: Asker, ref: Ref | undefined): Promise<Wanted> {
    if (ref === undefined) {
      const here = await hereOf(actor, asker);
      const entry = here === undefined ? undefined : await directory.get(actor, here);
      return entry ? { entry } : { answer: nothing(texts.NOTHING_HERE) };
    }
    if ('id' in ref) {
      const entry = await directory.get(actor, ref.id);
      return entry ? { entry } : { answer: nothing(texts.NOT_YOURS) };
    }
    const found = await directory.find(actor, ref);
    if (found.kind === 'found') return found;
    const title = 'number' in ref ? String(ref.number) : ref.title;
    return { answer: nothing(texts.nearText(title, found.near)) };
  }

  /** Does something with the session that is meant, if there is one. */
  const withEntry = (
    asker: Asker,
    ref: Ref | undefined,
    act: (entry: SessionEntry, actor: string) => Promise<ConversationAnswer>,
  ): Promise<ConversationAnswer> =>
    as(asker, async (actor) => {
      const what = await wanted(actor, asker, ref);
      return 'answer' in what ? what.answer : act(what.entry, actor);
    });

  /** The active sessions that were not used for longest, where there are many. */
  async function idleAmong(actor: string, total: number): Promise<readonly SessionEntry[] | undefined> {
    return total >= MANY ? directory.oldestIdle(actor, OFFERED) : undefined;
  }

  /** The last turns of a session; undefined where Memory cannot be asked. Never throws. */
  async function lastTurns(actor: string, session: string, count: number, withinMs: number) {
    try {
      return await talk?.lastTurns(actor, session, count, withinMs);
    } catch (error) {
      log.warn({ err: error, session }, 'the history of a session could not be read');
      return undefined;
    }
  }

  async function nameOf(asker: Asker, title: string | Checked | undefined) {
    if (typeof title !== 'string') return title;
    const checked = await wordCheck.lines(asker, [title] as const);
    return 'refused' in checked ? checked : checked.words[0];
  }

  return {
    list: (
      asker: Asker,
      request: {
        readonly words?: string | undefined;
        readonly archived?: boolean | undefined;
        readonly after?: string | undefined;
      } = {},
    ) =>
      as(asker, async (actor) => {
        const { words = '', archived = false, after } = request;
        const from = after === undefined ? {} : { after };
        const page = await directory.list(actor, { words, archived, most: PAGE, ...from });
        const offer = words === '' && !archived && after === undefined;
        const idle = offer ? await idleAmong(actor, page.total) : undefined;
        const here = await hereOf(actor, asker);
        const shown: SessionList = {
          kind: 'sessions',
          entries: page.entries,
          total: page.total,
          archived,
          words,
          ...(page.next === undefined ? {} : { next: page.next }),
          ...(here === undefined ? {} : { here }),
          ...(idle ? { idle } : {}),
        };
        return told(texts.listText(shown, now()), shown);
      }),

    /** For what forms ask besides. */
    words: wordCheck,

    /** `claim` names the wish: heard before, nothing is done, and the answer is undefined. */
    async startNew(
      asker: Asker,
      title?: string | Checked,
      claim?: string,
    ): Promise<ConversationAnswer | undefined> {
      let heard = false;
      const answer = await as(asker, async (actor) => {
        const named = await nameOf(asker, title);
        if (named && 'refused' in named) return refused(named);
        const begun = await changes.begin(actor, asker, named, claim);
        if (begun === 'heard') {
          heard = true;
          return nothing('');
        }
        const total = begun?.active ?? (await directory.activeCount(actor));
        const idle = await idleAmong(actor, total);
        const name = begun ? ` ${texts.quoted(begun.name)}` : '';
        const where = isThread(asker) ? 'From your next question on' : 'With your next question here';
        const words = `${where}, this is a new conversation${name}; I remember nothing of the one before in it.`;
        return told(idle ? `${words}\n${texts.idleText(idle, total, now())}` : words);
      });
      return heard ? undefined : answer;
    },

    /** As `startNew`. `found: false` where there is no such session. */
    async resume(asker: Asker, ref: Ref, claim?: string): Promise<ConversationAnswer | undefined> {
      let heard = false;
      const answer = await withEntry(asker, ref, async (entry, actor) => {
        const place = await changes.takeUp(actor, asker, entry.id, claim);
        if (place === undefined) return nothing(texts.NOT_YOURS);
        if (place === 'heard') {
          heard = true;
          return nothing('');
        }
        if (entry.archived) await changes.restore(actor, entry.id);
        deps.note(asker, 'resumed');
        const words =
          place === 'here'
            ? `Here we go on with ${texts.quoted(entry.name)}.`
            : `Your next question here goes on in ${texts.quoted(entry.name)}.`;
        const past = await lastTurns(actor, entry.id, REMINDED, REMINDED_MS);
        if (!past || past.turns.length === 0) return told(words);
        return told(`${words}\n${texts.turnsText(past.turns)}`, { kind: 'history', entry, ...past });
      });
      return heard ? undefined : answer;
    },

    rename: (asker: Asker, ref: Ref | undefined, title: string) =>
      withEntry(asker, ref, async (entry, actor) => {
        const checked = await wordCheck.lines(asker, [title] as const);
        if ('refused' in checked) return refused(checked);
        const name = await changes.rename(actor, entry.id, checked.words[0]);
        return name === undefined
          ? nothing(texts.NOT_YOURS)
          : told(`This conversation is called ${texts.quoted(name)} now.`);
      }),

    /** What is not given stays; `tags` are all that it has then. */
    edit: (
      asker: Asker,
      id: string,
      wish: {
        readonly name?: string | undefined;
        readonly tags?: readonly string[] | undefined;
        readonly project?: string | undefined;
      },
    ) =>
      withEntry(asker, { id }, async (entry, actor) => {
        const has = new Set(entry.tags.map(fold));
        const tags = (wish.tags ?? []).filter((tag) => !has.has(fold(cleanTag(tag))));
        const title = wish.name === entry.name ? undefined : wish.name;
        const project = wish.project === entry.project ? undefined : wish.project;
        // All of it, or nothing: whoever is refused finds everything as it was.
        const checked = await wordCheck.lines(asker, [title ?? '', project ?? '', ...tags] as const);
        if ('refused' in checked) return refused(checked, ['name', 'project']);
        const [newName, newProject, ...newTags] = checked.words;
        const name = title === undefined ? entry.name : await changes.rename(actor, entry.id, newName);
        if (name === undefined) return nothing(texts.NOT_YOURS);
        if (wish.tags) {
          const kept = new Set(wish.tags.map((tag) => fold(cleanTag(tag))));
          for (const tag of entry.tags) if (!kept.has(fold(tag))) await changes.untag(actor, entry.id, tag);
        }
        let full = false;
        for (const tag of newTags) full = (await changes.tag(actor, entry.id, tag)) === 'full' || full;
        if (project !== undefined) await changes.setProject(actor, entry.id, newProject);
        return told(
          full ? `${texts.quoted(name)} is changed; ${TAGS_FULL}` : `${texts.quoted(name)} is changed.`,
        );
      }),

    tag: (asker: Asker, ref: Ref | undefined, tag: string) =>
      withEntry(asker, ref, async (entry, actor) => {
        const checked = await wordCheck.lines(asker, [tag] as const);
        if ('refused' in checked) return refused(checked, ['tags']);
        const [newTag] = checked.words;
        const outcome = await changes.tag(actor, entry.id, newTag);
        if (outcome === 'empty') return nothing('A tag is a word or two: `tag costs`.');
        if (outcome === 'full') return nothing(TAGS_FULL);
        return told(`${texts.quoted(entry.name)} is tagged #${cleanTag(newTag.text)}.`);
      }),

    untag: (asker: Asker, ref: Ref | undefined, tag: string) =>
      withEntry(asker, ref, async (entry, actor) => {
        const had = await changes.untag(actor, entry.id, tag);
        const words = had ? 'is no longer tagged' : 'has no tag';
        return { ...told(`${texts.quoted(entry.name)} ${words} #${cleanTag(tag)}.`), found: had };
      }),

    archive: (asker: Asker, ref: Ref | undefined) =>
      withEntry(asker, ref, async (entry, actor) => {
        if (!(await changes.archive(actor, entry.id)))
          return told(`${texts.quoted(entry.name)} is archived already.`);
        return told(
          `${texts.quoted(entry.name)} is archived. A question in it, or \`restore ${entry.number}\`, takes it back.`,
        );
      }),

    restore: (asker: Asker, ref: Ref) =>
      withEntry(asker, ref, async (entry, actor) => {
        if (!(await changes.restore(actor, entry.id)))
          return told(`${texts.quoted(entry.name)} is not archived.`);
        return told(
          `${texts.quoted(entry.name)} is back. Write \`resume ${entry.number}\` to go on with it here.`,
        );
      }),

    askDelete: (asker: Asker, ref: Ref | undefined) =>
      withEntry(asker, ref, async (entry) =>
        told(
          `Delete ${texts.quoted(entry.name)}, and all that was said in it, for good? Write \`delete ${entry.number} really\`, or \`archive ${entry.number}\` to only put it away.`,
          { kind: 'confirm_delete', entry },
        ),
      ),

    /** For good. Not while something is asked in it. */
    remove: (asker: Asker, ref: Ref) =>
      withEntry(asker, ref, async (entry, actor) => {
        const outcome = await directory.remove(actor, entry.id);
        if (outcome === 'unknown') return nothing(texts.NOT_YOURS);
        if (outcome === 'busy') return nothing(texts.BUSY);
        deps.note(asker, 'deleted');
        await deps.endSession(actor, entry.id);
        await changes.tellPlace(actor, asker, entry.origin);
        return told(
          `${texts.quoted(entry.name)} is deleted. What stands in the chat itself is yours to delete.`,
        );
      }),

    history: (asker: Asker, ref: Ref | undefined, count = HISTORY) =>
      withEntry(asker, ref, async (entry, actor) => {
        if (!talk) return nothing(texts.NO_MEMORY);
        const most = Math.min(Math.max(1, count), MOST_HISTORY);
        const past = await lastTurns(actor, entry.id, most, HISTORY_MS);
        if (!past) return nothing(texts.MEMORY_AWAY);
        if (past.turns.length === 0)
          return told(`Nothing of ${texts.quoted(entry.name)} is in my memory yet.`);
        const words = `${texts.quoted(entry.name)}, the latest last:\n${texts.turnsText(past.turns)}`;
        return told(words, { kind: 'history', entry, ...past });
      }),

    search: (asker: Asker, sought: string) =>
      as(asker, async (actor) => {
        if (!talk) return nothing(texts.NO_MEMORY);
        // Memory reads them, and holds what was said as it was masked.
        const checked = await wordCheck.lines(asker, [sought] as const);
        if ('refused' in checked) return told(checked.refused);
        const [{ text: words }] = checked.words;
        const { entries, total } = await directory.list(actor, { most: SEARCHED });
        const byId = new Map(entries.map((entry) => [entry.id, entry]));
        try {
          const found = await talk.search(actor, words, [...byId.keys()]);
          const hits = found.hits.map(({ session, ...hit }): SearchHit => {
            const entry = session === undefined ? undefined : byId.get(session);
            return entry ? { ...hit, entry } : hit;
          });
          const partial = found.partial || total > entries.length;
          return told(texts.hitsText(words, hits, partial, now()), { kind: 'hits', words, hits, partial });
        } catch (error) {
          log.warn({ err: error }, 'the memory could not be searched');
          return nothing(texts.MEMORY_AWAY);
        }
      }),

    /** For a form about one of the asker's own; undefined for anything else. */
    async entryOf(asker: Asker, id: string): Promise<SessionEntry | undefined> {
      const actor = await deps.actorOf(asker);
      return actor === undefined ? undefined : directory.get(actor, id);
    },
  };
}

const told = (text: string, shown?: Shown): ConversationAnswer => ({
  found: true,
  atWork: false,
  text,
  ...(shown ? { shown } : {}),
});
const nothing = (text: string): ConversationAnswer => ({ found: false, atWork: false, text });
const refused = ({ refused: why, at }: Refused, fields: readonly Field[] = ['name']): ConversationAnswer => ({
  ...told(why),
  refused: fields[at] ?? 'tags',
});
type Field = NonNullable<ConversationAnswer['refused']>;

const TAGS_FULL = 'A conversation holds 20 tags; take one away first.';
