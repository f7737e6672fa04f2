/**
 * Who may call AgentCore Memory next. Calls of a kind (write, read, erase) share the account's quota; those of a group
 * (one session, one person) stand in a line of their own, and groups take turns, so that a long line keeps nobody else
 * waiting.
 *
 * `memoryquota` keeps the times of the calls that were let through, of the account and of each group; `memoryturns` the
 * groups that wait, the next one first; `memoryline` the tickets of a group, in order; `memorywaiting` until when each
 * ticket counts: who does not ask again until then is gone. Times are Redis' own.
 */
const PRELUDE = `
local function key(...) return ARGV[1] .. ':' .. table.concat({...}, ':') end
local kind, group, ticket = ARGV[2], ARGV[3], ARGV[4]
local turns, waiting = key('memoryturns', kind), key('memorywaiting', kind)
local function line(of) return key('memoryline', kind, of) end
`;

/** How many groups are looked at beyond the free places: those that may not go now, or whose callers are gone. */
const LOOK_BEYOND = 32;
/** Nobody asks more often. */
const SHORTEST_WAIT_MS = 10;

/**
 * ARGV: kind, group, ticket, calls of the account, calls of the group, window ms, ms for which the ticket counts, longest
 * wait ms. Answers [1, time] when the call may be made now, [0, ms] when it makes sense to ask again.
 */
export const MEMORY_ASK = `${PRELUDE}
local most, mostOfGroup, window = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local patience, longest = tonumber(ARGV[8]), tonumber(ARGV[9])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local account = key('memoryquota', kind)
local function calls(of) return key('memoryquota', kind, of) end

local function used(list)
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now - window)
  return redis.call('ZCARD', list)
end
-- How long until so many more places are free than now.
local function freeIn(list, limit, count)
  if count <= 0 then return 0 end
  local rounds = math.floor((count - 1) / limit)
  local nth = (count - 1) % limit
  local made = redis.call('ZRANGE', list, nth, nth, 'WITHSCORES')[2]
  return rounds * window + (made and made + window - now or window)
end
local function last() return tonumber(redis.call('ZRANGE', turns, -1, -1, 'WITHSCORES')[2] or '0') end
-- The first of a group who still waits. A group without any is taken out.
local function first(of)
  while true do
    local found = redis.call('LINDEX', line(of), 0)
    if not found then
      redis.call('ZREM', turns, of)
      return nil
    end
    if tonumber(redis.call('HGET', waiting, found) or '0') > now then return found end
    redis.call('LPOP', line(of))
    redis.call('HDEL', waiting, found)
  end
end

if redis.call('HEXISTS', waiting, ticket) == 0 then
  redis.call('RPUSH', line(group), ticket)
  if not redis.call('ZSCORE', turns, group) then redis.call('ZADD', turns, last() + 1, group) end
end
redis.call('HSET', waiting, ticket, now + patience)

local free = most - used(account)
local room = mostOfGroup - used(calls(group))
local ahead, may = 0, false
if free > 0 and room > 0 and first(group) == ticket then
  for _, other in ipairs(redis.call('ZRANGE', turns, 0, free + ${LOOK_BEYOND})) do
    if other == group then
      may = true
      break
    end
    if first(other) and used(calls(other)) < mostOfGroup then ahead = ahead + 1 end
    if ahead >= free then break end
  end
end

if may then
  redis.call('LPOP', line(group))
  redis.call('HDEL', waiting, ticket)
  for _, list in ipairs({account, calls(group)}) do
    redis.call('ZADD', list, now, ticket)
    redis.call('PEXPIRE', list, window)
  end
  if redis.call('LLEN', line(group)) == 0 then redis.call('ZREM', turns, group)
  else redis.call('ZADD', turns, last() + 1, group) end
end
for _, list in ipairs({turns, waiting, line(group)}) do redis.call('PEXPIRE', list, 2 * patience) end
if may then return {1, now} end

local place = redis.call('LPOS', line(group), ticket) or 0
local before = (redis.call('ZRANK', turns, group) or 0) + place * redis.call('ZCARD', turns)
local wait = math.max(freeIn(account, most, before + 1 - free), freeIn(calls(group), mostOfGroup, place + 1 - room))
return {0, math.max(${SHORTEST_WAIT_MS}, math.min(longest, math.ceil(wait)))}
`;

/** ARGV: kind, group, ticket. The caller does not wait any longer. */
export const MEMORY_LEAVE = `${PRELUDE}
redis.call('LREM', line(group), 1, ticket)
redis.call('HDEL', waiting, ticket)
if redis.call('LLEN', line(group)) == 0 then redis.call('ZREM', turns, group) end
return 1
`;
