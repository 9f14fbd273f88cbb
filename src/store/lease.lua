-- In a cluster: renews the lease of a node at a home.
--
-- KEYS[1]  hash of the buckets of a home
-- ARGV[1]  number of the node
-- ARGV[2]  length of the lease, in milliseconds
-- ARGV[3]  of a node that has just connected, and has lost its last call of this home: the sequence of its next call. Earlier
--          ones are not served any more, and the last one that was is returned. Else 0.

-- Seconds of this store's time after which the buckets of a home go that nobody touches, as in `decide.lua`.
local UNUSED = 30 * 24 * 3600

local lease, time = '\0lease ' .. ARGV[1], redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ran = tonumber(redis.call('HGET', KEYS[1], lease) or 0) > now and 1 or 0
redis.call('HSET', KEYS[1], lease, now + tonumber(ARGV[2]))
local last = ''
if ARGV[3] ~= '0' then
  redis.call('HSET', KEYS[1], '\0fence ' .. ARGV[1], ARGV[3])
  last = redis.call('HGET', KEYS[1], '\0last ' .. ARGV[1]) or ''
end
redis.call('EXPIRE', KEYS[1], UNUSED)
return { ran, last }
