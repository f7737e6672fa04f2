/**
 * The scripts of the pacing. `pace` keeps the times of the last calls of one name (those granted ahead included),
 * `pacetogether` those of all names of a workspace where they share a limit, `paceheld` the times before which the
 * platform wants none, by name, and `pacestrict` that it has lately refused some: `from` when it wanted calls again,
 * `till` when final ones need no longer stand in line, `times` how often in a row, `at` when last, `taken` how many it
 * takes between two refusals, on the average of the last ones. Times are Redis' own unless a clock
 * is handed in.
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
 * More times are kept than the limit has calls: what the platform refuses is taken out again, and what it took before must
 * then still be known.
 */
const KEPT_TIMES = 4;

/**
 * ARGV: workspace, name, clock, final (0|1), always in line (0|1), then calls, calls for this urgency and period ms of
 * what all names share (0, 0, 0: nothing), then the same of each window of the name. Grants one call. What is not final:
 * now or not at all. A final one: now, unless the platform has lately refused some, or it always stands in line; then in
 * line. The line moves when the published limits have room or, where refusals have made it and that is sooner, one call
 * at a time at their mean rate from the moment that the platform named. Answers [granted, ms to wait], and then each name
 * that is held back in the workspace with the ms left.
 */
export const PACE = `${PRELUDE}
local final, always = ARGV[5] == '1', ARGV[6] == '1'
local slot = held()
local last = tonumber(redis.call('LINDEX', list, -1) or '0')
local strict = redis.call('HMGET', key('pacestrict', name), 'from', 'till')
local lined = final and (always or last > now or tonumber(strict[2] or '0') > now)
local room, step, kept, longest = 0, 0, 0, 0
for at = 10, #ARGV, 3 do
  local calls, share, period = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local oldest = redis.call('LINDEX', list, -share)
  if oldest then room = math.max(room, oldest + period) end
  step, kept, longest = math.max(step, period / calls), math.max(kept, calls), math.max(longest, period)
end
if lined or not final then
  if final and not always then
    local from = tonumber(strict[1] or '0')
    room = math.min(room, last < from and from or last + step)
  end
  slot = math.max(slot, room, final and not always and 0 or last)
end
local all = key('pacetogether', workspace)
local most, part, span = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
if most > 0 then
  redis.call('ZREMRANGEBYSCORE', all, '-inf', now - span)
  if lined or not final then
    for _ = 1, 200 do
      local near = '(' .. (slot - span)
      if redis.call('ZCOUNT', all, near, '(' .. (slot + span)) < part then break end
      slot = redis.call('ZRANGE', all, near, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2] + span
    end
  end
end
local answer = {1, math.ceil(slot - now)}
if slot > now and not final then answer[1] = 0
else
  redis.call('RPUSH', list, slot)
  redis.call('LTRIM', list, -(always and 1 or ${KEPT_TIMES}) * kept, -1)
  redis.call('PEXPIRE', list, math.ceil(slot - now + longest))
  if most > 0 then
    redis.call('ZADD', all, slot, slot .. '-' .. redis.call('ZCOUNT', all, slot, slot))
    redis.call('PEXPIRE', all, math.ceil(math.max(slot, redis.call('ZRANGE', all, -1, -1, 'WITHSCORES')[2]) - now + span))
  end
end
local names = redis.call('HGETALL', holds)
for i = 1, #names, 2 do
  if tonumber(names[i + 1]) > now then
    answer[#answer + 1] = names[i]
    answer[#answer + 1] = names[i + 1] - now
  end
end
return answer
`;

/**
 * ARGV: workspace, name, clock, ms, most ms in line after that at first and at most, ms for which refusals count as
 * repeated, most ms of a refusal that may be a stray one, calls taken between two of those. The platform wants no call of
 * this name before the time is over; the one that it refused does not count. Each time that it says so anew, final calls
 * stand in line for longer; not for stray refusals among many calls that it takes.
 */
export const PACE_HOLD = `${PRELUDE}
local ms, first, most, memory = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local strict = key('pacestrict', name)
local known = redis.call('HMGET', strict, 'till', 'times', 'at', 'taken')
local till, times, last = tonumber(known[1] or '0'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
local refused, since = nil, 0
local calls = redis.call('LRANGE', list, 0, -1)
for i = #calls, 1, -1 do
  local made = tonumber(calls[i])
  if made <= now then
    if not refused then refused = calls[i] elseif made > last then since = since + 1 else break end
  end
end
if refused then redis.call('LREM', list, -1, refused) end
local taken = 0.8 * tonumber(known[4] or '10') + 0.2 * since
local before = held()
local from = math.max(before, now + ms)
local all = redis.call('HGETALL', holds)
local longest = from
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) <= now then redis.call('HDEL', holds, all[i]) else longest = math.max(longest, all[i + 1]) end
end
redis.call('HSET', holds, name, from)
redis.call('PEXPIRE', holds, math.max(1, math.ceil(longest - now)))
redis.call('HSET', strict, 'at', now, 'taken', taken)
if ms > tonumber(ARGV[9]) or taken < tonumber(ARGV[10]) then
  if till + memory <= now then times = 0 end
  if before <= now then times = times + 1 end
  till = math.max(till, from + math.min(most, math.min(first, 2 * ms) * 2 ^ (math.max(1, times) - 1)))
  redis.call('HSET', strict, 'from', from, 'till', till, 'times', times)
end
redis.call('PEXPIRE', strict, math.ceil(math.max(till, from) - now + memory))
return 1
`;

/** ARGV: workspace, name, clock. Answers for how many ms more the platform wants no call of this name. */
export const PACE_HELD = `${PRELUDE}
return math.ceil(held() - now)
`;
