/**
 * The scripts of the pacing. `pace` keeps the times of the last calls of one method (those granted ahead included),
 * `paceheld` the times before which Slack wants none, of all methods of a workspace, and `pacestrict` that Slack has
 * lately refused some: `from` when it wanted calls again, `till` when final ones need no longer stand in line, `times`
 * how often in a row. Times are Redis' own unless a clock is handed in.
 */
const PRELUDE = `
local function key(...) return ARGV[1] .. ':' .. table.concat({...}, ':') end
local workspace, name = ARGV[2], ARGV[3]
local function clock()
  if ARGV[4] ~= '' then return tonumber(ARGV[4]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = clock()
local list = key('pace', name)
local holds = key('paceheld', workspace)
local function held() return math.max(now, tonumber(redis.call('HGET', holds, name) or '0')) end
`;

/**
 * More times are kept than the limit has calls: what Slack refuses is taken out again, and what it took before must then
 * still be known.
 */
const KEPT_TIMES = 4;

/**
 * ARGV: workspace, name, clock, calls, calls for this urgency, period ms, final (0|1). Grants one call. What is not
 * final: now or not at all. A final one: now, unless Slack has lately refused some; then in line. The line moves when
 * the published limit has room or, where that is sooner, one call at a time at its mean rate from the moment that Slack
 * named. Answers [granted, ms to wait], and then each name that Slack holds back in the workspace with the ms left.
 */
export const PACE = `${PRELUDE}
local calls, share, period, final = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8] == '1'
local slot = held()
local last = tonumber(redis.call('LINDEX', list, -1) or '0')
local strict = redis.call('HMGET', key('pacestrict', name), 'from', 'till')
if not final or last > now or tonumber(strict[2] or '0') > now then
  local oldest = redis.call('LINDEX', list, -share)
  local room = oldest and oldest + period or 0
  if final then
    local from = tonumber(strict[1] or '0')
    room = math.min(room, last < from and from or last + period / calls)
  end
  slot = math.max(slot, room, final and 0 or last)
end
local answer = {1, math.ceil(slot - now)}
if slot > now and not final then answer[1] = 0
else
  redis.call('RPUSH', list, slot)
  redis.call('LTRIM', list, -${KEPT_TIMES} * calls, -1)
  redis.call('PEXPIRE', list, math.ceil(slot - now + period))
end
local all = redis.call('HGETALL', holds)
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) > now then
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = all[i + 1] - now
  end
end
return answer
`;

/**
 * ARGV: workspace, name, clock, ms, most ms in line after that at first and at most, ms for which refusals count as
 * repeated. Slack wants no call of this name before the time is over; the one that it refused does not count. Each time
 * that it says so anew, final calls stand in line for longer.
 */
export const PACE_HOLD = `${PRELUDE}
local ms, first, most, memory = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
for i = -1, -redis.call('LLEN', list), -1 do
  local made = redis.call('LINDEX', list, i)
  if tonumber(made) <= now then
    redis.call('LREM', list, -1, made)
    break
  end
end
local before = held()
local from = math.max(before, now + ms)
local all = redis.call('HGETALL', holds)
local longest = from
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) <= now then redis.call('HDEL', holds, all[i]) else longest = math.max(longest, all[i + 1]) end
end
redis.call('HSET', holds, name, from)
redis.call('PEXPIRE', holds, math.max(1, math.ceil(longest - now)))
local strict = key('pacestrict', name)
local known = redis.call('HMGET', strict, 'till', 'times')
local till, times = tonumber(known[1] or '0'), tonumber(known[2] or '0')
if till + memory <= now then times = 0 end
if before <= now then times = times + 1 end
till = math.max(till, from + math.min(most, math.min(first, 2 * ms) * 2 ^ (math.max(1, times) - 1)))
redis.call('HSET', strict, 'from', from, 'till', till, 'times', times)
redis.call('PEXPIRE', strict, math.ceil(till - now + memory))
return 1
`;

/** ARGV: workspace, name, clock. Answers for how many ms more Slack wants no call of this name. */
export const PACE_HELD = `${PRELUDE}
return math.ceil(held() - now)
`;
