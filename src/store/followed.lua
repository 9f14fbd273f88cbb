-- Whether all other nodes whose leases run have followed the changes of what all nodes share.
--
-- KEYS[1]  hash of what all nodes share: `version` is the number of its changes
-- KEYS[2]  hash of the nodes: `\0lease` and number -> end of the lease, in milliseconds of this store's time
-- KEYS[3]  hash of the nodes' last calls: `\0followed` and number -> the changes that the node has followed
-- ARGV[1]  number of the node that asks
-- ARGV[2]  number of the changes, or empty for those until now
--
-- Returns the number of the changes, and 1 if they are followed.

local version = tonumber(ARGV[2]) or tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local leases = redis.call('HGETALL', KEYS[2])
for at = 1, #leases, 2 do
  local node = string.sub(leases[at], 8)
  local has_followed = tonumber(redis.call('HGET', KEYS[3], '\0followed ' .. node) or -1) >= version
  if node ~= ARGV[1] and tonumber(leases[at + 1]) > now and not has_followed then return { version, 0 } end
end
return { version, 1 }
