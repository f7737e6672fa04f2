import { EVEN_WHEN_FULL, PRELUDE } from './lua.ts';

/** Scripts for what people and operators do to turns that stand in their lanes already. */

/**
 * ARGV: claim, seconds for which a name that nobody has claimed stays closed (0 = it stays open).
 * Answers nil, or [turn, state, attempt, message, sender] with nils for what is not, or no longer, kept.
 */
export const FIND = `${PRELUDE}
local turn = redis.call('GET', key('claim', ARGV[2]))
if turn then return {turn, unpack(redis.call('HMGET', key('turn', turn), 'state', 'attempt', 'message', 'sender'))} end
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
 * ARGV: turn, reason, retention s. Takes a question that no worker has begun out of its lane; the others keep their
 * order. Answers cancelled | begun.
 */
export const CANCEL = `${PRELUDE}${EVEN_WHEN_FULL}if not waits(ARGV[2]) then return 'begun' end
cancel(ARGV[2], ARGV[3], ARGV[4])
return 'cancelled'
`;

/**
 * ARGV: reason, who, also what waits behind it (0|1), retention s, claim of this wish or '', claim TTL s, turn or '',
 * lanes… Stops the turn, or what stands first in each of the lanes. One that waits is cancelled at once; one that has
 * begun is ended by its worker, or by the next one that takes it up.
 * Answers nil for a wish that was claimed before; otherwise for the turn, or each lane: stopping | cancelled | posting |
 * ended | none, turn, how many others were cancelled, how many still wait.
 */
export const STOP = `${PRELUDE}${EVEN_WHEN_FULL}local reason, by, all, retention, claim = ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5], ARGV[6]
if claim ~= '' and not redis.call('SET', key('claim', claim), 'stop', 'NX', 'EX', ARGV[7]) then return false end
local answer = {}
local function say(...)
  for _, value in ipairs({...}) do answer[#answer + 1] = value end
end
local function stop(turn)
  local state = redis.call('HGET', key('turn', turn), 'state')
  if not moves[state] then return say('none', '', 0, 0) end
  if not next(moves[state]) then return say('ended', turn, 0, 0) end
  local lane = redis.call('HGET', key('turn', turn), 'lane')
  local outcome, cancelled, waiting = 'stopping', 0, 0
  for _, other in ipairs(redis.call('LRANGE', key('lane', lane), 0, -1)) do
    if other ~= turn and waits(other) then
      if all then
        cancel(other, reason, retention)
        cancelled = cancelled + 1
      else waiting = waiting + 1 end
    end
  end
  if waits(turn) then
    cancel(turn, reason, retention)
    outcome = 'cancelled'
  elseif settled(turn) then outcome = 'posting'
  else
    ask_to_stop(turn, lane, reason, by)
    -- A worker ends it, though its author has not signed in.
    if state == 'awaiting_link' then enlist(lane, redis.call('HGET', key('turn', turn), 'tenant'), false) end
  end
  say(outcome, turn, cancelled, waiting)
end
if ARGV[8] ~= '' then stop(ARGV[8]) end
for i = 9, #ARGV do stop(redis.call('LINDEX', key('lane', ARGV[i]), 0) or '') end
return answer
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

/** ARGV: who, why. Workers take no new turn until intake is resumed; questions are still accepted. Answers 1, or 0 when it was paused. */
export const PAUSE = `${PRELUDE}${EVEN_WHEN_FULL}if redis.call('EXISTS', key('paused')) == 1 then return 0 end
redis.call('HSET', key('paused'), 'by', ARGV[2], 'reason', ARGV[3], 'at', now)
return 1
`;

/** Answers how many lanes were waiting for it, or -1 when intake was not paused. */
export const RESUME = `${PRELUDE}
if redis.call('DEL', key('paused')) == 0 then return -1 end
return redis.call('ZCARD', key('ready'))
`;

/**
 * ARGV: at most so many. Every turn that has not ended: those of leased lanes first, then those of ready lanes in the
 * order of their age, then those that wait for a sign-in. Answers turn ids.
 */
export const OPEN = `${PRELUDE}
local most, found = tonumber(ARGV[2]), {}
for _, list in ipairs({'leases', 'ready', 'parked'}) do
  for _, lane in ipairs(redis.call('ZRANGE', key(list), 0, most)) do
    for _, turn in ipairs(redis.call('LRANGE', key('lane', lane), 0, -1)) do
      if #found >= most then return found end
      found[#found + 1] = turn
    end
  end
end
return found
`;

/** ARGV: turn. Takes it off the list of those that ended badly, and forgets it. Answers 1, or 0 when it was not there. */
export const DROP = `${PRELUDE}
if redis.call('ZREM', key('dead'), ARGV[2]) == 0 then return 0 end
redis.call('DEL', key('turn', ARGV[2]))
return 1
`;
