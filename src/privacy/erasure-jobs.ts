import { z } from 'zod';
import { base32 } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import { LATE_LOOK, latePeopleText } from './late-looks.ts';
import { BEGIN, CLAIM, END, KEEP } from './lua.ts';
import { actorsOf, type Person, personIdsOf } from './person.ts';
import { createSealedText, fieldsOf } from './sealed-text.ts';

const accountSchema = z.object({ platform: z.enum(['slack', 'teams']), tenant: z.string(), id: z.string() });

const requestSchema = z.object({
  person: z.object({ accounts: z.array(accountSchema), sub: z.string().optional() }),
  /** Who wants it: the person, by the account that they wrote with, or an operator. */
  by: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('person'), account: accountSchema }),
    z.object({ kind: z.literal('operator'), name: z.string() }),
  ]),
  /** The number of the audit entry with the order. */
  order: z.number(),
});

/** An erasure as it is asked for. */
export interface ErasureRequest {
  readonly person: Person;
  readonly by: z.infer<typeof requestSchema>['by'];
  readonly order: number;
}

export interface Erasure extends ErasureRequest {
  readonly id: string;
  /** What was kept before is erased; what comes later is not. Epoch milliseconds, Redis' clock. */
  readonly at: number;
  /** How often somebody has begun with it, this time included. */
  readonly tries: number;
  /** How much of each kind is gone already. */
  readonly done: Readonly<Record<string, number>>;
}

export interface ErasureJobsDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  /** The name of an actor's directory. */
  readonly directoryOf: (actor: string) => string;
  /** Resolves when what was written is as durable as this deployment wants it. */
  readonly confirmDurable: () => Promise<void>;
  readonly randomBytes: (size: number) => Uint8Array;
}

export type ErasureJobs = ReturnType<typeof createErasureJobs>;

const DONE = 'done:';

/** Who is being forgotten, durably: an erasure that was begun is taken up again until it is complete. */
export function createErasureJobs(deps: ErasureJobsDeps) {
  const { redis, keyPrefix, sealer } = deps;
  const sealed = createSealedText(sealer, 'erasure');
  const later = createSealedText(sealer, LATE_LOOK);
  const define = (source: string) => defineScript(source, keyPrefix);
  const scripts = { begin: define(BEGIN), claim: define(CLAIM), keep: define(KEEP), end: define(END) };
  const namesOf = (person: Person) => [
    ...new Set([...personIdsOf(person), ...actorsOf(person).map(deps.directoryOf)]),
  ];

  async function open(id: string, fields: Readonly<Record<string, string>>): Promise<Erasure> {
    const text = await sealed.open(id, fields.sealed ?? '');
    const done = Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(DONE) ? [[name.slice(DONE.length), Number(value)] as const] : [],
    );
    const request = requestSchema.parse(JSON.parse(text ?? 'null')) as ErasureRequest;
    return {
      ...request,
      id,
      at: Number(fields.at),
      tries: Number(fields.tries),
      done: Object.fromEntries(done),
    };
  }

  return {
    /** Answers the id; that of an erasure which is under way already, where there is one. */
    async begin(request: ErasureRequest): Promise<string> {
      const id = base32(deps.randomBytes(16));
      const text = await sealed.seal(id, JSON.stringify(request));
      const begun = String(await scripts.begin(redis, [id, text, ...namesOf(request.person)]));
      await deps.confirmDurable();
      return begun;
    },

    /** Takes one up for `leaseMs`, unless nothing is due. @throws SealedError, when it stays due */
    async claim(leaseMs: number): Promise<Erasure | undefined> {
      const answer = (await scripts.claim(redis, ['', leaseMs])) as [string, string[]] | null;
      if (!answer) return undefined;
      const [id, flat] = answer;
      return open(id, fieldsOf(flat));
    },

    /** Holds it for so long, and notes how much is gone. */
    async keep(id: string, ms: number, gone: Readonly<Record<string, number>> = {}): Promise<void> {
      await scripts.keep(redis, [
        id,
        ms,
        ...Object.entries(gone).flatMap(([step, count]) => [`${DONE}${step}`, count]),
      ]);
    },

    /** It is complete; after `lookMs`, if that is given, Memory is looked at once more. False: it was over already. */
    async end({ id, person }: Erasure, lookMs?: number): Promise<boolean> {
      const people = latePeopleText(actorsOf(person).map(deps.directoryOf));
      const text = lookMs === undefined ? '' : await later.seal(id, people);
      return Number(await scripts.end(redis, [id, text, lookMs ?? 0, ...namesOf(person)])) === 1;
    },

    /** What is known of one; undefined when it is complete, or was never asked for. */
    async show(id: string): Promise<Erasure | undefined> {
      const fields = await redis.hgetall(`${keyPrefix}:erasure:${id}`);
      return fields.sealed === undefined ? undefined : open(id, fields);
    },

    /** Whether a person is being forgotten; `name`: that of a directory, or of who asks. */
    isErasing: async (name: string): Promise<boolean> =>
      (await redis.exists(`${keyPrefix}:erasing:${name}`)) === 1,
  };
}
