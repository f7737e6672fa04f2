import { KEPT_S } from './session-entry.ts';

/**
 * For the script that ends a turn: whoever does that once counts it once. It needs `key` and `now`, as every prelude has
 * them. `count_turn(person, session, lane)`: a turn of the session has ended in this lane; an archived one is active
 * again, and retention begins anew. A session that is not listed is left alone.
 */
export const COUNT_TURN = `
local function count_turn(person, id, lane)
  local number = redis.call('ZSCORE', key('numbers', person), (id:gsub('^tc%-', '-'))) or ''
  local record = key('s', person, number)
  if redis.call('EXISTS', record) == 0 then return end
  redis.call('HINCRBY', record, 't', 1)
  redis.call('ZREM', key('archived', person), number)
  redis.call('ZADD', key('sessions', person), now, number)
  local oldest = redis.call('ZRANGE', key('sessions', person), 0, 0, 'WITHSCORES')[2]
  redis.call('ZADD', key('idle'), oldest, person)
  redis.call('ZADD', key('lanes', person), now, lane)
  redis.call('EXPIRE', record, ${KEPT_S})
  redis.call('EXPIRE', key('current', lane), ${KEPT_S})
  redis.call('EXPIRE', key('idle'), ${KEPT_S})
  for _, name in ipairs({'directory', 'sessions', 'numbers', 'names', 'lanes', 'archived'}) do redis.call('EXPIRE', key(name, person), ${KEPT_S}) end
end
`;
