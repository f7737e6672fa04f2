import { nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { type ChatAccount, writeAccount } from './chat-account.ts';
import { COUNT } from './lua.ts';

/** What is counted, and how much of it is too much within the window. */
const LIMITS = { failed_by_person: 20, failed_by_address: 60, tickets: 30, consents: 300 } as const;
export const ATTEMPT_WINDOW_S = 600;

export type Attempts = ReturnType<typeof createAttempts>;

export interface Standing {
  readonly tooMany: boolean;
  readonly retryAfterS: number;
}

/** Counts what goes wrong, by person and by address, so that nobody can try for ever. */
export function createAttempts(redis: Connection, keyPrefix: string) {
  const count = defineScript(COUNT, keyPrefix);
  const nameFor = (kind: keyof typeof LIMITS, whose: string) =>
    nameOf(['attempts', kind, whose]).slice(0, 32);

  async function add(kind: keyof typeof LIMITS, whose: string): Promise<Standing> {
    const answer = (await count(redis, [nameFor(kind, whose), ATTEMPT_WINDOW_S])) as [number, number];
    return standing(kind, answer[0] - 1, answer[1]);
  }

  async function look(kind: keyof typeof LIMITS, whose: string): Promise<Standing> {
    const name = `${keyPrefix}:attempts:${nameFor(kind, whose)}`;
    const found = await redis.multi().get(name).pttl(name).exec();
    const [had, left] = (found ?? []).map(([error, value]) => {
      if (error) throw error;
      return value;
    });
    return standing(kind, Number(had ?? 0), Number(left ?? 0));
  }

  return {
    /** A ticket is asked for. */
    ticket: (account: ChatAccount) => add('tickets', writeAccount(account)),
    /** A browser comes from a resource. Anybody's can, so that an address may not fill Redis with them. */
    consent: (ip: string) => add('consents', ip),
    failedBy: (account: ChatAccount) => add('failed_by_person', writeAccount(account)),
    failedFrom: (ip: string) => add('failed_by_address', ip),
    standingOf: (account: ChatAccount) => look('failed_by_person', writeAccount(account)),
  };
}

/** `before`: how many there were already. */
function standing(kind: keyof typeof LIMITS, before: number, leftMs: number): Standing {
  return { tooMany: before >= LIMITS[kind], retryAfterS: Math.max(1, Math.ceil(leftMs / 1000)) };
}
