import { expect, test } from 'vitest';
import { type Durability, durabilityProblems, parseInfo } from '../../../src/store/durability.ts';

const fit = { maxmemory_policy: 'noeviction', aof_enabled: '1', role: 'master', connected_slaves: '0' };
const replica = (state: string) => `ip=10.0.0.2,port=6379,state=${state},offset=12,lag=0`;

test.each<[string, Record<string, string>, Durability, string[]]>([
  ['noeviction and append-only file', fit, 'aof', []],
  ['no append-only file', { ...fit, aof_enabled: '0' }, 'aof', ['appendonly yes']],
  [
    'an append-only file of which nothing is said',
    { maxmemory_policy: 'noeviction' },
    'aof',
    ['appendonly yes'],
  ],
  ['no append-only file, but none is wanted', { ...fit, aof_enabled: '0' }, 'none', []],
  ['an online replica', { ...fit, aof_enabled: '0', slave0: replica('online') }, 'replicated', []],
  [
    'a replica that still loads',
    { ...fit, slave0: replica('wait_bgsave') },
    'replicated',
    ['no online replica'],
  ],
  [
    'the second of two replicas online',
    { ...fit, slave0: replica('send_bulk'), slave1: replica('online') },
    'replicated',
    [],
  ],
  ['no replica', fit, 'replicated', ['no online replica']],
  [
    'a replica that is said to be online, and has not been heard for a minute',
    { ...fit, slave0: 'ip=10.0.0.2,port=6379,state=online,offset=12,lag=60' },
    'replicated',
    ['no online replica'],
  ],
  ['a replica instead of the primary', { ...fit, role: 'slave' }, 'aof', ['leads to a replica']],
  ['a full disk', { ...fit, aof_last_write_status: 'err' }, 'aof', ['append-only file']],
  ['a Redis of long ago', { ...fit, redis_version: '6.0.16' }, 'aof', ['too old (6.0.16)']],
  ['the oldest Redis that will do', { ...fit, redis_version: '6.2.0' }, 'aof', []],
  ['eviction', { ...fit, maxmemory_policy: 'allkeys-lru' }, 'aof', ['allkeys-lru']],
  [
    'eviction of keys with a time limit',
    { ...fit, maxmemory_policy: 'volatile-ttl' },
    'none',
    ['volatile-ttl'],
  ],
  ['a policy that is not told', {}, 'none', ['unknown']],
  [
    'two faults at once',
    { maxmemory_policy: 'allkeys-lfu', aof_enabled: '0' },
    'aof',
    ['noeviction', 'appendonly yes'],
  ],
])('with %s', (_name, info, wanted, expected) => {
  const problems = durabilityProblems(info, wanted);
  expect(problems).toHaveLength(expected.length);
  for (const [i, words] of expected.entries()) expect(problems[i]).toContain(words);
});

test('INFO is read line by line; headings, empty lines and colons in values do no harm', () => {
  expect(parseInfo('# Memory\r\nmaxmemory_policy:noeviction\r\n\r\nexecutable:/a:b\r\nnonsense\r\n')).toEqual(
    {
      maxmemory_policy: 'noeviction',
      executable: '/a:b',
    },
  );
});
