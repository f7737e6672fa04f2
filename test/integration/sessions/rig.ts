import { createSecretKey, randomBytes } from 'node:crypto';
import { laneId } from '../../../src/chat/keys.ts';
import type { ConversationKey } from '../../../src/chat/vocabulary.ts';
import { createDirectory } from '../../../src/sessions/directory.ts';
import { directoryId } from '../../../src/sessions/directory-id.ts';
import { createLanePlaces } from '../../../src/sessions/lane-places.ts';
import { COUNT_TURN } from '../../../src/sessions/lua-counting.ts';
import { ERA } from '../../../src/sessions/lua-era.ts';
import { sessionId } from '../../../src/sessions/session-id.ts';
import type { Connection } from '../../../src/store/connection.ts';
import { type EncryptionKey, localDataKeys } from '../../../src/store/data-keys.ts';
import { defineScript } from '../../../src/store/scripts.ts';
import { createSealer, type Sealer } from '../../../src/store/sealed.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { pairs } from '../../../src/turns/turn.ts';

export const DAY_MS = 86_400_000;

export const newKey = (id: string): EncryptionKey => ({ id, key: createSecretKey(randomBytes(32)) });
export const sealerWith = (...ring: EncryptionKey[]): Sealer =>
  createSealer({ keys: localDataKeys(ring), randomBytes });

/** The directory as one process has it. */
export const directoryOf = (redis: Connection, keyPrefix: string, sealer?: Sealer) =>
  createDirectory({ redis, keyPrefix, sealer, randomBytes, log: createLogger({ level: 'silent' }) });

export const keyOf = (thread: string): ConversationKey => ({
  platform: 'slack',
  tenant: 'T-CANARY',
  conversation: 'C-CANARY',
  thread,
});
export const laneOf = (actor: string, thread: string): string =>
  laneId(keyOf(thread), { id: `chat-of-${actor}`, tenant: 'T-CANARY' });
export const idOf = (actor: string, thread: string, generation = 0): string =>
  sessionId(keyOf(thread), actor, generation);

/** What an actor asks in a thread. */
export const askedIn = (actor: string, thread: string, question: string) => ({
  session: idOf(actor, thread),
  lane: laneOf(actor, thread),
  generation: 0,
  origin: keyOf(thread),
  question,
});

/** What the claim of a turn hands over of its lane, as the claim itself reads it. */
export const createClaiming = (redis: Connection, keyPrefix: string) => {
  const claim = defineScript(
    `local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
${ERA}
return {era(), unpack(redis.call('HGETALL', key('current', ARGV[2])))}`,
    keyPrefix,
  );
  return async (lane: string) => {
    const [era = '', ...fields] = (await claim(redis, [lane])) as string[];
    return { era, places: pairs(fields) };
  };
};

/** What the end of a turn does to the directory, without a turn. */
export const createCounting = (redis: Connection, keyPrefix: string) => {
  const count = defineScript(
    `local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
${COUNT_TURN}
count_turn(ARGV[2], ARGV[3], ARGV[4])`,
    keyPrefix,
  );
  return (actor: string, session: string, lane: string) => count(redis, [directoryId(actor), session, lane]);
};

/** A person's directory in one Redis. */
export function personIn(redis: Connection, keyPrefix: string, sealer?: Sealer, actor = 'sub-1') {
  const directory = directoryOf(redis, keyPrefix, sealer);
  const places = createLanePlaces(redis, keyPrefix);
  const count = createCounting(redis, keyPrefix);
  return {
    actor,
    directory,
    places,
    id: (thread: string) => idOf(actor, thread),
    lane: (thread: string) => laneOf(actor, thread),
    /** A turn from its beginning to its end. */
    async ask(thread: string, question: string) {
      const touched = await directory.touch(actor, askedIn(actor, thread, question));
      await count(actor, idOf(actor, thread), laneOf(actor, thread));
      return touched;
    },
    async names(request: { archived?: boolean; words?: string } = {}): Promise<string[]> {
      const names: string[] = [];
      let after: string | undefined;
      do {
        const page = await directory.list(actor, {
          ...request,
          most: 20,
          ...(after === undefined ? {} : { after }),
        });
        names.push(...page.entries.map(({ name }) => name));
        after = page.next;
      } while (after !== undefined);
      return names;
    },
  };
}
