import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { laneOfLease } from './lane-records.ts';
import type { ScriptNames } from './redis-reader.ts';

export interface FenceWatch {
  /** Resolves when everything that Redis has done so far was seen. */
  settled(): Promise<void>;
  /** Writes of owners whose fence was no longer the newest, since the last call. */
  take(): string[];
  /** Redis was started anew. */
  reconnect(): Promise<void>;
  close(): void;
}

const LINE = /^\+?\d+\.\d+ \[\d+ ([^\]]+)\] (.*)$/s;
const WORD = /"((?:[^"\\]|\\.)*)"/g;
const WRITES = new Set(['hset', 'del', 'expire', 'lpop', 'rpush', 'lpush', 'zadd', 'zrem', 'hincrby']);
const FENCED = new Set(['note', 'post', 'finish', 'release']);

/**
 * Follows what Redis really does, in its own order, by MONITOR: which fence of a lane is the newest, and who writes.
 * A scripted write for a lane under any other fence is stale, whatever the script answered.
 */
export async function watchFences(port: number, prefix: string, scripts: ScriptNames): Promise<FenceWatch> {
  let fences = new Map<string, string>();
  const stale: string[] = [];
  let writer: { readonly script: string; readonly lane: string; readonly fence: string } | undefined;
  /** The lane whose lease the script under way has ended; it may still write. */
  let freed: string | undefined;
  let socket: Socket | undefined;
  const marks = new Map<string, () => void>();
  let marked = 0;

  function see(line: string): void {
    const [, client, rest = ''] = LINE.exec(line) ?? [];
    if (client === undefined) return;
    const words = [...rest.matchAll(WORD)].map(([, word = '']) => word);
    const command = (words[0] ?? '').toLowerCase();
    if (client !== 'lua') {
      writer = undefined;
      if (freed !== undefined) fences.set(freed, 'nobody');
      freed = undefined;
      if (command === 'echo') marks.get(words[1] ?? '')?.();
      const script = command === 'evalsha' ? scripts.get(words[1] ?? '') : undefined;
      if (script && FENCED.has(script)) writer = { script, lane: words[5] ?? '', fence: words[6] ?? '' };
      return;
    }
    const leaseOf = laneOfLease(words[1], prefix);
    const newest = writer && fences.get(writer.lane);
    if (writer && WRITES.has(command) && newest !== undefined && newest !== writer.fence) {
      stale.push(`${writer.script} by fence ${writer.fence} of ${writer.lane}, whose newest is ${newest}`);
      writer = undefined;
    }
    if (leaseOf === undefined) return;
    if (command === 'hset' && words[2] === 'fence') fences.set(leaseOf, words[3] ?? '');
    if (command !== 'del') return;
    if (writer === undefined) fences.set(leaseOf, 'nobody');
    else freed = leaseOf;
  }

  async function open(): Promise<void> {
    socket?.destroy();
    fences = new Map();
    const opened = connect(port, '127.0.0.1');
    socket = opened;
    const started = Promise.withResolvers<void>();
    opened.on('error', started.reject);
    const lines = createInterface({ input: opened });
    lines.on('line', (line) => (line === '+OK' ? started.resolve() : see(line)));
    // The watch is over when Redis goes; the error is reported by `started` or means just that.
    lines.on('error', () => opened.destroy());
    opened.write('MONITOR\r\n');
    await started.promise;
  }
  await open();

  return {
    async settled() {
      marked += 1;
      const mark = `seen-${prefix}-${marked}`;
      const seen = Promise.withResolvers<void>();
      marks.set(mark, seen.resolve);
      const voice = connect(port, '127.0.0.1');
      voice.on('error', seen.reject);
      voice.on('data', () => voice.end());
      voice.write(`ECHO ${mark}\r\n`);
      await seen.promise;
      marks.delete(mark);
    },
    take: () => stale.splice(0),
    reconnect: open,
    close: () => socket?.destroy(),
  };
}
