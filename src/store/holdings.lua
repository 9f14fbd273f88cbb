-- Writes how many slots a node holds of each bucket.
--
-- KEYS[1]    hash of buckets
-- ARGV[1]    number of the node
-- ARGV[2..]  field, slots

local me = tonumber(ARGV[1])
for at = 2, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[at]) or ''
  local head, mine = string.sub(value, 1, 24), tonumber(ARGV[at + 1])
  if #head < 24 then head = string.rep('\0', 24) end
  local parts = { head }
  for place = 25, #value - 7, 8 do
    local node, count = struct.unpack('<I4I4', value, place)
    if node ~= me and count > 0 then parts[#parts + 1] = struct.pack('<I4I4', node, count) end
  end
  if mine > 0 then parts[#parts + 1] = struct.pack('<I4I4', me, mine) end
  -- A mark without slots, so that the number in the head is not taken for some.
  if #parts == 1 then parts[2] = struct.pack('<I4I4', 0, 0) end
  redis.call('HSET', KEYS[1], ARGV[at], table.concat(parts))
end
