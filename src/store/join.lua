-- Renews the lease of a node, keeps its report, and returns those of the nodes whose leases run.
--
-- KEYS[1]  hash of the nodes: `\0lease` and number -> end of the lease, in milliseconds of this store's time
-- KEYS[2]  hash of the nodes' reports
-- KEYS[3]  hash of the nodes' last calls
-- KEYS[4]  hash of what all nodes share
-- ARGV[1]  number of the node
-- ARGV[2]  length of the lease, in milliseconds
-- ARGV[3]  report
-- ARGV[4]  of a node that has just connected: the sequence of its next call. Earlier ones are not served any more, and
--          the last one that was is returned. Else 0.

-- A node may be cut off and come back. What the store knows of its last call is kept for this time, in milliseconds.
local FORGOTTEN = 10 * 60 * 1000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local leases = redis.call('HGETALL', KEYS[1])
local ran, reports = 0, {}
for at = 1, #leases, 2 do
  local node, ends = string.sub(leases[at], 8), tonumber(leases[at + 1])
  if node == ARGV[1] then
    if ends > now then ran = 1 end
  elseif ends > now then
    reports[#reports + 1] = tonumber(node)
    reports[#reports + 1] = redis.call('HGET', KEYS[2], node) or ''
  elseif ends < now - FORGOTTEN then
    redis.call('HDEL', KEYS[1], leases[at])
    redis.call('HDEL', KEYS[2], node)
    redis.call('HDEL', KEYS[3], '\0last ' .. node, '\0fence ' .. node, '\0given ' .. node, '\0followed ' .. node)
  end
end
redis.call('HSET', KEYS[1], '\0lease ' .. ARGV[1], now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
local last = ''
if ARGV[4] ~= '0' then
  redis.call('HSET', KEYS[3], '\0fence ' .. ARGV[1], ARGV[4])
  last = redis.call('HGET', KEYS[3], '\0last ' .. ARGV[1]) or ''
end
return { ran, tonumber(time[1]), tonumber(time[2]), reports, last, redis.call('EXISTS', KEYS[4]) }
