-- Takes back the charges of requests that were refused after all, or whose callers stopped waiting.
--
-- KEYS[1]    hash of the nodes' last calls: `\0given` and number of the node -> number of the last request that was given back
-- KEYS[2..]  hashes of buckets. In a cluster both are the hash of one home
-- ARGV[1]    number of the node
-- ARGV[2..]  number of the request among those that the node gives back, which of the hashes, field, units, the instant of the charge
--            (8 bytes), and `window` for a fixed window. What is not above the last number was given back already

local given = '\0given ' .. ARGV[1]
local last = tonumber(redis.call('HGET', KEYS[1], given) or 0)

local function give_back(key, field, units, instant, kind)
  local value = redis.call('HGET', key, field)
  if not value or #value < 24 then return end
  local lo, hi, used, part, refused, highest = struct.unpack('<I4I4I4I4I4I4', value)
  local charged_lo, charged_hi = struct.unpack('<I4I4', instant)
  local is_later = hi > charged_hi or hi == charged_hi and lo > charged_lo
  -- A lockout has no charge. A window that opened later does not have this one.
  if part == 4294967295 or kind == 'window' and is_later then return end
  used = math.max(used - tonumber(units), 0)
  local head = struct.pack('<I4I4I4I4I4I4', lo, hi, used, part, refused, highest)
  redis.call('HSET', key, field, head .. string.sub(value, 25))
end

local highest = last
for at = 2, #ARGV, 6 do
  local number = tonumber(ARGV[at])
  if number > last then
    give_back(KEYS[1 + tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5])
    highest = math.max(highest, number)
  end
end
redis.call('HSET', KEYS[1], given, string.format('%d', highest))
