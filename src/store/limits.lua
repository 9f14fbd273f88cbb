-- Marks limits as in force, and returns those that any node had in force within the last minute.
--
-- KEYS[1]  hash of the limits: limit -> the last second of this store's time at which a node had it in force
-- KEYS[2]  hash of the limits' numbers: limit -> numbers
-- ARGV     limit, numbers

local GRACE = 60

local now = tonumber(redis.call('TIME')[1])
for at = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[at], now)
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
end
local known, all = {}, redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  if now - tonumber(all[at + 1]) <= GRACE then
    known[#known + 1] = all[at]
  else
    redis.call('HDEL', KEYS[1], all[at])
    redis.call('HDEL', KEYS[2], all[at])
  end
end
return known
