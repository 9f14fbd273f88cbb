-- Renews the lease of a node, keeps its report, and returns those of the nodes whose leases run.
--
-- KEYS[1]  hash of the nodes: number -> end of the lease, in milliseconds of this store's time
-- KEYS[2]  hash of the nodes' reports
-- ARGV[1]  number of the node
-- ARGV[2]  length of the lease, in milliseconds
-- ARGV[3]  report

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local leases = redis.call('HGETALL', KEYS[1])
local ran, reports = 0, {}
for at = 1, #leases, 2 do
  local node, ends = leases[at], tonumber(leases[at + 1])
  if node == ARGV[1] then
    if ends > now then ran = 1 end
  elseif ends > now then
    reports[#reports + 1] = tonumber(node)
    reports[#reports + 1] = redis.call('HGET', KEYS[2], node) or ''
  else
    redis.call('HDEL', KEYS[1], node)
    redis.call('HDEL', KEYS[2], node)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return { ran, tonumber(time[1]), tonumber(time[2]), reports }
