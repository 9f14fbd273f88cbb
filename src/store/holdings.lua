-- Writes how many slots a node holds of each bucket.
--
-- KEYS[1]    set of the keys of all hashes of buckets
-- KEYS[2..]  hashes of buckets. In a cluster both are the hash of one home, which has the lease too
-- ARGV[1]    number of the node
-- ARGV[2]    length of a lease, in milliseconds
-- ARGV[3..]  which of the hashes, field, slots

-- Seconds of this store's time after which the buckets of a home go that nobody touches, as in `decide.lua`.
local UNUSED = 30 * 24 * 3600

local me, in_cluster = tonumber(ARGV[1]), KEYS[1] == KEYS[2]
for at = 3, #ARGV, 3 do
  local key, field, mine = KEYS[1 + tonumber(ARGV[at])], ARGV[at + 1], tonumber(ARGV[at + 2])
  local value = redis.call('HGET', key, field) or ''
  local head = string.sub(value, 1, 24)
  if #head < 24 then head = string.rep('\0', 24) end
  local parts = { head }
  for place = 25, #value - 7, 8 do
    local node, count = struct.unpack('<I4I4', value, place)
    if node ~= me and count > 0 then parts[#parts + 1] = struct.pack('<I4I4', node, count) end
  end
  if mine > 0 then parts[#parts + 1] = struct.pack('<I4I4', me, mine) end
  -- A mark without slots, so that the number in the head is not taken for some.
  if #parts == 1 then parts[2] = struct.pack('<I4I4', 0, 0) end
  if not in_cluster and redis.call('EXISTS', key) == 0 then redis.call('SADD', KEYS[1], key) end
  redis.call('HSET', key, field, table.concat(parts))
  redis.call('EXPIRE', key, UNUSED)
end
if in_cluster then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], '\0lease ' .. ARGV[1], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
end
