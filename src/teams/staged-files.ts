import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { base32 } from '../chat/digest.ts';
import { personId } from '../chat/keys.ts';
import type { Sender } from '../chat/vocabulary.ts';
import { createSealedText } from '../privacy/sealed-text.ts';
import type { Connection } from '../store/connection.ts';
import type { Sealer } from '../store/sealed.ts';

/** A file waits so long for the person to take it. Seconds. */
const KEPT_S = 600;

const recordSchema = z.object({ owner: z.string(), name: z.string(), gzip: z.base64() });

export interface StagedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** For another try, until its time is over. */
  putBack(): Promise<void>;
}

export interface StagedFilesDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
}

export type StagedFiles = ReturnType<typeof createStagedFiles>;

/** Private files that wait until their person takes them: sealed, for ten minutes, for one taking. */
export function createStagedFiles({ redis, keyPrefix, sealer, randomBytes }: StagedFilesDeps) {
  const sealed = createSealedText(sealer, 'teams-file');
  const keyOf = (id: string) => `${keyPrefix}:teamsfile:${id}`;

  return {
    /** A name for a file that is going to be kept. */
    nextId: (): string => base32(randomBytes(16)),

    async keep(id: string, owner: Sender, name: string, text: string): Promise<void> {
      const bytes = await promisify(gzip)(text);
      const record = { owner: personId(owner), name, gzip: bytes.toString('base64') };
      await redis.set(keyOf(id), await sealed.seal(id, JSON.stringify(record)), 'EX', KEPT_S);
    },

    /** Takes a file out, for its person only; undefined for anybody else, the second time, and too late. */
    async take(id: string, by: Sender): Promise<StagedFile | undefined> {
      const [kept, ttlMs] = await Promise.all([redis.get(keyOf(id)), redis.pttl(keyOf(id))]);
      if (kept === null || ttlMs <= 0) return undefined;
      const record = recordSchema.parse(JSON.parse((await sealed.open(id, kept)) ?? 'null'));
      if (record.owner !== personId(by)) return undefined;
      if ((await redis.del(keyOf(id))) !== 1) return undefined;
      return {
        name: record.name,
        bytes: await promisify(gunzip)(Buffer.from(record.gzip, 'base64')),
        putBack: async () => {
          await redis.set(keyOf(id), kept, 'PX', ttlMs);
        },
      };
    },

    async drop(id: string): Promise<void> {
      await redis.del(keyOf(id));
    },
  };
}
