/**
 * Erasures as jobs in Redis, that outlive the process which works on them.
 *
 * erasures          ids by when somebody may next take them up
 * erasure:<id>      whom it is about, sealed; since when; what was done, by step
 * erasing:<person>  the job of a person, under each of their names: what they ask from then on waits (`turns/lua.ts`)
 * latelooks         ids of erasures that are over, by when somebody may next look for what Memory learnt late
 * latelook:<id>     whom Memory knew them as, sealed; since when; how often somebody has looked
 */
const PRELUDE = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
local job = key('erasure', ARGV[2])
`;

/** ARGV: id, sealed, names… Answers the id; another one where an erasure of one of the names is under way. */
export const BEGIN = `${PRELUDE}
for i = 4, #ARGV do
  local other = redis.call('HGET', key('erasing', ARGV[i]), 'job')
  if other then return other end
end
redis.call('HSET', job, 'sealed', ARGV[3], 'at', now, 'tries', 0)
for i = 4, #ARGV do redis.call('HSET', key('erasing', ARGV[i]), 'job', ARGV[2], 'at', now) end
redis.call('ZADD', key('erasures'), now, ARGV[2])
return ARGV[2]
`;

/** ARGV: '', lease ms. Takes the job that has been due the longest. Answers nil, or its id and the fields of its record. */
export const CLAIM = `${PRELUDE}
local id = redis.call('ZRANGEBYSCORE', key('erasures'), '-inf', now, 'LIMIT', 0, 1)[1]
if not id then return false end
redis.call('ZADD', key('erasures'), now + ARGV[3], id)
redis.call('HINCRBY', key('erasure', id), 'tries', 1)
return {id, redis.call('HGETALL', key('erasure', id))}
`;

/** ARGV: id, ms until somebody may take it up, then fields and amounts to add. Answers 0 when it is over. */
export const KEEP = `${PRELUDE}
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('ZADD', key('erasures'), 'XX', now + ARGV[3], ARGV[2])
for i = 4, #ARGV, 2 do redis.call('HINCRBY', job, ARGV[i], ARGV[i + 1]) end
return 1
`;

/**
 * ARGV: id, whom to look for later (sealed, or ''), ms until then, names… It is done: nothing else is left of it. Answers
 * 1, or 0 when it was over already.
 */
export const END = `${PRELUDE}
local at = redis.call('HGET', job, 'at')
if at and ARGV[3] ~= '' then
  redis.call('HSET', key('latelook', ARGV[2]), 'sealed', ARGV[3], 'at', at, 'look', 0, 'tries', 0)
  redis.call('ZADD', key('latelooks'), now + ARGV[4], ARGV[2])
end
for i = 5, #ARGV do
  local name = key('erasing', ARGV[i])
  if redis.call('HGET', name, 'job') == ARGV[2] then redis.call('DEL', name) end
end
redis.call('ZREM', key('erasures'), ARGV[2])
return redis.call('DEL', job)
`;

/** ARGV: '', lease ms. Takes the late look that has been due the longest. Answers nil, or its id and its fields. */
export const CLAIM_LOOK = `${PRELUDE}
local id = redis.call('ZRANGEBYSCORE', key('latelooks'), '-inf', now, 'LIMIT', 0, 1)[1]
if not id then return false end
redis.call('ZADD', key('latelooks'), now + ARGV[3], id)
redis.call('HINCRBY', key('latelook', id), 'tries', 1)
return {id, redis.call('HGETALL', key('latelook', id))}
`;

/** ARGV: id, ms until somebody may look. */
export const HOLD_LOOK = `${PRELUDE}
return redis.call('ZADD', key('latelooks'), 'XX', now + ARGV[3], ARGV[2])
`;

/** ARGV: id, number of the look, ms until the next one or ''. It was looked: once each, whoever else has looked as well. */
export const LOOKED = `${PRELUDE}
local look = key('latelook', ARGV[2])
if redis.call('HGET', look, 'look') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then
  redis.call('ZREM', key('latelooks'), ARGV[2])
  return redis.call('DEL', look)
end
redis.call('HSET', look, 'look', ARGV[3] + 1, 'tries', 0)
redis.call('ZADD', key('latelooks'), now + ARGV[4], ARGV[2])
return 1
`;
