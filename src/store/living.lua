-- The numbers of the nodes whose leases run.
--
-- KEYS[1]  hash of the nodes: `\0lease` and number -> end of the lease, in milliseconds of this store's time

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local leases, living = redis.call('HGETALL', KEYS[1]), {}
for at = 1, #leases, 2 do
  if tonumber(leases[at + 1]) > now then living[#living + 1] = tonumber(string.sub(leases[at], 8)) end
end
return living
