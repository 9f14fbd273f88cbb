-- Keeps the greater of two numbers, and with it another value. Returns 1 if the number is new.
--
-- KEYS[1]  hash of what all nodes share
-- ARGV[1]  key
-- ARGV[2]  number
-- ARGV[3]  key of the other value, if there is one
-- ARGV[4]  the other value

if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or -1) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[3] then redis.call('HSET', KEYS[1], ARGV[3], ARGV[4]) end
return 1
