import { KEPT_S } from './session-entry.ts';

/**
 * The scripts of the directory. Each runs atomically; times come from Redis' own clock. All that belongs to a person is
 * under keys that carry the person, so that nobody reaches what is another's. What people wrote is sealed by the
 * caller, who also gives each name as a token: names are compared without being known here.
 *
 * sessions, archived  numbers by last activity   numbers  ids by number, - for tc-   names  `token:suffix:number`, in order
 * directory           the last number, and `token:suffix` of each number, also when its record has gone by itself
 * lanes               lanes of the person by last use; where `current` has nothing else, the place there is generation 0.
 *                     `next:<lane>` where `next` may have something of the person
 * idle                people by the last activity of their longest unused active session
 *
 * current:<lane>      the place of each person there, where it is not plain generation 0: `generation`, `generation session`
 *                     after `resume`, or `generation+` where nobody has looked yet whether its session is listed
 * next:<lane>         `person session time`: where the first question that opens a thread in this conversation is answered
 *
 * Invariants: a number is in exactly one of sessions and archived, · a person with active ones is in `idle` · `names` has each
 * `token:suffix` once · a bound lane is noted with its session (`l…` is b), and both go together · the lane in which
 * a session began is noted with it, too, as the generation.
 *
 * s                   a session by its number: c created · t turns · o how it began, sealed · name, where it is not in that · suffix, unless 1 · l<lane>
 *
 * Redis keeps a small record in one block as long as none of its values has more than 64 bytes, which is a third of the
 * memory, and writes up to 63 the shortest: longer texts stand in pieces, `name`, `name.1`, `name.2` (`put`; `readRaw` puts them together).
 */
export const PRELUDE = `
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(...) return prefix .. ':' .. table.concat({...}, ':') end
local function bound_in(person, lane)
  local place = redis.call('HGET', key('current', lane), person)
  if not place then return redis.call('ZSCORE', key('lanes', person), lane) and '0' or nil end
  local generation, session = place:match('^(%d+)%+? ?(.*)$')
  return generation, session ~= '' and session or nil
end
local function next_of(lane)
  local who, session, at = (redis.call('GET', key('next', lane)) or ''):match('^(%S+) (%S+) (%d+)$')
  return who, session, at
end
local function number_of(person, id) return redis.call('ZSCORE', key('numbers', person), (id:gsub('^tc%-', '-'))) or '' end
local function id_of(person, number)
  local id = redis.call('ZRANGEBYSCORE', key('numbers', person), number, number)[1]
  return id and (id:gsub('^%-', 'tc-'))
end
local function record_of(person, id) return key('s', person, number_of(person, id)) end
local function set_place(person, lane, place, kept)
  if place == '0' then redis.call('HDEL', key('current', lane), person)
  else redis.call('HSET', key('current', lane), person, place) end
  redis.call('EXPIRE', key('current', lane), kept)
end
local function unbind(person, lane)
  local _, session = bound_in(person, lane)
  if session then redis.call('HDEL', record_of(person, session), 'l' .. lane) end
end
local function unname(person, id)
  local number = number_of(person, id)
  local name = redis.call('HGET', key('directory', person), number)
  if not name then return end
  redis.call('ZREM', key('names', person), name .. ':' .. number)
  redis.call('HDEL', key('directory', person), number)
end
local function drop(record, field)
  local piece = 0
  while redis.call('HDEL', record, piece == 0 and field or field .. '.' .. piece) == 1 do piece = piece + 1 end
end
local function put(record, field, text)
  drop(record, field)
  for piece = 0, math.ceil(#text / 63) - 1 do
    redis.call('HSET', record, piece == 0 and field or field .. '.' .. piece, text:sub(piece * 63 + 1, piece * 63 + 63))
  end
end
local function lanes_of(person, id)
  local record, lanes = redis.call('HGETALL', record_of(person, id)), {}
  for i = 1, #record, 2 do
    local lane = record[i]:match('^l(.+)$')
    if lane then lanes[lane] = record[i + 1] end
  end
  return lanes, #record > 0
end
local function mark_idle(person)
  local oldest = redis.call('ZRANGE', key('sessions', person), 0, 0, 'WITHSCORES')[2]
  if oldest then redis.call('ZADD', key('idle'), oldest, person) else redis.call('ZREM', key('idle'), person) end
end
local function forget(person, id)
  local lanes, was = lanes_of(person, id)
  for lane, how in pairs(lanes) do
    local generation, bound = bound_in(person, lane)
    if bound == id then set_place(person, lane, generation .. '+', ${KEPT_S})
    -- What is asked there next must not find the traces of what is gone.
    elseif generation and how == tostring(generation) then
      set_place(person, lane, (generation + 1) .. (bound and ' ' .. bound or '+'), ${KEPT_S})
    end
  end
  unname(person, id)
  local number = number_of(person, id)
  redis.call('ZREM', key('sessions', person), number)
  redis.call('ZREM', key('archived', person), number)
  if number ~= '' then redis.call('ZREMRANGEBYSCORE', key('numbers', person), number, number) end
  mark_idle(person)
  redis.call('DEL', key('s', person, number))
  return was
end
-- The records of sessions go by themselves; what leads to them goes here, a little each time.
local function trim(person, kept)
  local before = '(' .. (now - kept * 1000)
  for _, list in ipairs({'sessions', 'archived'}) do
    for _, number in ipairs(redis.call('ZRANGEBYSCORE', key(list, person), '-inf', before, 'LIMIT', 0, 20)) do forget(person, id_of(person, number)) end
  end
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', key('lanes', person), '-inf', before, 'LIMIT', 0, 20)) do
    unbind(person, lane)
    redis.call('HDEL', key('current', lane), person)
    redis.call('ZREM', key('lanes', person), lane)
  end
end
local function keep(person, kept)
  for _, name in ipairs({'directory', 'sessions', 'archived', 'numbers', 'names', 'lanes'}) do redis.call('EXPIRE', key(name, person), kept) end
  redis.call('EXPIRE', key('idle'), kept)
end
-- A list that has been empty comes back without its end.
local function ends_with_directory(name, person)
  local left = redis.call('TTL', key('directory', person))
  if left > 0 then redis.call('EXPIRE', key(name, person), left) end
end
local function known(person, id) return redis.call('EXISTS', record_of(person, id)) == 1 end
-- As text in the order of the numbers: their digits are counted first. suffixInOrder writes the same.
local function in_order(number)
  local digits = string.format('%d', number)
  return #digits .. digits
end
-- The wanted name, or where it is taken, the one behind the last of its kind.
local function give_name(person, id, token, suffix)
  unname(person, id)
  local names = key('names', person)
  local name = token .. ':' .. in_order(suffix)
  if redis.call('ZRANGEBYLEX', names, '[' .. name .. ':', '(' .. name .. ';', 'LIMIT', 0, 1)[1] then
    local last = redis.call('ZREVRANGEBYLEX', names, '(' .. token .. ';', '[' .. token .. ':', 'LIMIT', 0, 1)[1]
    suffix = tonumber(last:sub(#token + 3):match('^%d+')) + 1
    name = token .. ':' .. in_order(suffix)
  end
  local number = number_of(person, id)
  redis.call('ZADD', names, 0, name .. ':' .. number)
  ends_with_directory('names', person)
  redis.call('HSET', key('directory', person), number, name)
  local record = key('s', person, number)
  if suffix == 1 then redis.call('HDEL', record, 'suffix') else redis.call('HSET', record, 'suffix', suffix) end
  return suffix
end
local function activate(person, id, at)
  local number = number_of(person, id)
  redis.call('ZREM', key('archived', person), number)
  redis.call('ZADD', key('sessions', person), at, number)
  mark_idle(person)
end
-- Where the questions of the person in this lane are answered from now on. The session of its own needs no binding.
local function place(person, lane, generation, session, kept)
  unbind(person, lane)
  if session ~= '' and redis.call('HGET', record_of(person, session), 'l' .. lane) == tostring(generation) then session = ''
  elseif session == '' then generation = generation .. '+' end
  set_place(person, lane, tostring(session == '' and generation or generation .. ' ' .. session), kept)
  redis.call('ZADD', key('lanes', person), now, lane)
  redis.call('EXPIRE', key('lanes', person), kept)
  if session ~= '' then redis.call('HSET', record_of(person, session), 'l' .. lane, 'b') end
end
local function put_away(person, number)
  local at = redis.call('ZSCORE', key('sessions', person), number)
  if not at then return 0 end
  redis.call('ZREM', key('sessions', person), number)
  mark_idle(person)
  redis.call('ZADD', key('archived', person), at, number)
  ends_with_directory('archived', person)
  return 1
end
-- A number that is wanted and free, or the next one.
local function give_number(person, id, wanted)
  local last = tonumber(redis.call('HGET', key('directory', person), 'last') or '0')
  if wanted == 0 or redis.call('ZCOUNT', key('numbers', person), wanted, wanted) > 0 then wanted = last + 1 end
  redis.call('HSET', key('directory', person), 'last', math.max(last, wanted))
  redis.call('ZADD', key('numbers', person), wanted, (id:gsub('^tc%-', '-')))
end
local labels = {'suffix', 'tagged', 'name', 'name.1', 'name.2', 'name.3', 'name.4', 'name.5', 'name.6'}
-- What is searched by. Most sessions have neither tags nor a project.
local function labels_of(record)
  local values, some = redis.call('HMGET', record, unpack(labels)), {}
  if values[2] or values[#labels] or not values[3] then return redis.call('HGETALL', record) end
  for i = 1, #labels do
    if not values[i] and i > 2 then break end
    if values[i] then
      some[#some + 1] = labels[i]
      some[#some + 1] = values[i]
    end
  end
  return some
end
local function entry(person, number, at, archived, only_labels)
  local record = key('s', person, number)
  local fields = only_labels and labels_of(record) or redis.call('HGETALL', record)
  return #fields > 0 and {id_of(person, number), at, archived, number, fields} or nil
end
-- Tokens that were made with another key than that of today tell nothing.
local function other_key(id) return id ~= '' and redis.call('HGET', key('namekey'), 'id') ~= id end
`;

/**
 * ARGV: person, name key, kept s, session, lane, generation, token, suffix, opening, name ('' = it is in the opening),
 * whether the person gave it (0|1), whether something is asked (0|1), a record that is to note the session ('' = none), a conversation whose next
 * question may belong elsewhere ('' = none), when this one was asked (ms). The session begins, or is known.
 * Answers 'key', or [created, number, suffix, active sessions, session that was taken instead or ''].
 */
export const TOUCH = `${PRELUDE}
local person, kept, id, lane, token, suffix = ARGV[2], tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[8], tonumber(ARGV[9])
local taken = ''
if ARGV[15] ~= '' and not bound_in(person, lane) then
  local who, session, at = next_of(ARGV[15])
  -- What was asked before is not meant.
  if who == person and tonumber(at) <= tonumber(ARGV[16]) then
    redis.call('DEL', key('next', ARGV[15]))
    if known(person, session) then
      place(person, lane, '0', session, kept)
      taken, id = session, session
    end
  end
end
local record = record_of(person, id)
local created = redis.call('EXISTS', record) == 0
-- What was sealed for this session cannot be read in another one.
local begins = taken == '' and (created or (ARGV[13] == '1' and redis.call('HGET', record, 't') == '0'))
if begins and other_key(ARGV[3]) then return 'key' end
trim(person, kept)
if created then
  forget(person, id)
  give_number(person, id, 0)
  record = record_of(person, id)
  redis.call('HSET', record, 'c', now, 't', 0)
  if ARGV[12] == '1' then redis.call('HSET', record, 'given', 1) end
end
if begins then
  put(record, 'o', ARGV[10])
  if created or redis.call('HEXISTS', record, 'given') == 0 then
    put(record, 'name', ARGV[11])
    give_name(person, id, token, suffix)
  end
end
activate(person, id, now)
local generation, bound = bound_in(person, lane)
if bound ~= id then
  redis.call('HSET', record, 'l' .. lane, ARGV[7])
  if not bound and (generation or ARGV[7]) == ARGV[7] then set_place(person, lane, ARGV[7], kept) end
end
redis.call('EXPIRE', key('current', lane), kept)
redis.call('ZADD', key('lanes', person), now, lane)
redis.call('EXPIRE', record, kept)
keep(person, kept)
if ARGV[14] ~= '' and redis.call('EXISTS', key(ARGV[14])) == 1 then redis.call('HSETNX', key(ARGV[14]), 'session', person .. ' ' .. id) end
local suffix = redis.call('HGET', record, 'suffix') or '1'
return {created and 1 or 0, tonumber(number_of(person, id)), tonumber(suffix), redis.call('ZCARD', key('sessions', person)), taken}
`;

/**
 * ARGV: person, name key, kept s, session, token, suffix, opening, name, project ('' = none),
 * created, last activity, turns, number (0 = the next), archived (0|1), then token, tag pairs. Puts back what was lost.
 * Answers 'key', or 1, or 0 when the session is known already, or was kept long enough.
 */
export const LOAD = `${PRELUDE}
local person, kept, id, at = ARGV[2], tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[12])
if other_key(ARGV[3]) then return 'key' end
local left = kept * 1000 - (now - at)
if known(person, id) or left <= 0 then return 0 end
trim(person, kept)
forget(person, id)
give_number(person, id, tonumber(ARGV[14]))
local record = record_of(person, id)
redis.call('HSET', record, 'c', ARGV[11], 't', ARGV[13], 'given', 1)
put(record, 'o', ARGV[8])
put(record, 'name', ARGV[9])
if ARGV[10] ~= '' then put(record, 'project', ARGV[10]) end
if ARGV[10] ~= '' or #ARGV > 15 then redis.call('HSET', record, 'tagged', 1) end
for i = 16, #ARGV, 2 do put(record, 'tag:' .. ARGV[i], ARGV[i + 1]) end
give_name(person, id, ARGV[6], tonumber(ARGV[7]))
activate(person, id, ARGV[12])
if ARGV[15] == '1' then put_away(person, number_of(person, id)) end
redis.call('PEXPIRE', record, math.min(left, kept * 1000))
keep(person, kept)
return 1
`;

/**
 * ARGV: person, list (sessions | archived), order (newest | oldest), last activity and number of the entry before ('' =
 * from the start), most, kept s, labels | all. Answers [how many there are, last activity and number of the last one where there are
 * more, entries…], an entry being [id, last activity, archived, number, [record field, value…]].
 */
export const LIST = `${PRELUDE}
local person, list, most = ARGV[2], key(ARGV[3], ARGV[2]), tonumber(ARGV[7])
local range = ARGV[4] == 'newest' and 'ZREVRANGE' or 'ZRANGE'
local from = 0
if ARGV[5] ~= '' then
  from = redis.call('ZCOUNT', list, '(' .. ARGV[5], '+inf')
  -- Those of the same moment stand in the order of their numbers as text.
  while true do
    local next = redis.call(range, list, from, from, 'WITHSCORES')
    if not next[1] or tonumber(next[2]) ~= tonumber(ARGV[5]) or next[1] < ARGV[6] then break end
    from = from + 1
  end
end
local answer = {redis.call('ZCARD', list), '', ''}
local found = redis.call(range, list, from, from + most, 'WITHSCORES')
for i = 1, math.min(#found, most * 2), 2 do
  local one = tonumber(found[i + 1]) >= now - ARGV[8] * 1000 and entry(person, found[i], found[i + 1], ARGV[3] == 'archived' and 1 or 0, ARGV[9] == 'labels')
  if one then answer[#answer + 1] = one end
end
if #found > most * 2 then answer[2], answer[3] = found[most * 2], found[most * 2 - 1] end
return answer
`;

/**
 * ARGV: person, kind (id | number | name), what, name key. A name is given as `token:suffix`.
 * Answers 'key', nil, or an entry as `LIST`.
 */
export const LOOK = `${PRELUDE}
local person, number = ARGV[2], ARGV[4]
if ARGV[3] == 'id' then number = number_of(person, ARGV[4])
elseif ARGV[3] == 'name' then
  if other_key(ARGV[5]) then return 'key' end
  local name = redis.call('ZRANGEBYLEX', key('names', person), '[' .. ARGV[4] .. ':', '(' .. ARGV[4] .. ';', 'LIMIT', 0, 1)[1]
  number = name and name:sub(#ARGV[4] + 2)
end
if not number then return false end
local at, archived = redis.call('ZSCORE', key('sessions', person), number), 0
if not at then at, archived = redis.call('ZSCORE', key('archived', person), number), 1 end
return at and entry(person, number, at, archived) or false
`;
