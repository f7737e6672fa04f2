/** ARGV: day, seconds to keep it, then fields and how much more of each. */
export const GUARDRAIL_COUNT = `
local place = ARGV[1] .. ':guardcounts:' .. ARGV[2]
for i = 4, #ARGV, 2 do redis.call('HINCRBY', place, ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', place, ARGV[3])
return 1
`;
