-- Notes that other numbers hold for a limit. Returns 1 if they are new to the store, 0 if another node was first.
--
-- KEYS[1]  hash of the limits' numbers
-- ARGV[1]  limit
-- ARGV[2]  numbers

if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
