/**
 * `era()`, for the script that claims a turn: what stands for all that was taken from the lists of lanes so far. It is
 * another one once somebody was forgotten (`END_ERA`), and in a Redis that was lost, where it begins with the time anew. It
 * needs `key` and `now`, as every prelude has them.
 */
export const ERA = `
local function era()
  local since = redis.call('GET', key('era'))
  if not since then
    since = string.format('%.0f', now)
    redis.call('SET', key('era'), since)
  end
  return since
end
`;

/** For the script that takes lanes from a list. Where there is none nobody has remembered any; one that began with 1 might be there twice. */
export const END_ERA = `if redis.call('EXISTS', key('era')) == 1 then redis.call('INCR', key('era')) end`;
