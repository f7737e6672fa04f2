import { HOME_MARKS, HOME_PACE_MS } from '../turns/home-marks.ts';
import { transitionsInLua } from '../turns/states.ts';

/** The scripts of the App Home. Times are epoch milliseconds, Redis clock. */
const PRELUDE = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
${HOME_MARKS}
`;

/**
 * ARGV: person, who, direct message, seconds that the record is kept, whether Slack shows nothing yet (1 or 0). Answers 1
 * when nothing of theirs was marked until now: turns that are open already have to be adopted.
 */
export const HOME_OPENED = `${PRELUDE}
local record = key('person', ARGV[2])
local anew = watches_home(redis.call('HGET', record, 'home')) and 0 or 1
redis.call('HSET', record, 'who', ARGV[3], 'dm', ARGV[4], 'home', now)
redis.call('EXPIRE', record, ARGV[5])
if ARGV[6] == '1' then redis.call('HDEL', record, 'view') end
mark_home(ARGV[2])
return anew
`;

/** ARGV: person, turns. Those that are still open are shown in the Home of their author from now on. */
export const HOME_ADOPT = `${PRELUDE}${transitionsInLua()}
for i = 3, #ARGV do
  local state = redis.call('HGET', key('turn', ARGV[i]), 'state')
  if state and moves[state] and next(moves[state]) then show_in_home(ARGV[2], ARGV[i]) end
end
mark_home(ARGV[2])
return 1
`;

/** ARGV: person. */
export const HOME_CHANGED = `${PRELUDE}
mark_home(ARGV[2])
return 1
`;

/** ARGV: person, seconds that the record is kept, field, value ('' = none). */
export const HOME_SET = `${PRELUDE}
local record = key('person', ARGV[2])
if ARGV[5] == '' then redis.call('HDEL', record, ARGV[4]) else redis.call('HSET', record, ARGV[4], ARGV[5]) end
redis.call('EXPIRE', record, ARGV[3])
mark_home(ARGV[2])
return 1
`;

/**
 * ARGV: how many at most, ms until somebody else may take them. Takes those whose Home is due.
 * Answers person, who, marks, digest of the view that is shown, language, length, for each.
 */
export const HOME_TAKE = `${PRELUDE}
local taken = {}
for _, person in ipairs(redis.call('ZRANGEBYSCORE', key('homedue'), '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local fields = redis.call('HMGET', key('person', person), 'who', 'marks', 'view', 'language', 'length')
  if fields[1] then
    redis.call('HSET', key('person', person), 'taken', now)
    redis.call('ZADD', key('homedue'), now + ARGV[3], person)
    taken[#taken + 1] = person
    for i = 1, 5 do taken[#taken + 1] = fields[i] or '' end
  else redis.call('ZREM', key('homedue'), person) end
end
return taken
`;

/** ARGV: person, marks when it was taken, digest of the view that is shown now ('' = as before), ms to wait (0 = it is done). */
export const HOME_DONE = `${PRELUDE}
local person, record = ARGV[2], key('person', ARGV[2])
local seen = redis.call('HMGET', record, 'marks', 'taken')
if not seen[1] then
  redis.call('ZREM', key('homedue'), person)
  return 0
end
if ARGV[4] ~= '' then redis.call('HSET', record, 'view', ARGV[4]) end
if seen[1] == ARGV[3] and ARGV[5] == '0' then
  redis.call('ZREM', key('homedue'), person)
else
  redis.call('ZADD', key('homedue'), math.max(now + ARGV[5], tonumber(seen[2] or '0') + ${HOME_PACE_MS}), person)
end
return 1
`;
