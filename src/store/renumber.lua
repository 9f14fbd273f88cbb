-- Notes that other numbers hold for a limit. Returns 1 to the node that is first, however often it asks, and 0 to the others.
--
-- KEYS[1]  hash of the limits' numbers
-- ARGV[1]  limit
-- ARGV[2]  numbers
-- ARGV[3]  number of the node, and of the change among those of the node

local noted = redis.call('HGET', KEYS[1], ARGV[1])
if noted == ARGV[2] .. ARGV[3] then return 1 end
if noted and string.sub(noted, 1, #ARGV[2]) == ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ARGV[3])
return 1
