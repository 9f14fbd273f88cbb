-- Keeps a message for nodes that join later.
--
-- KEYS[1]  hash of the messages
-- ARGV[1]  key; a later message of the same key replaces an earlier one
-- ARGV[2]  message
-- ARGV[3]  most messages; beyond that a new one replaces any

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  redis.call('HDEL', KEYS[1], redis.call('HRANDFIELD', KEYS[1]))
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
