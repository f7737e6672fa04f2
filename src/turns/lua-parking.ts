import { EVEN_WHEN_FULL, PRELUDE } from './lua.ts';

/** Scripts that set a question aside until its author has signed in, and put it back. */

/**
 * ARGV: lane, fence, turn, whose sign-in it waits for, record, field, value as it was seen ('' = none), ms to wait at
 * most, turns that a tenant may run at a time (0 = no limit). Sets a turn aside with its lane until its author has signed
 * in (`UNPARK`), asks anew, or the time is over; not when the record is another by now.
 * Answers [held, set aside, wake needed], each 1 or 0.
 */
export const PARK = `${PRELUDE}
local lane, turn, person = ARGV[2], ARGV[4], ARGV[5]
if not holds(lane, ARGV[3]) or redis.call('LINDEX', key('lane', lane), 0) ~= turn then return {0, 0, 0} end
${EVEN_WHEN_FULL}if (redis.call('HGET', key(ARGV[6]), ARGV[7]) or '') ~= ARGV[8] then return {1, 0, 0} end
local tenant, cap = redis.call('HGET', key('lease', lane), 'tenant'), tonumber(ARGV[10])
local before, waited = servable(tenant, cap), others_wait()
move(turn, 'awaiting_link')
-- Nobody has begun it.
redis.call('HINCRBY', key('turn', turn), 'attempt', -1)
unlease(lane, tenant)
redis.call('ZADD', key('parked'), now + ARGV[9], lane)
redis.call('SADD', key('parked', person), lane)
if redis.call('PTTL', key('parked', person)) < tonumber(ARGV[9]) then redis.call('PEXPIRE', key('parked', person), ARGV[9]) end
return {1, 1, owes(tenant, cap, before, waited)}
`;

/** ARGV: whose, turns that a tenant may run at a time (0 = no limit). Answers how many wakes are needed. */
export const UNPARK = `${PRELUDE}
local cap, wakes = tonumber(ARGV[3]), 0
for _, lane in ipairs(redis.call('SMEMBERS', key('parked', ARGV[2]))) do
  -- Others may have set it going before.
  if redis.call('ZSCORE', key('parked'), lane) then
    local tenant = redis.call('HGET', key('turn', redis.call('LINDEX', key('lane', lane), 0)), 'tenant')
    local before = servable(tenant, cap)
    enlist(lane, tenant, false)
    wakes = wakes + servable(tenant, cap) - before
  end
end
redis.call('DEL', key('parked', ARGV[2]))
return wakes
`;
