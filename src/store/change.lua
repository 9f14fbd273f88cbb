-- Changes what all nodes share, and tells them that it has changed. Changes are made one after the other, so the last one holds.
--
-- KEYS[1]  hash of what all nodes share. `limits` and fields that begin with `limit ` are of limits, `files` is a digest of the limits
--          files beneath them, `resets` is a number that never falls,
--          `version` the number of changes until now
-- ARGV[1]  channel of the messages
-- ARGV[2]  for a change of limits, what is done first with the kept fields of limits. `all`: they are removed. `others`: they are
--          removed if they are over other files. `none`: if there are any, the script ends. Empty for another change
-- ARGV[3]  digest of the limits files of the node
-- ARGV[4]  number of the pairs that come first. They are written unless the kept fields stay
-- ARGV[5..]  field, value

local key, goes, files = KEYS[1], ARGV[2], ARGV[3]
local first = 5
if goes ~= '' then
  local kept = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field == 'limits' or string.sub(field, 1, 6) == 'limit ' then kept[#kept + 1] = field end
  end
  local are_others = redis.call('HGET', key, 'files') ~= files
  if goes == 'none' and #kept > 0 then return end
  if goes == 'others' and not are_others then
    first = first + 2 * tonumber(ARGV[4])
  else
    for _, field in ipairs(kept) do redis.call('HDEL', key, field) end
    redis.call('HSET', key, 'files', files)
  end
end
for at = first, #ARGV, 2 do
  local field, value = ARGV[at], ARGV[at + 1]
  local falls = field == 'resets' and tonumber(value) <= tonumber(redis.call('HGET', key, field) or -1)
  if not falls then redis.call('HSET', key, field, value) end
end
redis.call('HINCRBY', key, 'version', 1)
redis.call('PUBLISH', ARGV[1], 'changed')
