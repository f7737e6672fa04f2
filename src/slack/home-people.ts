import { z } from 'zod';
import { personId } from '../chat/keys.ts';
import type { Sender } from '../chat/vocabulary.ts';
import { REPLY_LENGTHS, type ReplyLength } from '../contract/invocation.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { HOME_ADOPT, HOME_CHANGED, HOME_DONE, HOME_OPENED, HOME_SET, HOME_TAKE } from './home-lua.ts';

/** As long as anything of a session is kept. */
const KEPT_S = 400 * 86_400;
/** A Home that a process has taken is another's after this. */
const HELD_MS = 8_000;
const AT_A_TIME = 20;

export const LANGUAGES = ['auto', 'en', 'de'] as const;

export interface Settings {
  readonly language: (typeof LANGUAGES)[number];
  readonly length: ReplyLength;
}

export interface DueHome {
  readonly person: string;
  /** The workspace in which the Home is. */
  readonly workspace: string;
  readonly sender: Sender;
  readonly directMessage: string;
  /** Counts changes. */
  readonly marks: string;
  /** Digest of what is shown; empty: nothing that we know of. */
  readonly view: string;
  readonly settings: Settings;
}

const whoSchema = z.tuple([z.string(), z.string(), z.string(), z.string()]);

export type HomePeople = ReturnType<typeof createHomePeople>;

/** Who looks at their App Home, whose is due, and what they have set. In `person:<person>`; `turns/home-marks.ts` marks it. */
export function createHomePeople(redis: Connection, keyPrefix: string) {
  const scripts = {
    opened: defineScript(HOME_OPENED, keyPrefix),
    adopt: defineScript(HOME_ADOPT, keyPrefix),
    changed: defineScript(HOME_CHANGED, keyPrefix),
    set: defineScript(HOME_SET, keyPrefix),
    take: defineScript(HOME_TAKE, keyPrefix),
    done: defineScript(HOME_DONE, keyPrefix),
  };

  return {
    /**
     * They look at it now. `empty`: Slack shows nothing there yet. True: they have not lately, and turns of theirs that
     * are open already have to be adopted.
     */
    async opened(workspace: string, sender: Sender, directMessage: string, empty: boolean): Promise<boolean> {
      const who = JSON.stringify([workspace, sender.tenant, sender.id, directMessage]);
      const anew = await scripts.opened(redis, [personId(sender), who, directMessage, KEPT_S, empty ? 1 : 0]);
      return anew === 1;
    },

    /** Their open turns, which their Home shows from now on. */
    async adopt(sender: Sender, turns: readonly string[]): Promise<void> {
      if (turns.length > 0) await scripts.adopt(redis, [personId(sender), ...turns]);
    },

    /** The open turns that their Home shows. */
    turnsOf: (sender: Sender) => redis.smembers(`${keyPrefix}:hometurns:${personId(sender)}`),

    /** Something of theirs is another now. */
    async changed(sender: Sender): Promise<void> {
      await scripts.changed(redis, [personId(sender)]);
    },

    /** Leaves nothing of them here. */
    async erase(sender: Sender): Promise<void> {
      const person = personId(sender);
      await redis.del(`${keyPrefix}:person:${person}`, `${keyPrefix}:hometurns:${person}`);
      await redis.zrem(`${keyPrefix}:homedue`, person);
    },

    async directMessageOf(sender: Sender): Promise<string | undefined> {
      return (await redis.hget(`${keyPrefix}:person:${personId(sender)}`, 'dm')) ?? undefined;
    },

    async setLanguage(sender: Sender, language: Settings['language']): Promise<void> {
      await scripts.set(redis, [personId(sender), KEPT_S, 'language', language === 'auto' ? '' : language]);
    },

    async setLength(sender: Sender, length: Settings['length']): Promise<void> {
      await scripts.set(redis, [personId(sender), KEPT_S, 'length', length === 'normal' ? '' : length]);
    },

    async settingsOf(sender: Sender): Promise<Settings> {
      const [language, length] = await redis.hmget(
        `${keyPrefix}:person:${personId(sender)}`,
        'language',
        'length',
      );
      return readSettings(language ?? '', length ?? '');
    },

    /** Takes those that are due, for this process to publish; each has to be given back by `done`. */
    async take(): Promise<DueHome[]> {
      const answer = (await scripts.take(redis, [AT_A_TIME, HELD_MS])) as string[];
      const due: DueHome[] = [];
      for (let i = 0; i + 5 < answer.length; i += 6) {
        const [person = '', who = '', marks = '', view = '', language = '', length = ''] = answer.slice(i);
        const [workspace, tenant, id, directMessage] = whoSchema.parse(JSON.parse(who));
        const settings = readSettings(language, length);
        due.push({ person, workspace, sender: { id, tenant }, directMessage, marks, view, settings });
      }
      return due;
    },

    /** It is published, or as it was; with `againInMs` it has to be tried again. `view`: digest of what is shown now. */
    async done(due: DueHome, view: string, againInMs = 0): Promise<void> {
      await scripts.done(redis, [due.person, due.marks, view, againInMs]);
    },
  };
}

function readSettings(language: string, length: string): Settings {
  return {
    language: LANGUAGES.find((one) => one === language) ?? 'auto',
    length: REPLY_LENGTHS.find((one) => one === length) ?? 'normal',
  };
}
