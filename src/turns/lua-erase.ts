import { PRELUDE } from './lua.ts';

/** Scripts that leave nothing of a turn, for a person who is being forgotten. */

/**
 * ARGV: turn, asked before (Redis ms). Answers 1 when it is gone, 0 when it was asked later or is not there, -1 while it
 * has not ended.
 */
export const ERASE_TURN = `${PRELUDE}
local turn = ARGV[2]
local record = redis.call('HMGET', key('turn', turn), 'state', 'received', 'at:queued')
local asked = tonumber(record[2] or record[3] or '0')
if not record[2] and record[3] and asked <= 0 then asked = asked + redis.call('HGET', key('turn', turn), 'at:' .. record[1]) end
if not record[1] or asked >= tonumber(ARGV[3]) then return 0 end
if moves[record[1]] and next(moves[record[1]]) then return -1 end
redis.call('ZREM', key('dead'), turn)
redis.call('DEL', key('turn', turn))
return 1
`;

/** ARGV: feedback of which turn, then who. Answers how many of them had said something. */
export const ERASE_FEEDBACK = `${PRELUDE}
local gone = 0
for i = 3, #ARGV do
  local who = ARGV[i]
  gone = gone + redis.call('HDEL', key('feedback', ARGV[2]), who)
  redis.call('HDEL', key('feedback', ARGV[2]), who .. '/at', who .. '/reason')
end
return gone
`;
