import { z } from 'zod';
import { POLICIES } from '../chat/policies.ts';
import type { Connection } from '../store/connection.ts';
import { defineScript } from '../store/scripts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { GUARDRAIL_COUNT } from './counts-lua.ts';

/** How often a policy minded something, and how many turns were checked: by day, for `guardrail report`. */

const mode = z.enum(['enforce', 'shadow', 'off']);
/** Of a direct message only that it was one: its id would name a person. */
const channel = z.string();

const interventionField = z.tuple([
  z.enum(['question', 'answer', 'thread', 'words']),
  z.enum(['blocked', 'masked']),
  z.enum(POLICIES),
  mode,
  channel,
]);
/** `intervened`: of those that were checked, the turns in which a policy minded something. */
const turnField = z.tuple([z.literal('turn'), z.enum(['checked', 'intervened']), mode, channel]);
const fieldSchema = z.union([interventionField, turnField]);

export type InterventionField = z.infer<typeof interventionField>;

export type CountField = z.infer<typeof fieldSchema>;

export interface GuardrailCounts {
  /** Counts one more; it is in Redis a moment later. A process that dies meanwhile loses what it counted in that moment. */
  add(field: CountField): void;
  /** Resolves when what was counted is in Redis, or lost with a warning. */
  close(): Promise<void>;
}

export const COUNTED_DAYS = 90;
const KEPT_S = COUNTED_DAYS * 86_400;
/** Counts go to Redis together, so that a turn costs it nothing. */
const TOGETHER_MS = 1_000;

export function createGuardrailCounts(deps: {
  readonly redis: Connection;
  readonly keyPrefix: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly log: Logger;
}): GuardrailCounts {
  const { redis, log } = deps;
  const count = defineScript(GUARDRAIL_COUNT, deps.keyPrefix);
  let waiting = new Map<string, Map<string, number>>();
  let cancel: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): void {
    cancel?.();
    cancel = undefined;
    const days = waiting;
    waiting = new Map();
    writing = writing.then(async () => {
      for (const [day, fields] of days)
        await count(redis, [day, KEPT_S, ...[...fields].flat()]).catch((error: unknown) =>
          log.warn({ err: error }, 'interventions of the guardrail could not be counted'),
        );
    });
  }

  return {
    add(field) {
      const day = dayOf(deps.now());
      const fields = waiting.get(day) ?? new Map<string, number>();
      const name = JSON.stringify(field);
      waiting.set(day, fields.set(name, (fields.get(name) ?? 0) + 1));
      cancel ??= deps.after(TOGETHER_MS, flush);
    },
    async close() {
      flush();
      await writing;
    },
  };
}

/** The day in UTC, as `2026-01-31`. Pure. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export interface Counted {
  readonly day: string;
  readonly field: CountField;
  readonly count: number;
}

/** What was counted on these days. What another release has counted otherwise is left out. */
export async function readCounts(
  redis: Connection,
  keyPrefix: string,
  days: readonly string[],
): Promise<Counted[]> {
  const all = await Promise.all(days.map((day) => redis.hgetall(`${keyPrefix}:guardcounts:${day}`)));
  return all.flatMap((fields, i) =>
    Object.entries(fields).flatMap(([name, count]) => {
      const field = readField(name);
      return field ? [{ day: days[i] ?? '', field, count: Number(count) }] : [];
    }),
  );
}

function readField(name: string): CountField | undefined {
  try {
    return fieldSchema.safeParse(JSON.parse(name)).data;
  } catch {
    return undefined;
  }
}
