import { PRELUDE } from './lua.ts';
import { END_ERA } from './lua-era.ts';
import { KEPT_S } from './session-entry.ts';

/**
 * ARGV: person, name key, kept s, session, token, suffix, name. Answers 'key', nil for a session that is not the
 * person's, or the suffix that the name got.
 */
export const RENAME = `${PRELUDE}
local person, id = ARGV[2], ARGV[5]
if other_key(ARGV[3]) then return 'key' end
if not known(person, id) then return false end
trim(person, tonumber(ARGV[4]))
redis.call('HSET', record_of(person, id), 'given', 1)
put(record_of(person, id), 'name', ARGV[8])
return give_name(person, id, ARGV[6], tonumber(ARGV[7]))
`;

/** ARGV: person, name key, session, token, tag, most. Answers 'key', or ok | unknown | full. */
export const TAG = `${PRELUDE}
local record, field = record_of(ARGV[2], ARGV[4]), 'tag:' .. ARGV[5]
if other_key(ARGV[3]) then return 'key' end
if not known(ARGV[2], ARGV[4]) then return 'unknown' end
local tags = 0
for _, name in ipairs(redis.call('HKEYS', record)) do
  if name == field then return 'ok' end
  if name:match('^tag:[^.]+$') then tags = tags + 1 end
end
if tags >= tonumber(ARGV[7]) then return 'full' end
put(record, field, ARGV[6])
redis.call('HSET', record, 'tagged', 1)
return 'ok'
`;

/** ARGV: person, name key, session, token. Answers 'key', or whether there was such a tag, 1 or 0. */
export const UNTAG = `${PRELUDE}
if other_key(ARGV[3]) then return 'key' end
local record, field = record_of(ARGV[2], ARGV[4]), 'tag:' .. ARGV[5]
local had = redis.call('HEXISTS', record, field)
drop(record, field)
return had
`;

/** ARGV: person, session, project ('' = none). Answers 1, or 0 for a session that is not the person's. */
export const SET_PROJECT = `${PRELUDE}
if not known(ARGV[2], ARGV[3]) then return 0 end
if ARGV[4] == '' then drop(record_of(ARGV[2], ARGV[3]), 'project')
else
  put(record_of(ARGV[2], ARGV[3]), 'project', ARGV[4])
  redis.call('HSET', record_of(ARGV[2], ARGV[3]), 'tagged', 1)
end
return 1
`;

/** ARGV: person, session. Answers 1, or 0 when it is none of the person's active ones. */
export const ARCHIVE = `${PRELUDE}
return put_away(ARGV[2], number_of(ARGV[2], ARGV[3]))
`;

/** ARGV: person, session, kept s. It counts as used now. Answers 1, or 0 when it is none of the archived ones. */
export const RESTORE = `${PRELUDE}
local person, id = ARGV[2], ARGV[3]
if not known(person, id) or not redis.call('ZSCORE', key('archived', person), number_of(person, id)) then return 0 end
activate(person, id, now)
redis.call('EXPIRE', record_of(person, id), ARGV[4])
keep(person, ARGV[4])
return 1
`;

/** ARGV: without a turn for so many ms, most. Puts away the sessions of all people; answers how many. */
export const ARCHIVE_IDLE = `${PRELUDE}
local before, most, archived = now - ARGV[2], tonumber(ARGV[3]), 0
for _, person in ipairs(redis.call('ZRANGEBYSCORE', key('idle'), '-inf', before, 'LIMIT', 0, most)) do
  if archived >= most then break end
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', key('sessions', person), '-inf', before, 'LIMIT', 0, most - archived)) do
    archived = archived + put_away(person, number)
  end
  mark_idle(person)
end
return archived
`;

/**
 * ARGV: person, session. Lanes that were bound to it are where they were before, and the one in which it began goes on
 * in a fresh session. Answers removed | unknown, or busy while a question waits or is answered in one of its lanes.
 */
export const REMOVE = `${PRELUDE}
local person, id = ARGV[2], ARGV[3]
for lane in pairs((lanes_of(person, id))) do
  if redis.call('EXISTS', key('lane', lane)) == 1 then return 'busy' end
end
return forget(person, id) and 'removed' or 'unknown'
`;

/** ARGV: person. Leaves nothing of the person, and begins a new era. Answers how many sessions there were. */
export const ERASE = `${PRELUDE}
local person = ARGV[2]
local ids = redis.call('ZRANGE', key('numbers', person), 0, -1, 'WITHSCORES')
for i = 2, #ids, 1000 do
  local gone = {}
  for j = i, math.min(i + 998, #ids), 2 do gone[#gone + 1] = key('s', person, ids[j]) end
  redis.call('UNLINK', unpack(gone))
end
redis.call('ZREM', key('idle'), person)
for _, lane in ipairs(redis.call('ZRANGE', key('lanes', person), 0, -1)) do
  local next_in = lane:match('^next:(.+)$')
  if not next_in then redis.call('HDEL', key('current', lane), person)
  elseif next_of(next_in) == person then redis.call('DEL', key('next', next_in)) end
end
for _, name in ipairs({'directory', 'sessions', 'archived', 'numbers', 'names', 'lanes'}) do redis.call('DEL', key(name, person)) end
${END_ERA}
return #ids / 2
`;

/** ARGV: person, session, field, what stands there, what is to stand there: the same, sealed anew. */
export const RESEAL = `${PRELUDE}
local record, field = record_of(ARGV[2], ARGV[3]), ARGV[4]
local is, piece = redis.call('HGET', record, field), 1
while is do
  local more = redis.call('HGET', record, field .. '.' .. piece)
  if not more then break end
  is, piece = is .. more, piece + 1
end
if is == ARGV[5] then put(record, field, ARGV[6]) end
`;

/**
 * ARGV: what stands there ('' = nothing, or whatever is there keeps its place), id, sealed. Answers [id, sealed] as they
 * stand there then.
 */
export const PUT_NAME_KEY = `${PRELUDE}
if (redis.call('HGET', key('namekey'), 'sealed') or '') == ARGV[2] then redis.call('HSET', key('namekey'), 'id', ARGV[3], 'sealed', ARGV[4]) end
return redis.call('HMGET', key('namekey'), 'id', 'sealed')
`;

const PLACE = `${PRELUDE}
-- A wish that is delivered again is heard once: whatever was wished since then holds.
local function heard(claim, ttl) return claim ~= '' and not redis.call('SET', key('claim', claim), 'place', 'NX', 'EX', ttl) end
`;

/**
 * ARGV: person, lane, session, kept s, claim ('' = none), claim TTL s. Answers the generation of the lane, nil for a
 * session that is not the person's, or 'heard'.
 */
export const BIND = `${PLACE}
local person, lane = ARGV[2], ARGV[3]
if not known(person, ARGV[4]) then return false end
if heard(ARGV[6], ARGV[7]) then return 'heard' end
local generation = bound_in(person, lane) or '0'
place(person, lane, generation, ARGV[4], ARGV[5])
return tonumber(generation)
`;

/** ARGV: person, lane, kept s, claim ('' = none), claim TTL s. Answers the new generation, or 'heard'. */
export const NEW_GENERATION = `${PLACE}
if heard(ARGV[5], ARGV[6]) then return 'heard' end
local generation = tonumber(bound_in(ARGV[2], ARGV[3]) or '0') + 1
place(ARGV[2], ARGV[3], generation, '', ARGV[4])
return generation
`;

/** ARGV: person, lane, generation, session ('' = not bound), kept s. Answers 1, or 0 when the lane has its place already. */
export const LOAD_LANE = `${PLACE}
if bound_in(ARGV[2], ARGV[3]) then return 0 end
place(ARGV[2], ARGV[3], ARGV[4], known(ARGV[2], ARGV[5]) and ARGV[5] or '', ARGV[6])
return 1
`;

/**
 * ARGV: person, conversation, session ('' = none any more), s, claim ('' = none), claim TTL s. The person's next question
 * that opens a thread there is answered in that session. Answers 1, 0 for a session that is not the person's, or 'heard'.
 */
export const SET_NEXT = `${PLACE}
local person, lane, session = ARGV[2], ARGV[3], ARGV[4]
if session == '' then
  if next_of(lane) == person then redis.call('DEL', key('next', lane)) end
  return 1
end
if not known(person, session) then return 0 end
if heard(ARGV[6], ARGV[7]) then return 'heard' end
redis.call('SET', key('next', lane), person .. ' ' .. session .. ' ' .. now, 'EX', ARGV[5])
redis.call('ZADD', key('lanes', person), now, 'next:' .. lane)
keep(person, ${KEPT_S})
return 1
`;
