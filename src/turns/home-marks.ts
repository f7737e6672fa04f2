/**
 * What the scripts do for people who keep an eye on their App Home, in `person:<person>`: whoever opened it within the
 * last hour has it published anew when something of theirs has changed, at most once a second. Nobody else costs
 * more than one look at a record that is not there.
 */

/** The Home of whoever opened it longer ago is only published when they open it again. Milliseconds. */
const LATELY_MS = 3_600_000;
/** Between two publications for one person. Milliseconds. */
export const HOME_PACE_MS = 1_000;

/** Which of their open turns a Home shows, in `hometurns:<person>`: no longer than any turn waits. Seconds. */
const TURNS_KEPT_S = 7 * 86_400;

/** Needs `key`, `now`. */
export const HOME_MARKS = `
local function watches_home(seen) return seen and tonumber(seen) + ${LATELY_MS} > now end
local function show_in_home(person, turn)
  redis.call('HSET', key('turn', turn), 'home', person)
  redis.call('SADD', key('hometurns', person), turn)
  redis.call('EXPIRE', key('hometurns', person), ${TURNS_KEPT_S})
end
local function mark_home(person)
  local seen = redis.call('HMGET', key('person', person), 'home', 'taken')
  if not watches_home(seen[1]) then return end
  redis.call('HINCRBY', key('person', person), 'marks', 1)
  redis.call('ZADD', key('homedue'), 'NX', math.max(now, tonumber(seen[2] or '0') + ${HOME_PACE_MS}), person)
end
`;
