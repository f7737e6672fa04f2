import { createHash } from 'node:crypto';
import * as directory from '../src/sessions/lua.ts';
import * as directoryChanges from '../src/sessions/lua-changes.ts';
import * as pacing from '../src/store/call-pacing-lua.ts';
import * as lanes from '../src/turns/lua.ts';
import * as laneChanges from '../src/turns/lua-changes.ts';
import * as laneParking from '../src/turns/lua-parking.ts';

/**
 * What a line of Redis' MONITOR stands for.
 *
 * turn    sent because of a turn
 * upkeep  sent by the clock: renewing leases and locks, sweeping, looking for stalled jobs
 * wait    a blocking read that waits for work
 */
export interface ClientCommand {
  readonly name: string;
  readonly kind: 'turn' | 'upkeep' | 'wait';
}

/** Turns by state. From outside the scripts only this program asks for it, so that is not counted. */
export const COUNTS_KEY = '{tc}:counts';

const digest = (source: string) => createHash('sha1').update(source).digest('hex');
const SCRIPTS = new Map(
  [lanes, laneChanges, laneParking, pacing, directory, directoryChanges]
    .flatMap((scripts) => Object.entries(scripts))
    .map(([name, source]) => [digest(source), name.toLowerCase()]),
);
const BY_CLOCK = new Set(['renew', 'sweep', 'depth', 'archive_idle']);
const BLOCKING = /^(?:b[lr]pop|blmove|blmpop|brpoplpush|bzpop(?:min|max)|bzmpop)$/;
/** `<seconds> [<database> <client, or lua>] "COMMAND" "argument"…` */
const LINE = /^\+?\d+\.\d+ \[\d+ ([^\]]+)\] (.*)$/s;
const WORD = /"((?:[^"\\]|\\.)*)"/gy;

/** Reads one line; undefined for what a script did inside Redis, what this program asks, and what is no command. */
export function readMonitorLine(line: string): ClientCommand | undefined {
  const [, client, rest = ''] = LINE.exec(line) ?? [];
  if (client === undefined || client === 'lua') return undefined;
  const [command = '', first = '', keys = '', key = ''] = firstWords(rest, 4);
  if (first === COUNTS_KEY) return undefined;
  const name = command.toLowerCase();
  if (BLOCKING.test(name)) return { name, kind: 'wait' };
  if (name !== 'evalsha' && name !== 'eval') return { name, kind: 'turn' };
  const ours = SCRIPTS.get(first);
  if (ours !== undefined) return { name: ours, kind: BY_CLOCK.has(ours) ? 'upkeep' : 'turn' };
  // A script of the queue. Those that begin with its list of stalled jobs extend locks or look for dead workers.
  const [, list = 'script'] = /:([^:]*)$/.exec(key) ?? [];
  return { name: `queue script ${list}/${keys}`, kind: list === 'stalled' ? 'upkeep' : 'turn' };
}

function firstWords(text: string, count: number): string[] {
  const words: string[] = [];
  WORD.lastIndex = 0;
  while (words.length < count) {
    const word = WORD.exec(text)?.[1];
    if (word === undefined) break;
    words.push(word);
    WORD.lastIndex += 1;
  }
  return words;
}
