import { z } from 'zod';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Sealer } from '../store/sealed.ts';
import type { Logger } from '../telemetry/logger.ts';
import { againAfter } from './again-after.ts';
import { held } from './held.ts';
import { CLAIM_LOOK, HOLD_LOOK, LOOKED } from './lua.ts';
import { eraseLate, type MemoryOfPeople } from './memory.ts';
import { createSealedText, fieldsOf } from './sealed-text.ts';

/**
 * AgentCore takes what it learns out of events a minute or more after they were written, and may go on after these were
 * deleted. So Memory is looked at again when an erasure has long been over: so many milliseconds after its end, then
 * after each look.
 */
export const LATE_LOOKS_MS = [2 * 60_000, 13 * 60_000, 105 * 60_000] as const;

export const LATE_LOOK = 'late-look';
const LEASE_MS = 15_000;
const RENEW_MS = 4_000;

const peopleSchema = z.array(z.string());

/** The record of those to look for, by the ids under which Memory kept them. Pure. */
export const latePeopleText = (people: readonly string[]): string => JSON.stringify(people);

export interface LateLooksDeps {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Undefined: nothing is sealed. */
  readonly sealer: Sealer | undefined;
  readonly memory: MemoryOfPeople;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Looks for what Memory learnt of people after they were forgotten, as it is due. */
export function createLateLooks(deps: LateLooksDeps) {
  const { redis, keyPrefix, memory, log } = deps;
  const define = (source: string) => defineScript(source, keyPrefix);
  const scripts = { claim: define(CLAIM_LOOK), hold: define(HOLD_LOOK), looked: define(LOOKED) };
  const sealed = createSealedText(deps.sealer, LATE_LOOK);

  async function look(id: string, fields: Readonly<Record<string, string>>, signal: AbortSignal) {
    const people = peopleSchema.parse(JSON.parse((await sealed.open(id, fields.sealed ?? '')) ?? 'null'));
    const number = Number(fields.look);
    const next = LATE_LOOKS_MS[number + 1];
    // All of Memory is gone through once, at the end: it holds everybody's.
    const ours = next === undefined ? undefined : ('ours' as const);
    let count = 0;
    for (const person of people)
      count += await eraseLate(memory, person, {
        ...{ before: Number(fields.at), now: deps.now(), ours, signal },
      });
    await scripts.looked(redis, [id, number, next ?? '']);
    if (count > 0) log.info({ count }, 'what Memory learnt late of somebody who was forgotten is gone, too');
  }

  return {
    /** False: no look was due. Never throws for one that fails: it is taken up again. */
    async next(closing: AbortSignal): Promise<boolean> {
      const answer = (await scripts.claim(redis, ['', LEASE_MS])) as [string, string[]] | null;
      if (!answer) return false;
      const [id, flat] = answer;
      const fields = fieldsOf(flat);
      const keep = () => scripts.hold(redis, [id, LEASE_MS]);
      try {
        await held({ everyMs: RENEW_MS, keep, closing }, (signal) => look(id, fields, signal));
      } catch (error) {
        const againMs = closing.aborted ? 0 : againAfter(Number(fields.tries));
        if (!closing.aborted) log.error({ err: error, againMs }, 'Memory could not be looked at again');
        await scripts.hold(redis, [id, againMs]);
      }
      return true;
    },
  };
}
