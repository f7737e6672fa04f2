/**
 * What Memory is still to be told, in Redis. `out`: the entries of one session of one person by their tokens; `outorder`:
 * the tokens, oldest first; `outdue`: of all such sessions, when somebody may next see to them.
 */
const PRELUDE = `
local prefix = ARGV[1]
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local due = key('outdue')
`;

/** ARGV: group, kept s, then token and entry by turns. Answers how many are new. */
export const ADD = `${PRELUDE}
local group, kept = ARGV[2], tonumber(ARGV[3])
local out, order, added = key('out', group), key('outorder', group), 0
for i = 4, #ARGV, 2 do
  if redis.call('HSETNX', out, ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('RPUSH', order, ARGV[i])
    added = added + 1
  end
end
if added > 0 then
  -- What was only set back does not hold up what is new.
  local resting = redis.call('HDEL', out, 'resting') == 1
  redis.call('ZADD', due, resting and 'XX' or 'NX', now, group)
  for _, name in ipairs({out, order, due}) do redis.call('EXPIRE', name, kept) end
end
return added
`;

/**
 * ARGV: lease ms, most. Takes the session that has been due the longest, for the time of the lease. Answers nil, or its
 * group and its oldest tokens and entries by turns.
 */
export const CLAIM = `${PRELUDE}
while true do
  local group = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 1)[1]
  if not group then return false end
  local tokens = redis.call('LRANGE', key('outorder', group), 0, tonumber(ARGV[3]) - 1)
  if #tokens > 0 then
    redis.call('ZADD', due, now + tonumber(ARGV[2]), group)
    local found = {group}
    for _, token in ipairs(tokens) do
      found[#found + 1] = token
      found[#found + 1] = redis.call('HGET', key('out', group), token) or ''
    end
    return found
  end
  redis.call('ZREM', due, group)
end
`;

/**
 * ARGV: group, token, lease ms. It is written, or given up. Who is at work on a session keeps it. Answers 1, or 0 when it
 * was not there any more.
 */
export const DONE = `${PRELUDE}
redis.call('LREM', key('outorder', ARGV[2]), 1, ARGV[3])
redis.call('ZADD', due, 'XX', now + tonumber(ARGV[4]), ARGV[2])
return redis.call('HDEL', key('out', ARGV[2]), ARGV[3])
`;

/** ARGV: group, token. To the end of the line: what stands behind it does not wait for it. */
export const SET_BACK = `${PRELUDE}
if redis.call('LREM', key('outorder', ARGV[2]), 1, ARGV[3]) == 1 then
  redis.call('RPUSH', key('outorder', ARGV[2]), ARGV[3])
end
return 1
`;

/** ARGV: group, ms, resting 1 or 0. Somebody may see to it again so much later; when it rests, or there is more. */
export const LEAVE = `${PRELUDE}
local group = ARGV[2]
if redis.call('LLEN', key('outorder', group)) == 0 then
  redis.call('ZREM', due, group)
  redis.call('DEL', key('out', group))
else
  redis.call('ZADD', due, 'XX', now + tonumber(ARGV[3]), group)
  if ARGV[4] == '1' then redis.call('HSET', key('out', group), 'resting', 1) end
end
return 1
`;

/** ARGV: groups. Answers how many entries there were. */
export const FORGET = `${PRELUDE}
local gone = 0
for i = 2, #ARGV do
  gone = gone + redis.call('LLEN', key('outorder', ARGV[i]))
  redis.call('DEL', key('out', ARGV[i]), key('outorder', ARGV[i]))
  redis.call('ZREM', due, ARGV[i])
end
return gone
`;
