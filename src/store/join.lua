-- Renews the lease of a node, keeps its report, and returns those of the nodes whose leases run.
--
-- KEYS[1]  hash of the nodes: number -> end of the lease, in milliseconds of this store's time
-- KEYS[2]  counter of the nodes' numbers
-- KEYS[3]  hash of the nodes' reports
-- ARGV[1]  number of the node, 0 for a new one
-- ARGV[2]  length of the lease, in milliseconds
-- ARGV[3]  report

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me = tonumber(ARGV[1])
if me == 0 then me = redis.call('INCR', KEYS[2]) end
local leases = redis.call('HGETALL', KEYS[1])
local ran, reports = 0, {}
for at = 1, #leases, 2 do
  local node, ends = leases[at], tonumber(leases[at + 1])
  if tonumber(node) == me then
    if ends > now then ran = 1 end
  elseif ends > now then
    reports[#reports + 1] = tonumber(node)
    reports[#reports + 1] = redis.call('HGET', KEYS[3], node) or ''
  else
    redis.call('HDEL', KEYS[1], node)
    redis.call('HDEL', KEYS[3], node)
  end
end
redis.call('HSET', KEYS[1], me, now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[3], me, ARGV[3])
return { me, ran, tonumber(time[1]), tonumber(time[2]), reports }
