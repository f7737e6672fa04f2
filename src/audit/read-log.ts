import type { Connection } from '../store/connection.ts';

const PAGE = 1_000;

/** An entry as it is kept: the id in the stream, and the line. */
export interface KeptLine {
  readonly id: string;
  readonly line: string;
}

export interface LogEnd {
  /** The head as it is kept, if there is one. */
  readonly head: string | undefined;
  /** Id → what `DataKeys` knows the key by. */
  readonly keys: Readonly<Record<string, string>>;
}

const logKey = (keyPrefix: string) => `${keyPrefix}:audit:log`;
const headKey = (keyPrefix: string) => `${keyPrefix}:audit:head`;

type StreamReply = [id: string, fields: string[]][];

/** Entries from `from` on, oldest first; `(id` begins behind that one. */
export async function pageOf(redis: Connection, keyPrefix: string, from: string): Promise<KeptLine[]> {
  return linesOf(await redis.xrange(logKey(keyPrefix), from, '+', 'COUNT', PAGE));
}

/** The newest entries before `before` (`+` for the end), newest first. */
export async function newestOf(redis: Connection, keyPrefix: string, before: string): Promise<KeptLine[]> {
  return linesOf(await redis.xrevrange(logKey(keyPrefix), before, '-', 'COUNT', PAGE));
}

/**
 * Hands over the whole log, in order, as it was at one moment: the last page and the head are read in one step.
 * Answers undefined when old entries were removed meanwhile; then begin again.
 */
export async function readLog(
  redis: Connection,
  keyPrefix: string,
  take: (kept: KeptLine) => Promise<void>,
): Promise<LogEnd | undefined> {
  let first: string | undefined;
  for (let from = '-'; ; ) {
    const answers = await redis
      .multi()
      .xrange(logKey(keyPrefix), from, '+', 'COUNT', PAGE)
      .get(headKey(keyPrefix))
      .hgetall(`${keyPrefix}:audit:keys`)
      .xrange(logKey(keyPrefix), '-', '+', 'COUNT', 1)
      .exec();
    const [page, head, keys, oldest] = (answers ?? []).map(([error, answer]) => {
      if (error) throw error;
      return answer;
    }) as [StreamReply, string | null, Record<string, string>, StreamReply];
    first ??= oldest[0]?.[0];
    if (oldest[0]?.[0] !== first) return undefined;
    const lines = linesOf(page);
    for (const kept of lines) await take(kept);
    const last = lines.at(-1);
    if (last === undefined || lines.length < PAGE) return { head: head ?? undefined, keys };
    from = `(${last.id}`;
  }
}

/** A foreign entry, without our field, has an empty line. */
const linesOf = (reply: StreamReply): KeptLine[] =>
  reply.map(([id, fields]) => ({
    id,
    line: fields.length === 2 && fields[0] === 'entry' ? (fields[1] ?? '') : '',
  }));
