/**
 * The scripts of the pacing. `pace` keeps the times of the last calls of one method (those granted ahead included),
 * `paceuntil` the time before which Slack wants none, `pacestrict` that Slack has said so lately. Times are Redis' own unless a clock is handed in.
 */
const PRELUDE = `
local function key(...) return ARGV[1] .. ':' .. table.concat({...}, ':') end
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function held(name, now) return math.max(now, tonumber(redis.call('GET', key('paceuntil', name)) or '0')) end
`;

/**
 * ARGV: name, clock, calls, calls for this urgency, period ms, final (0|1). Grants one call. Progress: now or not at
 * all. A final one: now, unless Slack has lately refused some; then as soon as there is room, behind those granted
 * before. Answers [granted, ms to wait].
 */
export const PACE = `${PRELUDE}
local name, now, calls, period = ARGV[2], clock(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local list = key('pace', name)
local slot = held(name, now)
if ARGV[7] == '0' or redis.call('EXISTS', key('pacestrict', name)) == 1 then
  local oldest = redis.call('LINDEX', list, -tonumber(ARGV[5]))
  if oldest then slot = math.max(slot, tonumber(oldest) + period) end
  local last = redis.call('LINDEX', list, -1)
  if last then slot = math.max(slot, tonumber(last)) end
end
if slot > now and ARGV[7] == '0' then return {0, slot - now} end
redis.call('RPUSH', list, slot)
redis.call('LTRIM', list, -calls, -1)
redis.call('PEXPIRE', list, math.ceil(slot - now + period))
return {1, slot - now}
`;

/** ARGV: name, clock, ms, ms to stay strict after that. Slack wants no call of this name before the time is over. */
export const PACE_HOLD = `${PRELUDE}
local name, now = ARGV[2], clock(ARGV[3])
local till = math.max(held(name, now), now + tonumber(ARGV[4]))
redis.call('SET', key('paceuntil', name), till, 'PX', math.max(1, math.ceil(till - now)))
redis.call('SET', key('pacestrict', name), 1, 'PX', math.max(1, math.ceil(till - now + ARGV[5])))
return 1
`;

/** ARGV: name, clock. Answers for how many ms more Slack wants no call of this name. */
export const PACE_HELD = `${PRELUDE}
local now = clock(ARGV[3])
return held(ARGV[2], now) - now
`;
