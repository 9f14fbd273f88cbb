-- Takes back the charges of a request that was refused after all, or whose caller stopped waiting.
--
-- KEYS[1]    hash of the nodes' last calls: `given` and number of the node -> number of the last request that was given back
-- KEYS[2..]  hashes of buckets
-- ARGV[1]    number of the node
-- ARGV[2]    number of the request among those that the node gives back. One that is not above the last was given back already
-- ARGV[3..]  which of the hashes, field, units, the instant of the charge (8 bytes), and `window` for a fixed window

local given = 'given ' .. ARGV[1]
if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', KEYS[1], given) or 0) then return end
for at = 3, #ARGV, 5 do
  local key, field = KEYS[1 + tonumber(ARGV[at])], ARGV[at + 1]
  local value = redis.call('HGET', key, field)
  if value and #value >= 24 then
    local lo, hi, used, part, refused, highest = struct.unpack('<I4I4I4I4I4I4', value)
    local charged_lo, charged_hi = struct.unpack('<I4I4', ARGV[at + 3])
    local is_later = hi > charged_hi or hi == charged_hi and lo > charged_lo
    -- A lockout has no charge. A window that opened later does not have this one.
    if part ~= 4294967295 and not (ARGV[at + 4] == 'window' and is_later) then
      used = math.max(used - tonumber(ARGV[at + 2]), 0)
      local head = struct.pack('<I4I4I4I4I4I4', lo, hi, used, part, refused, highest)
      redis.call('HSET', key, field, head .. string.sub(value, 25))
    end
  end
end
redis.call('HSET', KEYS[1], given, ARGV[2])
