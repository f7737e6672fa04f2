import { COUNT_TURN } from '../sessions/lua-counting.ts';
import { ERA } from '../sessions/lua-era.ts';
import { countSlots, ROOM } from './fair-share.ts';
import { HOME_MARKS } from './home-marks.ts';
import { transitionsInLua } from './states.ts';

/**
 * The scripts of the lanes. Each runs atomically in Redis; times come from Redis' own clock, so that processes
 * with different clocks agree. `docs/operate.md` lists the key families.
 *
 * Invariants: a lane is in `ready` exactly when it has turns and no lease, and is not in `parked` (`PARK`) · a tenant is in `ring` exactly when its
 * ready list is not empty · only the holder of the newest fence of a lane writes for it · a turn changes its state by
 * `move` only, which knows the legal steps (`states.ts`), keeps the time of each and counts.
 */
export const PRELUDE = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
local function count(state, by) redis.call('HINCRBY', key('counts'), state, by) end
${HOME_MARKS}
${transitionsInLua()}
local function may(turn, to)
  local from = redis.call('HGET', key('turn', turn), 'state')
  return from and moves[from] and moves[from][to] and from
end
local function move(turn, to)
  local from = may(turn, to)
  if not from then error('ILLEGAL step of ' .. turn .. ' to ' .. to) end
  redis.call('HSET', key('turn', turn), 'state', to, 'at:' .. to, now)
  count(from, -1)
  count(to, 1)
  local watcher = redis.call('HGET', key('turn', turn), 'home')
  if watcher then
    if not next(moves[to]) then redis.call('SREM', key('hometurns', watcher), turn) end
    mark_home(watcher)
  end
end
local function enlist(lane, tenant, front)
  if redis.call('ZSCORE', key('ready'), lane) then return end
  redis.call('ZADD', key('ready'), now, lane)
  redis.call('ZREM', key('parked'), lane)
  local listed = redis.call(front and 'LPUSH' or 'RPUSH', key('ready', tenant), lane)
  if listed == 1 then redis.call('RPUSH', key('ring'), tenant) end
end
local function delist(lane, tenant)
  redis.call('ZREM', key('parked'), lane)
  if redis.call('ZREM', key('ready'), lane) == 0 then return end
  redis.call('LREM', key('ready', tenant), 1, lane)
  if redis.call('EXISTS', key('ready', tenant)) == 0 then redis.call('LREM', key('ring'), 1, tenant) end
end
local function waits(turn)
  local record = redis.call('HMGET', key('turn', turn), 'state', 'attempt')
  return (record[1] == 'queued' or record[1] == 'received' or record[1] == 'awaiting_link') and record[2] == '0'
end
local function holds(lane, fence) return redis.call('HGET', key('lease', lane), 'fence') == fence end
local function unlease(lane, tenant)
  redis.call('DEL', key('lease', lane))
  redis.call('ZREM', key('leases'), lane)
  if redis.call('HINCRBY', key('running'), tenant, -1) <= 0 then redis.call('HDEL', key('running'), tenant) end
end
${ROOM}-- How many more lanes of the tenant a worker would be given now. Whatever raises it owes a wake.
local function servable(tenant, cap)
  local lanes = redis.call('LLEN', key('ready', tenant))
  if lanes == 0 or redis.call('EXISTS', key('paused')) == 1 then return 0 end
  return math.min(lanes, room(tenant, cap))
end
local function owes(tenant, cap, before, waited) return (waited or servable(tenant, cap) > before) and 1 or 0 end
local function cancel(turn, reason, retention)
  local place = redis.call('HMGET', key('turn', turn), 'lane', 'tenant')
  move(turn, 'stopped')
  redis.call('HSET', key('turn', turn), 'reason', reason)
  redis.call('EXPIRE', key('turn', turn), retention)
  redis.call('LREM', key('lane', place[1]), 1, turn)
  if redis.call('EXISTS', key('lane', place[1])) == 0 then delist(place[1], place[2]) end
end
-- Its end is known; what is left is to show it.
local function settled(turn)
  return redis.call('HGET', key('turn', turn), 'state') == 'posting' or redis.call('HEXISTS', key('turn', turn), 'outcome') == 1
end
local function ask_to_stop(turn, lane, reason, by)
  if redis.call('HEXISTS', key('turn', turn), 'stop') == 1 then return end
  redis.call('HSET', key('turn', turn), 'stop', reason, 'stoppedBy', by)
  if redis.call('HGET', key('lease', lane), 'turn') == turn then redis.call('HSET', key('lease', lane), 'stop', reason) end
end
`;

/**
 * Redis with its memory full takes no more questions, but what it has taken is brought to its end, and gives memory back.
 * It lets a script go on that has begun to write, so this stands before the others (but behind the look at the fence: who
 * has lost the lane writes nothing): a write that needs no memory, and changes nothing. (`flags=allow-oom` is for Redis 7.)
 */
export const EVEN_WHEN_FULL = `redis.call('ZREM', key('leases'), '')
`;

/**
 * ARGV: turn, lane, tenant, thread, only in known threads (0|1), message, claim TTL s, thread TTL s, turn retention s,
 * lane limit, policy (queue | latest | interrupt), person, questions a person may ask in a period (0 = no limit), the
 * same for a tenant, period ms, turns that a tenant may run at a time (0 = no limit), asked below another message where
 * several people read it (0|1), claims…
 * Answers [accepted | duplicate | unaddressed | full, turn, place in the lane, wake needed, intake paused, superseded],
 * or [quota, person | tenant, ms until the next question is taken].
 */
export const ACCEPT = `${PRELUDE}
local turn, lane, tenant, thread = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local claimTtl, threadTtl, retention, limit = ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11])
local policy, person, period, cap, first = ARGV[12], ARGV[13], tonumber(ARGV[16]), tonumber(ARGV[17]), 19
local known
for i = first, #ARGV do known = known or redis.call('GET', key('claim', ARGV[i])) end
if known then
  for i = first, #ARGV do redis.call('SET', key('claim', ARGV[i]), known, 'NX', 'EX', claimTtl) end
  return {'duplicate', known, 0, 0}
end
if ARGV[6] == '1' and redis.call('EXISTS', key('thread', thread)) == 0 then return {'unaddressed', '', 0, 0} end
if redis.call('LLEN', key('lane', lane)) >= limit then return {'full', '', limit, 0} end
-- A quota is kept as the time at which everything that was taken would be paid back, at an even rate.
local quotas = {{'person', tenant .. ':' .. person, tonumber(ARGV[14])}, {'tenant', tenant, tonumber(ARGV[15])}}
for _, quota in ipairs(quotas) do
  if quota[3] > 0 then
    quota[4] = math.max(now, tonumber(redis.call('GET', key('quota', quota[2])) or '0')) + math.ceil(period / quota[3])
    if quota[4] > now + period then return {'quota', quota[1], quota[4] - now - period} end
  end
end
for _, quota in ipairs(quotas) do
  if quota[4] then redis.call('SET', key('quota', quota[2]), quota[4], 'PX', math.max(1, quota[4] - now)) end
end
for i = first, #ARGV do redis.call('SET', key('claim', ARGV[i]), turn, 'EX', claimTtl) end
local paused = redis.call('EXISTS', key('paused'))
local state = paused == 1 and 'received' or 'queued'
redis.call('HSET', key('turn', turn), 'state', state, 'at:' .. state, now, 'lane', lane, 'tenant', tenant, 'message', ARGV[7], 'received', now, 'attempt', 0, 'person', person)
count(state, 1)
-- What the person has set, and whether their App Home shows this turn.
local wishes = redis.call('HMGET', key('person', person), 'language', 'length', 'home')
if wishes[1] then redis.call('HSET', key('turn', turn), 'language', wishes[1]) end
if wishes[2] then redis.call('HSET', key('turn', turn), 'length', wishes[2]) end
if watches_home(wishes[3]) then
  show_in_home(person, turn)
  mark_home(person)
end
-- Who asked there last; below zero once others have written there, and 0 where they wrote last (\`THREAD_OF_OTHERS\`). Redis
-- keeps a whole number in the place of the pointer to a text.
local asker = string.format('%.0f', tonumber(lane:sub(1, 8), 36))
local spoke, inside = redis.call('SET', key('thread', thread), asker, 'EX', threadTtl, 'GET'), ARGV[18] == '1'
if not spoke then redis.call('HSET', key('turn', turn), 'opens', 1) end
if spoke ~= asker and (spoke or inside) then
  redis.call('SET', key('thread', thread), '-' .. asker, 'KEEPTTL')
  if inside then redis.call('HSET', key('turn', turn), 'others', spoke == '-' .. asker and 'before' or 'since') end
end
-- The new question joins before the earlier ones go: the lane is never empty, and keeps its place in line.
local place, superseded = redis.call('RPUSH', key('lane', lane), turn), 0
if policy ~= 'queue' then
  for _, earlier in ipairs(redis.call('LRANGE', key('lane', lane), 0, -2)) do
    if waits(earlier) then
      cancel(earlier, 'superseded', retention)
      superseded = superseded + 1
    elseif policy == 'interrupt' and not settled(earlier) then ask_to_stop(earlier, lane, 'newer_question', '') end
  end
end
local before = servable(tenant, cap)
if redis.call('EXISTS', key('lease', lane)) == 0 then enlist(lane, tenant, false) end
return {'accepted', turn, place - superseded, servable(tenant, cap) - before, paused, superseded}
`;

/**
 * ARGV: worker, lease ms, turns that a tenant may run at a time (0 = no limit). Takes the next ready lane, tenants in
 * turn, and leases it. Nothing while intake is paused. What somebody asks while they are being forgotten is set aside
 * until that is done; what they had asked before is taken, to be ended.
 * Answers nil, or [lane, turn, fence, ms to keep quiet, era ('' = not the first attempt), turn record fields…].
 */
export const CLAIM = `${PRELUDE}${ERA}
local function comes_too_early(turn, lane)
  local asked = redis.call('HMGET', key('turn', turn), 'person', 'received')
  local since = asked[1] and redis.call('HGET', key('erasing', asked[1]), 'at')
  if not since or tonumber(asked[2]) < tonumber(since) then return false end
  redis.call('ZADD', key('parked'), now + 60000, lane)
  redis.call('SADD', key('parked', asked[1]), lane)
  if redis.call('PTTL', key('parked', asked[1])) < 120000 then redis.call('PEXPIRE', key('parked', asked[1]), 120000) end
  return true
end
if redis.call('EXISTS', key('paused')) == 1 then return false end
-- Nothing is begun in a full Redis, which takes this write no more: a turn writes elsewhere, too.
if redis.call('EXISTS', key('ring')) == 1 then redis.call('HINCRBY', key('counts'), 'running', 0) end
local cap = tonumber(ARGV[4])
local passed = 0
while passed < redis.call('LLEN', key('ring')) do
  local tenant = redis.call('LPOP', key('ring'))
  if room(tenant, cap) == 0 then
    redis.call('RPUSH', key('ring'), tenant)
    passed = passed + 1
  else
    passed = 0
    local lane = redis.call('LPOP', key('ready', tenant))
    if redis.call('EXISTS', key('ready', tenant)) == 1 then redis.call('RPUSH', key('ring'), tenant) end
    redis.call('ZREM', key('ready'), lane)
    local turn = redis.call('LINDEX', key('lane', lane), 0)
    while turn do
      local state = redis.call('HGET', key('turn', turn), 'state')
      -- A state that only another version knows: no question is lost for it.
      if state and not moves[state] then
        redis.call('HSET', key('turn', turn), 'state', 'queued')
        count('queued', 1)
      end
      if may(turn, 'running') or may(turn, 'queued') then break end
      -- A record that was erased, or that has ended, is in the way of those behind it.
      redis.call('LPOP', key('lane', lane))
      turn = redis.call('LINDEX', key('lane', lane), 0)
    end
    if turn and comes_too_early(turn, lane) then turn = nil end
    if turn then
      if may(turn, 'queued') then move(turn, 'queued') end
      move(turn, 'running')
      local fence = redis.call('INCR', key('fence'))
      local stop = redis.call('HGET', key('turn', turn), 'stop') or ''
      redis.call('HSET', key('lease', lane), 'fence', fence, 'worker', ARGV[2], 'turn', turn, 'tenant', tenant, 'stop', stop)
      redis.call('ZADD', key('leases'), now + ARGV[3], lane)
      redis.call('HINCRBY', key('running'), tenant, 1)
      served(tenant)
      redis.call('HINCRBY', key('turn', turn), 'attempt', 1)
      redis.call('HSET', key('turn', turn), 'fence', fence)
      local since = ''
      -- Where it is answered is settled with the first attempt, whatever happens to the lane's place meanwhile.
      if redis.call('HGET', key('turn', turn), 'attempt') == '1' then
        local places = redis.call('HGETALL', key('current', lane))
        if #places > 0 then redis.call('HSET', key('turn', turn), 'places', cjson.encode(places)) end
        since = era()
      end
      local quiet = tonumber(redis.call('HGET', key('turn', turn), 'quiet') or '0')
      local record = redis.call('HGETALL', key('turn', turn))
      return {lane, turn, tostring(fence), math.max(0, quiet - now), since, unpack(record)}
    end
  end
end
return false
`;

/** ARGV: lease ms, then lane, fence pairs. Answers [lost lanes, lane and reason of each stop that is asked for]. */
export const RENEW = `${PRELUDE}${EVEN_WHEN_FULL}local lost, stops = {}, {}
for i = 3, #ARGV, 2 do
  local lease = redis.call('HMGET', key('lease', ARGV[i]), 'fence', 'stop')
  if lease[1] == ARGV[i + 1] then
    redis.call('ZADD', key('leases'), 'XX', now + ARGV[2], ARGV[i])
    if lease[2] and lease[2] ~= '' then
      stops[#stops + 1] = ARGV[i]
      stops[#stops + 1] = lease[2]
    end
  else lost[#lost + 1] = ARGV[i] end
end
return {lost, stops}
`;

/** ARGV: lane, fence, turn, then field, value pairs of the turn record. Answers 1, or 0 when the lane is lost. */
export const NOTE = `${PRELUDE}
if not holds(ARGV[2], ARGV[3]) then return 0 end
${EVEN_WHEN_FULL}redis.call('HSET', key('turn', ARGV[4]), unpack(ARGV, 5))
return 1
`;

/**
 * ARGV: lane, fence, turn, then field, value pairs. The outcome is known; from now on it is only shown.
 * Answers 1, or 0 when the lane is lost.
 */
export const POST = `${PRELUDE}
if not holds(ARGV[2], ARGV[3]) then return 0 end
${EVEN_WHEN_FULL}-- A call whose answer was lost is sent again.
if redis.call('HGET', key('turn', ARGV[4]), 'state') ~= 'posting' then move(ARGV[4], 'posting') end
if #ARGV > 4 then redis.call('HSET', key('turn', ARGV[4]), unpack(ARGV, 5)) end
return 1
`;

/**
 * ARGV: lane, fence, turn, end state, retention s, dead letters kept, turns that a tenant may run at a time (0 = no
 * limit), person and session to count it for ('' = as on record), then field, value pairs. Ends the turn and frees the
 * lane; one that did not end well is listed for the operator.
 * Answers [1, wake needed], or [0, 0] when the lane is lost.
 */
export const FINISH = `${PRELUDE}${COUNT_TURN}
local over = {outcome=1, posted=1, fence=1, lane=1, tenant=1, person=1, opens=1, others=1, invoked=1, quiet=1, edited=1, places=1, session=1, home=1, language=1, length=1}
local lane, turn, state, retention = ARGV[2], ARGV[4], ARGV[5], ARGV[6]
-- In which language to say why.
if state == 'blocked' then over.language = nil end
if not holds(lane, ARGV[3]) or redis.call('LINDEX', key('lane', lane), 0) ~= turn then return {0, 0} end
${EVEN_WHEN_FULL}move(turn, state)
local listed = ARGV[9] ~= '' and ARGV[9] or redis.call('HGET', key('turn', turn), 'session') or ''
local person, session = listed:match('^(%S+) (%S+)$')
if person then count_turn(person, session, lane) end
redis.call('HSET', key('turn', turn), unpack(ARGV, 10))
-- What only its workers needed goes, and so do the words of a question that nobody will ask again. Written anew, because
-- Redis keeps a record that once had a long value in its wide form for ever.
local done, kept = redis.call('HGETALL', key('turn', turn)), {}
local record = {}
for i = 1, #done, 2 do record[done[i]] = done[i + 1] end
local forgets = record.place
-- What goes without saying (parseTurn): begun once, answered, when it was accepted. Earlier times are told from its end.
if record.attempt == '1' then over.attempt = 1 end
if state == 'done' and record.reason == 'answered' then over.reason = 1 end
if record.received == record['at:queued'] then over.received = 1 end
for i = 1, #done, 2 do
  if not over[done[i]] and not (forgets and done[i] == 'message') then
    kept[#kept + 1] = done[i]
    local earlier = done[i]:match('^at:') and done[i] ~= 'at:' .. state
    kept[#kept + 1] = earlier and string.format('%d', done[i + 1] - record['at:' .. state]) or done[i + 1]
  end
end
redis.call('DEL', key('turn', turn))
redis.call('HSET', key('turn', turn), unpack(kept))
redis.call('EXPIRE', key('turn', turn), retention)
if state == 'failed' or state == 'unknown' then
  redis.call('ZADD', key('dead'), now, turn)
  redis.call('ZREMRANGEBYSCORE', key('dead'), '-inf', now - retention * 1000)
  redis.call('ZREMRANGEBYRANK', key('dead'), 0, -1 - ARGV[7])
  redis.call('EXPIRE', key('dead'), retention)
end
redis.call('LPOP', key('lane', lane))
local tenant, cap = redis.call('HGET', key('lease', lane), 'tenant'), tonumber(ARGV[8])
local before, waited = servable(tenant, cap), others_wait()
unlease(lane, tenant)
if redis.call('EXISTS', key('lane', lane)) == 1 then enlist(lane, tenant, false) end
return {1, owes(tenant, cap, before, waited)}
`;

/**
 * ARGV: lane, fence, turns that a tenant may run at a time (0 = no limit). Gives an unfinished lane back, first in line;
 * its owner writes nothing more. Answers whether a wake is needed, 1 or 0.
 */
export const RELEASE = `${PRELUDE}
local lane = ARGV[2]
if not holds(lane, ARGV[3]) then return 0 end
${EVEN_WHEN_FULL}local lease = redis.call('HMGET', key('lease', lane), 'turn', 'tenant')
local cap = tonumber(ARGV[4])
local before, waited = servable(lease[2], cap), others_wait()
move(lease[1], 'queued')
unlease(lane, lease[2])
enlist(lane, lease[2], true)
return owes(lease[2], cap, before, waited)
`;

/**
 * ARGV: ms a lost owner's chat call may still be under way, ms after which a ready lane counts as overlooked, batch,
 * turns that a tenant may run at a time (0 = no limit), then, from a worker, its name and its slots.
 * Counts the slots of the workers that were heard of lately, gives the lanes of dead workers back and answers [lanes given back, overlooked ready lanes that a worker would be given].
 */
export const SWEEP = `${PRELUDE}${EVEN_WHEN_FULL}${countSlots('ARGV[6]', 'ARGV[7]')}local expired = redis.call('ZRANGEBYSCORE', key('leases'), '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[4])
for i = 1, #expired, 2 do
  local lane = expired[i]
  local lease = redis.call('HMGET', key('lease', lane), 'turn', 'tenant')
  if lease[1] then
    unlease(lane, lease[2])
    if may(lease[1], 'queued') then
      move(lease[1], 'queued')
      redis.call('HSET', key('turn', lease[1]), 'quiet', expired[i + 1] + ARGV[2])
      redis.call('HINCRBY', key('turn', lease[1]), 'crashes', 1)
    end
    enlist(lane, lease[2], true)
  else redis.call('ZREM', key('leases'), lane) end
end
-- Nobody has signed in for them: a worker says so.
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', key('parked'), '-inf', now, 'LIMIT', 0, ARGV[4])) do
  enlist(lane, redis.call('HGET', key('turn', redis.call('LINDEX', key('lane', lane), 0)), 'tenant'), false)
end
local overlooked = redis.call('ZCOUNT', key('ready'), '-inf', now - ARGV[3])
local free, cap = 0, tonumber(ARGV[5])
-- Nobody is woken in vain: not while intake is paused, nor for tenants that run all they may.
if overlooked > 0 then
  for _, tenant in ipairs(redis.call('LRANGE', key('ring'), 0, -1)) do
    free = free + servable(tenant, cap)
    if free >= overlooked then break end
  end
end
return {#expired / 2, math.min(free, overlooked)}
`;

/** Answers [ready lanes, leased lanes, intake paused, count name, count…]. */
export const DEPTH = `${PRELUDE}
return {redis.call('ZCARD', key('ready')), redis.call('ZCARD', key('leases')), redis.call('EXISTS', key('paused')), unpack(redis.call('HGETALL', key('counts')))}
`;
