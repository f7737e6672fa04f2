/**
 * AWS counts calls of ApplyGuardrail and text units, both a second and for all processes of an account together. Each
 * has a time at which all that was granted so far is paid back; a second of it may be used ahead. A place is reserved:
 * the answer says after how many milliseconds the call may be made, or -1 when that would be too long, with nothing
 * reserved.
 *
 * ARGV: calls a second, units a second, units of this call, most milliseconds to wait.
 */
export const GUARDRAIL_RESERVE = `
local place = ARGV[1] .. ':guardrailquota'
local calls, units, cost, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local paid = redis.call('HMGET', place, 'calls', 'units')
local function reserve(at, took)
  return math.max(now, tonumber(at or '0')) + took
end
local byCalls, byUnits = reserve(paid[1], 1000 / calls), reserve(paid[2], 1000 * cost / units)
local wait = math.ceil(math.max(0, byCalls - now - 1000, byUnits - now - math.max(1000, 1000 * cost / units)))
if wait > patience then return -1 end
redis.call('HSET', place, 'calls', string.format('%.3f', byCalls), 'units', string.format('%.3f', byUnits))
redis.call('PEXPIRE', place, math.ceil(math.max(byCalls, byUnits) - now) + 1000)
return wait
`;
