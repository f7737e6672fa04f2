/**
 * The one script that writes the audit log. Hashes and signatures are made by the caller, because the keys must not
 * be in Redis; the script takes them only if the log still ends where the caller believes.
 *
 * ARGV: prefix, the head that the caller has seen ('' = there is no log, '?' = only look), the new head, the number of
 * the first new entry, its time, how old that time may be in ms, the number of the oldest entry to keep ('' = all),
 * entries.
 * Answers [1 = written | 0 = not | -1 = the entries do not end where the head says, head, now in ms].
 */
export const APPEND = `
local function key(...) return ARGV[1] .. ':' .. table.concat({...}, ':') end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local log, head = key('audit', 'log'), redis.call('GET', key('audit', 'head')) or ''
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if head == '' and newest then return {-1, head, now} end
if head ~= ARGV[2] or now - tonumber(ARGV[5]) > tonumber(ARGV[6]) then return {0, head, now} end
local last = tonumber(ARGV[4]) - 1
if head ~= '' and (not newest or newest[1] ~= string.format('%d-0', last)) then return {-1, head, now} end
for i = 8, #ARGV do
  redis.call('XADD', log, string.format('%d-0', last + i - 7), 'entry', ARGV[i])
end
redis.call('SET', key('audit', 'head'), ARGV[3])
if ARGV[7] ~= '' then redis.call('XTRIM', log, 'MINID', ARGV[7] .. '-0') end
return {1, ARGV[3], now}
`;
