import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readMonitorLine } from '../../../bench/redis-commands.ts';
import { PACE } from '../../../src/store/call-pacing-lua.ts';
import { ACCEPT, RENEW, SWEEP } from '../../../src/turns/lua.ts';

const line = (...words: string[]) =>
  `1732345678.123456 [0 127.0.0.1:40001] ${words.map((word) => `"${word}"`).join(' ')}`;
const digest = (source: string) => createHash('sha1').update(source).digest('hex');

describe('a line of MONITOR', () => {
  it.each([
    ['a script of the lanes', line('evalsha', digest(ACCEPT), '1', '{tc}'), 'accept', 'turn'],
    ['a script of the pacing', line('evalsha', digest(PACE), '1', '{tc}'), 'pace', 'turn'],
    ['a renewal', line('evalsha', digest(RENEW), '1', '{tc}'), 'renew', 'upkeep'],
    ['a sweep', line('EVALSHA', digest(SWEEP), '1', '{tc}'), 'sweep', 'upkeep'],
    [
      'a job that is added',
      line('evalsha', 'f00', '9', '{tc}:wakes:wait', 'more'),
      'queue script wait/9',
      'turn',
    ],
    [
      'locks that are extended',
      line('evalsha', 'f00', '1', '{tc}:wakes:stalled'),
      'queue script stalled/1',
      'upkeep',
    ],
    ['a wait for work', line('bzpopmin', '{tc}:wakes:marker', '5'), 'bzpopmin', 'wait'],
    ['a plain command', line('SET', 'k', 'a \\"quoted\\" [0 lua] word'), 'set', 'turn'],
    ['the first line after OK', `+${line('GET', 'k')}`, 'get', 'turn'],
  ])('names %s', (_what, text, name, kind) => {
    expect(readMonitorLine(text)).toEqual({ name, kind });
  });

  it.each([
    ['a command inside a script', '1732345678.123456 [0 lua] "HSET" "k" "f" "v"'],
    ['the question of the benchmark itself', line('HMGET', '{tc}:counts', 'queued', 'running')],
    ['an answer', 'OK'],
  ])('is not counted when it is %s', (_what, text) => {
    expect(readMonitorLine(text)).toBeUndefined();
  });
});
