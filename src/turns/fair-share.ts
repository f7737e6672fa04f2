/**
 * Fairness where all slots are taken, as parts of the lanes' scripts (`lua.ts`). The ring of tenants says who is next when
 * a slot is free; with every slot in a long turn of one loud tenant, that is not soon. So while several tenants are
 * served, those who run more than an equal share leave the last slots to the others. Whoever is alone uses all.
 */

/** One slot in so many is left, of those that all workers have together. */
const RESERVED_OF = 10;
/** Whoever was served within this time counts as one of several. */
const LATELY_MS = 10_000;
/** Slots of a worker that has not been heard of for so long do not count. Workers sweep every second. */
const HEARD_OF_MS = 5_000;

/** Defines `room`, `others_wait` and `served`; needs `key` and `now`. */
export const ROOM = `
-- So many turns may run before those who run more than an equal share have to wait; nil while nobody has to.
local function unreserved()
  local slots = tonumber(redis.call('GET', key('slots')) or '0')
  return slots > 0 and redis.call('ZCARD', key('served')) > 1 and slots - math.ceil(slots / ${RESERVED_OF}) or nil
end
-- How many more turns of the tenant may begin.
local function room(tenant, cap)
  local runs = tonumber(redis.call('HGET', key('running'), tenant) or '0')
  local most = cap > 0 and cap - runs or math.huge
  local limit = runs > 1 and unreserved()
  if limit then
    local all = redis.call('ZCARD', key('leases'))
    -- More than one above an equal share: the first two of a small tenant never wait.
    if (runs - 1) * redis.call('ZCARD', key('served')) > all then most = math.min(most, limit - all) end
  end
  return math.max(0, most)
end
-- To be asked before a slot is given back: whether that makes room for others, who were kept from the last ones.
local function others_wait()
  local limit = unreserved()
  return limit and redis.call('ZCARD', key('leases')) <= limit and redis.call('EXISTS', key('ring')) == 1
end
local function served(tenant)
  redis.call('ZADD', key('served'), now, tenant)
  redis.call('PEXPIRE', key('served'), ${LATELY_MS})
end
`;

/** Notes the slots of a worker, adds up those of all, and forgets who was served long ago. `worker`, `slots`: Lua. */
export const countSlots = (worker: string, slots: string) => `
if ${worker} then
  redis.call('ZADD', key('workers'), now, ${worker} .. ' ' .. ${slots})
  redis.call('ZREMRANGEBYSCORE', key('workers'), '-inf', now - ${HEARD_OF_MS})
  local all = 0
  for _, one in ipairs(redis.call('ZRANGE', key('workers'), 0, -1)) do all = all + tonumber(string.match(one, '%d+$')) end
  redis.call('SET', key('slots'), all, 'PX', ${HEARD_OF_MS})
  redis.call('PEXPIRE', key('workers'), ${HEARD_OF_MS})
end
redis.call('ZREMRANGEBYSCORE', key('served'), '-inf', now - ${LATELY_MS})
`;
