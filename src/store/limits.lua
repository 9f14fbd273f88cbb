-- Marks limits as in force, and returns those that no node has had in force for a minute, though their buckets are there.
--
-- KEYS[1]  hash of the limits: limit -> the last second of this store's time at which a node had it in force, or at which its
--          buckets were found first; `` -> the second of the last call
-- KEYS[2]  hash of the limits' numbers: limit -> numbers
-- KEYS[3]  set of the keys of all hashes of buckets, where this store has all of them; none in a cluster
-- ARGV[1]  how many limits are in force
-- ARGV     limit, numbers of each limit in force; then limits whose buckets were found

-- A limit that comes back within this time, in seconds, has its buckets again.
local GRACE = 60
-- Nodes call four times a second. After such a pause nobody was there to mark a limit.
local PAUSE = 5
-- What was not found for so long is forgotten.
local FORGOTTEN = 3600
-- Keys that one call looks at, and takes from the set where their hashes are gone.
local LOOKED_AT = 10

local now = tonumber(redis.call('TIME')[1])
local limits = redis.call('HGETALL', KEYS[1])
local since = {}
for at = 1, #limits, 2 do since[limits[at]] = tonumber(limits[at + 1]) end
local paused = now - (since[''] or 0) > PAUSE
redis.call('HSET', KEYS[1], '', now)
since[''] = nil
if paused then
  redis.call('DEL', KEYS[2])
  for limit in pairs(since) do
    since[limit] = now
    redis.call('HSET', KEYS[1], limit, now)
  end
end

for _, key in ipairs(KEYS[3] and redis.call('SRANDMEMBER', KEYS[3], LOOKED_AT) or {}) do
  if redis.call('EXISTS', key) == 0 then redis.call('SREM', KEYS[3], key) end
end

local in_force = tonumber(ARGV[1])
for at = 2, 2 * in_force, 2 do
  since[ARGV[at]] = now
  redis.call('HSET', KEYS[1], ARGV[at], now)
  redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1])
end
for at = 2 * in_force + 2, #ARGV do
  if not since[ARGV[at]] then
    since[ARGV[at]] = now
    redis.call('HSET', KEYS[1], ARGV[at], now)
  end
end

local gone = {}
for limit, at in pairs(since) do
  if now - at > GRACE then gone[#gone + 1] = limit end
  if now - at > FORGOTTEN then
    redis.call('HDEL', KEYS[1], limit)
    redis.call('HDEL', KEYS[2], limit)
  end
end
return gone
