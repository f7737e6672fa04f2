import { z } from 'zod';
import { nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer, SealOwner } from '../store/sealed.ts';
import { directoryId } from './directory-id.ts';
import { ADD, CLAIM, DONE, FORGET, LEAVE, SET_BACK } from './memory-outbox-lua.ts';

/** What one event of Memory holds: something said, or a JSON value of our own. */
export type OutboxPayload =
  | { readonly kind: 'message'; readonly role: 'user' | 'assistant'; readonly text: string }
  | { readonly kind: 'document'; readonly value: unknown };

export interface OutboxEntry {
  /** The person, as everywhere: the Cognito sub, or `platform:tenant:user`. */
  readonly actor: string;
  /** The session in Memory that it stands in. */
  readonly session: string;
  /** The client token (`eventToken`): the same one again is written once. */
  readonly token: string;
  /** Epoch milliseconds. Memory orders by it, and entries of one millisecond in no order at all. */
  readonly at: number;
  readonly content: {
    readonly payload: readonly OutboxPayload[];
    /** Keys and values of letters, digits, spaces and `._:/=+@-` only; values of at most 256 characters. */
    readonly metadata?: Readonly<Record<string, string>> | undefined;
  };
}

/** An entry on its way: of the person only the id that Memory knows (`memoryActor`). */
export type QueuedEntry = Omit<OutboxEntry, 'actor'> & { readonly actorId: string };

/** The entries of one session that one worker sees to. */
export interface OutboxBatch {
  readonly group: string;
  readonly sealed: readonly { readonly token: string; readonly text: string }[];
}

export interface OutboxDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  /** Resolves when what was written is as durable as this deployment wants it. Default: Redis has taken it. */
  readonly confirmDurable?: (() => Promise<void>) | undefined;
  /** Something has been added; for a worker in the same process. */
  readonly onAdded?: (() => void) | undefined;
}

export type MemoryOutbox = ReturnType<typeof createMemoryOutbox>;

/** Longer than Memory may be out of reach. Seconds. */
export const OUTBOX_KEPT_S = 30 * 86_400;

const MOST_AT_ONCE = 10;
const PERSON_LENGTH = 32;
const PLAIN = 'plain:';

/**
 * What Memory is to be told, kept in Redis until it was: Memory may be out of reach, and the process may end. Entries of a
 * session are written in the order in which they were added. `memory-outbox-worker.ts` writes them.
 */
export function createMemoryOutbox(deps: OutboxDeps) {
  const { redis, keyPrefix, sealer, confirmDurable, onAdded } = deps;
  const define = (source: string) => defineScript(source, keyPrefix);
  const scripts = { add: define(ADD), claim: define(CLAIM), done: define(DONE) };
  const more = { setBack: define(SET_BACK), leave: define(LEAVE), forget: define(FORGET) };

  async function seal(group: string, token: string, entry: QueuedEntry): Promise<string> {
    const text = JSON.stringify(entry);
    return sealer ? sealer.seal(ownerOf(group, token), text) : `${PLAIN}${text}`;
  }

  return {
    /**
     * Resolves when they are kept. What is still waiting under the same token stays as it is; what was written already is
     * written once more, which Memory ignores. @throws SealedError `key_unavailable`, and what Redis says
     */
    async add(entries: readonly OutboxEntry[]): Promise<void> {
      const groups = Map.groupBy(entries, ({ actor, session }) => groupOf(directoryId(actor), session));
      for (const [group, members] of groups) {
        const pairs = members.map(async ({ actor, ...entry }) => [
          entry.token,
          await seal(group, entry.token, { ...entry, actorId: directoryId(actor) }),
        ]);
        await scripts.add(redis, [group, OUTBOX_KEPT_S, ...(await Promise.all(pairs)).flat()]);
      }
      if (groups.size === 0) return;
      await confirmDurable?.();
      onAdded?.();
    },

    /** Leaves nothing of a person that waits; answers how much that was. What is being written right now may still arrive. */
    async erase(actor: string): Promise<number> {
      const groups = await groupsOf(directoryId(actor));
      return groups.length === 0 ? 0 : Number(await more.forget(redis, groups));
    },

    /** Leaves nothing of one session that waits. `actorId`: as Memory knows the person. */
    eraseSession: async (actorId: string, session: string): Promise<number> =>
      Number(await more.forget(redis, [groupOf(actorId, session)])),

    /** How many sessions have something that waits. */
    waiting: (): Promise<number> => redis.zcard(`${keyPrefix}:outdue`),

    /** For the worker: the session that has waited the longest, held for `leaseMs`. */
    async claim(leaseMs: number): Promise<OutboxBatch | undefined> {
      const [group, ...pairs] = ((await scripts.claim(redis, [leaseMs, MOST_AT_ONCE])) ?? []) as string[];
      if (group === undefined) return undefined;
      const sealed = pairs.flatMap((token, i) => (i % 2 === 0 ? [{ token, text: pairs[i + 1] ?? '' }] : []));
      return { group, sealed };
    },

    /** @throws SealedError; SyntaxError or ZodError for what is no entry */
    async open({ group }: OutboxBatch, { token, text }: OutboxBatch['sealed'][number]): Promise<QueuedEntry> {
      const json = text.startsWith(PLAIN)
        ? text.slice(PLAIN.length)
        : sealer
          ? (await sealer.open(ownerOf(group, token), text)).plaintext.toString()
          : text;
      return entrySchema.parse(JSON.parse(json)) as QueuedEntry;
    },

    /** False: it was erased meanwhile, or another worker has written it. */
    done: async ({ group }: OutboxBatch, token: string, leaseMs: number): Promise<boolean> =>
      Number(await scripts.done(redis, [group, token, leaseMs])) === 1,
    setBack: ({ group }: OutboxBatch, token: string) => more.setBack(redis, [group, token]),
    /** With `resting` anything that is added ends the time. */
    leave: ({ group }: OutboxBatch, forMs: number, resting: boolean) =>
      more.leave(redis, [group, forMs, resting ? 1 : 0]),
  };

  async function groupsOf(person: string): Promise<string[]> {
    const groups = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await redis.zscan(`${keyPrefix}:outdue`, cursor, 'MATCH', `${person}.*`);
      for (const [i, member] of found.entries()) if (i % 2 === 0) groups.add(member);
      cursor = next;
    } while (cursor !== '0');
    return [...groups];
  }
}

const entrySchema = z.object({
  actorId: z.string(),
  session: z.string(),
  token: z.string(),
  at: z.number(),
  content: z.object({
    payload: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('message'), role: z.enum(['user', 'assistant']), text: z.string() }),
        z.object({ kind: z.literal('document'), value: z.unknown() }),
      ]),
    ),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
});

const groupOf = (person: string, session: string) => `${person}.${nameOf([session]).slice(0, PERSON_LENGTH)}`;

/** An envelope opens only in its place. */
const ownerOf = (group: string, token: string): SealOwner => ({
  tenant: 'people',
  user: JSON.stringify([group, token]),
  provider: 'memory',
  version: 1,
});
