/** ARGV: day, field, seconds to keep the day. */
export const GUARDRAIL_COUNT = `
local place = ARGV[1] .. ':guardcounts:' .. ARGV[2]
redis.call('HINCRBY', place, ARGV[3], 1)
redis.call('EXPIRE', place, ARGV[4])
return 1
`;
