-- Keeps the greater of two numbers. Returns 1 if that is the new one.
--
-- KEYS[1]  hash of what all nodes share
-- ARGV[1]  key
-- ARGV[2]  number

if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or -1) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
