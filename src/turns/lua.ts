/**
 * The scripts of the lanes. Each runs atomically in Redis; times come from Redis' own clock, so that processes
 * with different clocks agree. `docs/operate.md` lists the key families.
 *
 * Invariants: a lane is in `ready` exactly when it has turns and no lease · a tenant is in `ring` exactly when its
 * ready list is not empty · only the holder of the newest fence of a lane writes for it.
 */
const PRELUDE = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
local function count(state, by) redis.call('HINCRBY', key('counts'), state, by) end
local function enlist(lane, tenant, front)
  if redis.call('ZSCORE', key('ready'), lane) then return 0 end
  redis.call('ZADD', key('ready'), now, lane)
  local listed = redis.call(front and 'LPUSH' or 'RPUSH', key('ready', tenant), lane)
  if listed == 1 then redis.call('RPUSH', key('ring'), tenant) end
  return 1
end
local function waits(turn)
  local state = redis.call('HMGET', key('turn', turn), 'state', 'attempt')
  return state[1] == 'queued' and state[2] == '0'
end
local function holds(lane, fence) return redis.call('HGET', key('lease', lane), 'fence') == fence end
`;

/**
 * ARGV: turn, lane, tenant, thread, only in known threads (0|1), message, claim TTL s, thread TTL s, lane limit, claims…
 * Answers [accepted | duplicate | unaddressed | full, turn, place in the lane, wake needed].
 */
export const ACCEPT = `${PRELUDE}
local turn, lane, tenant, thread = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local claimTtl, threadTtl, limit = ARGV[8], ARGV[9], tonumber(ARGV[10])
local known
for i = 11, #ARGV do known = known or redis.call('GET', key('claim', ARGV[i])) end
if known then
  for i = 11, #ARGV do redis.call('SET', key('claim', ARGV[i]), known, 'NX', 'EX', claimTtl) end
  return {'duplicate', known, 0, 0}
end
if ARGV[6] == '1' and redis.call('EXISTS', key('thread', thread)) == 0 then return {'unaddressed', '', 0, 0} end
if redis.call('LLEN', key('lane', lane)) >= limit then return {'full', '', limit, 0} end
for i = 11, #ARGV do redis.call('SET', key('claim', ARGV[i]), turn, 'EX', claimTtl) end
redis.call('HSET', key('turn', turn), 'state', 'queued', 'lane', lane, 'tenant', tenant, 'message', ARGV[7], 'received', now, 'attempt', 0)
if not redis.call('SET', key('thread', thread), '1', 'EX', threadTtl, 'GET') then redis.call('HSET', key('turn', turn), 'opens', 1) end
local place = redis.call('RPUSH', key('lane', lane), turn)
count('queued', 1)
local wake = 0
if redis.call('EXISTS', key('lease', lane)) == 0 then wake = enlist(lane, tenant, false) end
return {'accepted', turn, place, wake}
`;

/**
 * ARGV: worker, lease ms. Takes the next ready lane, tenants in turn, and leases it.
 * Answers nil, or [lane, turn, fence, generation, ms to keep quiet, turn record fields…].
 */
export const CLAIM = `${PRELUDE}
while true do
  local tenant = redis.call('LPOP', key('ring'))
  if not tenant then return false end
  local lane = redis.call('LPOP', key('ready', tenant))
  if redis.call('EXISTS', key('ready', tenant)) == 1 then redis.call('RPUSH', key('ring'), tenant) end
  redis.call('ZREM', key('ready'), lane)
  local turn = redis.call('LINDEX', key('lane', lane), 0)
  while turn and redis.call('EXISTS', key('turn', turn)) == 0 do
    redis.call('LPOP', key('lane', lane))
    turn = redis.call('LINDEX', key('lane', lane), 0)
  end
  if turn then
    local fence = redis.call('INCR', key('fence'))
    redis.call('HSET', key('lease', lane), 'fence', fence, 'worker', ARGV[2], 'turn', turn, 'tenant', tenant)
    redis.call('ZADD', key('leases'), now + ARGV[3], lane)
    redis.call('HINCRBY', key('turn', turn), 'attempt', 1)
    redis.call('HSETNX', key('turn', turn), 'started', now)
    redis.call('HSET', key('turn', turn), 'state', 'running', 'fence', fence)
    count('queued', -1)
    count('running', 1)
    local quiet = tonumber(redis.call('HGET', key('turn', turn), 'quiet') or '0')
    local record = redis.call('HGETALL', key('turn', turn))
    return {lane, turn, tostring(fence), redis.call('GET', key('generation', lane)) or '0', math.max(0, quiet - now), unpack(record)}
  end
end
`;

/** ARGV: lease ms, then lane, fence pairs. Answers the lanes that are no longer held. */
export const RENEW = `${PRELUDE}
local lost = {}
for i = 3, #ARGV, 2 do
  if holds(ARGV[i], ARGV[i + 1]) then redis.call('ZADD', key('leases'), 'XX', now + ARGV[2], ARGV[i])
  else lost[#lost + 1] = ARGV[i] end
end
return lost
`;

/** ARGV: lane, fence, turn, then field, value pairs of the turn record. Answers 1, or 0 when the lane is lost. */
export const NOTE = `${PRELUDE}
if not holds(ARGV[2], ARGV[3]) then return 0 end
redis.call('HSET', key('turn', ARGV[4]), unpack(ARGV, 5))
return 1
`;

/**
 * ARGV: lane, fence, turn, end state, retention s, then field, value pairs. Ends the turn and frees the lane.
 * Answers [1, wake needed], or [0, 0] when the lane is lost.
 */
export const FINISH = `${PRELUDE}
local lane, turn = ARGV[2], ARGV[4]
if not holds(lane, ARGV[3]) or redis.call('LINDEX', key('lane', lane), 0) ~= turn then return {0, 0} end
redis.call('HSET', key('turn', turn), 'state', ARGV[5], 'ended', now, unpack(ARGV, 7))
redis.call('EXPIRE', key('turn', turn), ARGV[6])
redis.call('LPOP', key('lane', lane))
local tenant = redis.call('HGET', key('lease', lane), 'tenant')
redis.call('DEL', key('lease', lane))
redis.call('ZREM', key('leases'), lane)
count('running', -1)
count(ARGV[5], 1)
if redis.call('EXISTS', key('lane', lane)) == 1 then return {1, enlist(lane, tenant, false)} end
return {1, 0}
`;

/** ARGV: lane, fence. Gives an unfinished lane back, first in line; its owner writes nothing more. Answers 1 or 0. */
export const RELEASE = `${PRELUDE}
local lane = ARGV[2]
if not holds(lane, ARGV[3]) then return 0 end
local lease = redis.call('HMGET', key('lease', lane), 'turn', 'tenant')
redis.call('HSET', key('turn', lease[1]), 'state', 'queued')
redis.call('DEL', key('lease', lane))
redis.call('ZREM', key('leases'), lane)
count('running', -1)
count('queued', 1)
return enlist(lane, lease[2], true)
`;

/**
 * ARGV: ms a lost owner's chat call may still be under way, ms after which a ready lane counts as overlooked, batch.
 * Gives the lanes of dead workers back and answers [lanes given back, overlooked ready lanes].
 */
export const SWEEP = `${PRELUDE}
local expired = redis.call('ZRANGEBYSCORE', key('leases'), '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[4])
for i = 1, #expired, 2 do
  local lane = expired[i]
  local lease = redis.call('HMGET', key('lease', lane), 'turn', 'tenant')
  redis.call('DEL', key('lease', lane))
  redis.call('ZREM', key('leases'), lane)
  if lease[1] then
    redis.call('HSET', key('turn', lease[1]), 'state', 'queued', 'quiet', expired[i + 1] + ARGV[2])
    redis.call('HINCRBY', key('turn', lease[1]), 'crashes', 1)
    count('running', -1)
    count('queued', 1)
    enlist(lane, lease[2], true)
  end
end
return {#expired / 2, redis.call('ZCOUNT', key('ready'), '-inf', now - ARGV[3])}
`;

/** Answers [ready lanes, leased lanes, count name, count…]. */
export const DEPTH = `${PRELUDE}
return {redis.call('ZCARD', key('ready')), redis.call('ZCARD', key('leases')), unpack(redis.call('HGETALL', key('counts')))}
`;

/**
 * ARGV: claim, seconds for which a name that nobody has claimed stays closed (0 = it stays open).
 * Answers nil, or [turn, state, attempt, message] with nils for what is no longer kept.
 */
export const FIND = `${PRELUDE}
local turn = redis.call('GET', key('claim', ARGV[2]))
if turn then return {turn, unpack(redis.call('HMGET', key('turn', turn), 'state', 'attempt', 'message'))} end
if tonumber(ARGV[3]) > 0 then redis.call('SET', key('claim', ARGV[2]), 'closed', 'EX', ARGV[3]) end
return false
`;

/** ARGV: claim, seconds. Answers 1 to whoever claims it first, 0 to everybody else. */
export const ONCE = `${PRELUDE}
return redis.call('SET', key('claim', ARGV[2]), 'once', 'NX', 'EX', ARGV[3]) and 1 or 0
`;

/**
 * ARGV: turn, message, stamp of the edit. Only a question that no worker has begun is changed, and only by an edit
 * newer than the last one; stamps are compared as text. Answers amended | stale | begun.
 */
export const AMEND = `${PRELUDE}
local turn = key('turn', ARGV[2])
if not waits(ARGV[2]) then return 'begun' end
if (redis.call('HGET', turn, 'edited') or '') >= ARGV[4] then return 'stale' end
redis.call('HSET', turn, 'message', ARGV[3], 'edited', ARGV[4])
return 'amended'
`;

/**
 * ARGV: turn, retention s. Takes a question that no worker has begun out of its lane; the others keep their order.
 * Answers cancelled | begun.
 */
export const CANCEL = `${PRELUDE}
local turn = ARGV[2]
if not waits(turn) then return 'begun' end
local place = redis.call('HMGET', key('turn', turn), 'lane', 'tenant')
local lane, tenant = place[1], place[2]
redis.call('LREM', key('lane', lane), 1, turn)
redis.call('HSET', key('turn', turn), 'state', 'stopped', 'ended', now, 'reason', 'question deleted')
redis.call('EXPIRE', key('turn', turn), ARGV[3])
count('queued', -1)
count('stopped', 1)
if redis.call('EXISTS', key('lane', lane)) == 0 and redis.call('ZREM', key('ready'), lane) == 1 then
  redis.call('LREM', key('ready', tenant), 1, lane)
  if redis.call('EXISTS', key('ready', tenant)) == 0 then redis.call('LREM', key('ring'), 1, tenant) end
end
return 'cancelled'
`;

/** ARGV: turn, who, value, reason or '', seconds kept. Keeps the last word of each person. Answers the value before, or ''. */
export const FEEDBACK = `${PRELUDE}
local record, who, value, reason = key('feedback', ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local before = redis.call('HGET', record, who) or ''
redis.call('HSET', record, who, value, who .. '/at', now)
if reason ~= '' then redis.call('HSET', record, who .. '/reason', reason)
elseif before ~= value then redis.call('HDEL', record, who .. '/reason') end
redis.call('EXPIRE', record, ARGV[6])
return before
`;
