/** The scripts of identity. Each runs atomically; what they keep in clear holds no token, no name and no address. */

const PRELUDE = `
local function key(...) return ARGV[1] .. ':' .. table.concat({...}, ':') end
`;

/**
 * ARGV: person, the version that was read ('' = none, '*' = any), new version, state, sub, sealed, ttl s, chat account.
 * Answers 1, or 0 when the link is another one by now.
 */
export const SAVE_LINK = `${PRELUDE}
local link = key('link', ARGV[2])
if ARGV[3] ~= '*' and (redis.call('HGET', link, 'rev') or '') ~= ARGV[3] then return 0 end
local before = redis.call('HGET', link, 'sub')
if before and before ~= ARGV[6] then redis.call('SREM', key('account', before), ARGV[9]) end
redis.call('HSET', link, 'rev', ARGV[4], 'state', ARGV[5], 'sub', ARGV[6], 'sealed', ARGV[7])
redis.call('SADD', key('account', ARGV[6]), ARGV[9])
redis.call('EXPIRE', key('account', ARGV[6]), ARGV[8])
redis.call('EXPIRE', link, ARGV[8])
return 1
`;

/** ARGV: person, chat account. Forgets a link. */
export const ERASE_LINK = `${PRELUDE}
local sub = redis.call('HGET', key('link', ARGV[2]), 'sub')
if sub then redis.call('SREM', key('account', sub), ARGV[3]) end
return redis.call('DEL', key('link', ARGV[2]))
`;

/** ARGV: lock, its owner. Answers 1 when it was the owner's. */
export const UNLOCK = `${PRELUDE}
if redis.call('GET', key('linklock', ARGV[2])) ~= ARGV[3] then return 0 end
return redis.call('DEL', key('linklock', ARGV[2]))
`;

/** ARGV: kind (ticket | proposal | consent), name, ttl s, then field, value pairs. */
export const KEEP = `${PRELUDE}
local record = key(ARGV[2], ARGV[3])
redis.call('HSET', record, unpack(ARGV, 5))
return redis.call('EXPIRE', record, ARGV[4])
`;

/**
 * ARGV: ticket, browser, state, sealed. Begins a sign-in with a ticket, in the browser that uses it first; beginning
 * anew there replaces what was begun before. Answers ok | unknown | used | other_browser.
 */
export const START = `${PRELUDE}
local ticket = key('ticket', ARGV[2])
local fields = redis.call('HMGET', ticket, 'person', 'place', 'browser', 'used', 'flow')
if not fields[1] then return 'unknown' end
if fields[4] then return 'used' end
if fields[3] and fields[3] ~= ARGV[3] then return 'other_browser' end
if fields[5] then redis.call('DEL', key('flow', fields[5])) end
redis.call('HSET', ticket, 'browser', ARGV[3], 'flow', ARGV[4])
local flow = key('flow', ARGV[4])
redis.call('HSET', flow, 'ticket', ARGV[2], 'person', fields[1], 'place', fields[2], 'browser', ARGV[3], 'sealed', ARGV[5])
redis.call('PEXPIRE', flow, math.max(1, redis.call('PTTL', ticket)))
return 'ok'
`;

/**
 * ARGV: state, browser. Takes what was begun, once, and spends its ticket.
 * Answers [ok, person, place, sealed], [unknown] or [other_browser, person].
 */
export const TAKE_FLOW = `${PRELUDE}
local flow = key('flow', ARGV[2])
local fields = redis.call('HMGET', flow, 'person', 'place', 'sealed', 'browser', 'ticket')
if not fields[1] then return {'unknown'} end
if fields[4] ~= ARGV[3] then return {'other_browser', fields[1]} end
redis.call('DEL', flow)
if redis.call('EXISTS', key('ticket', fields[5])) == 1 then redis.call('HSET', key('ticket', fields[5]), 'used', 1) end
return {'ok', fields[1], fields[2], fields[3]}
`;

/**
 * ARGV: proposal, browser, ttl s or 0 to decline. Answers [ok, person, place, sealed], [unknown], [confirmed, person] or
 * [other_browser, person].
 */
export const CONFIRM = `${PRELUDE}
local proposal = key('proposal', ARGV[2])
local fields = redis.call('HMGET', proposal, 'person', 'place', 'sealed', 'browser', 'confirmed')
if not fields[1] then return {'unknown'} end
if fields[4] ~= ARGV[3] then return {'other_browser', fields[1]} end
if fields[5] then return {'confirmed', fields[1]} end
if ARGV[4] == '0' then redis.call('DEL', proposal)
else
  redis.call('HSET', proposal, 'confirmed', 1)
  redis.call('EXPIRE', proposal, ARGV[4])
end
return {'ok', fields[1], fields[2], fields[3]}
`;

/** ARGV: proposal. The person could not be asked in the chat: the page may be answered again. */
export const REOPEN = `${PRELUDE}
return redis.call('HDEL', key('proposal', ARGV[2]), 'confirmed')
`;

/**
 * ARGV: proposal, person. Takes what was confirmed in the browser, once, for the person that it is about.
 * Answers [ok, sealed], [unknown] or [other_person, person].
 */
export const TAKE_PROPOSAL = `${PRELUDE}
local proposal = key('proposal', ARGV[2])
local fields = redis.call('HMGET', proposal, 'person', 'sealed', 'confirmed')
if not fields[1] or not fields[3] then return {'unknown'} end
if fields[1] ~= ARGV[3] then return {'other_person', fields[1]} end
redis.call('DEL', proposal)
return {'ok', fields[2]}
`;

/**
 * ARGV: consent, browser. Takes what was begun, once, for the browser that began it.
 * Answers [ok, sealed], [unknown] or [other_browser].
 */
export const TAKE_CONSENT = `${PRELUDE}
local consent = key('consent', ARGV[2])
local fields = redis.call('HMGET', consent, 'browser', 'sealed')
if not fields[1] then return {'unknown'} end
if fields[1] ~= ARGV[3] then return {'other_browser'} end
redis.call('DEL', consent)
return {'ok', fields[2]}
`;

/** ARGV: name, window s. Counts an attempt. Answers how many there were in the window, and ms until it ends. */
export const COUNT = `${PRELUDE}
local name = key('attempts', ARGV[2])
local count = redis.call('INCR', name)
if count == 1 then redis.call('EXPIRE', name, ARGV[3]) end
return {count, redis.call('PTTL', name)}
`;
