import { isIPv6 } from 'node:net';
import { nameOf } from '../chat/digest.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import { type ChatAccount, writeAccount } from './chat-account.ts';
import { COUNT } from './lua.ts';

/** What is counted, and how much of it is too much within the window. */
const LIMITS = {
  failed_by_person: 20,
  failed_by_address: 60,
  failed_by_nobody: 600,
  tickets: 30,
  consents: 300,
  consents_of_all: 10_000,
} as const;
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
    /**
     * A browser comes from a resource. Anybody's can, and leaves a record: neither one address nor somebody with very many
     * must fill Redis, and one address alone must not use up what there is for all.
     */
    async consent(ip: string): Promise<Standing> {
      const own = await look('consents', networkOf(ip));
      if (own.tooMany) return own;
      const ofAll = await add('consents_of_all', '');
      return ofAll.tooMany ? ofAll : add('consents', networkOf(ip));
    },
    failedBy: (account: ChatAccount) => add('failed_by_person', writeAccount(account)),
    failedFrom: (ip: string) => add('failed_by_address', networkOf(ip)),
    standingFrom: (ip: string) => look('failed_by_address', networkOf(ip)),
    /** Something failed that nobody we know has begun, wherever it came from: who has many addresses must not fill Redis. */
    failedByNobody: () => add('failed_by_nobody', ''),
    standingOf: (account: ChatAccount) => look('failed_by_person', writeAccount(account)),
  };
}

/** `before`: how many there were already. */
function standing(kind: keyof typeof LIMITS, before: number, leftMs: number): Standing {
  return { tooMany: before >= LIMITS[kind], retryAfterS: Math.max(1, Math.ceil(leftMs / 1000)) };
}

/** Whoever has one IPv6 address has 2^64 of them. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.includes('.')) return ip;
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
