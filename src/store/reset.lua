-- Deletes the buckets of all homes, the kept messages and the limits' numbers. Not for a cluster, where homes are in several stores.
--
-- KEYS[1]  set of the keys of all hashes of buckets
-- KEYS[2]  hash of the kept messages
-- KEYS[3]  hash of the limits' numbers

for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do redis.call('UNLINK', key) end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
