-- Notes that other numbers hold for a limit, and says which node settles its buckets. Where that node dies, another one settles
-- them, at the same instant: what is settled already does not change.
--
-- KEYS[1]  hash of the limits' numbers: limit -> numbers, then node, its change, instant and `done`; numbers alone are settled
-- KEYS[2]  hash of the nodes: `\0lease` and number -> end of the lease, in milliseconds of this store's time
-- ARGV[1]  limit
-- ARGV[2]  numbers
-- ARGV[3]  number of the node
-- ARGV[4]  number of the change among those of the node
-- ARGV[5]  instant of the change
-- ARGV[6]  `begin`, `watch` where another node settled them when this one began, or `end` when this node has settled them
--
-- Returns the instant at which this node settles them, `elsewhere`, or `done`.

local limit, numbers, me, change, instant, step = unpack(ARGV)

local function note(at, state)
  redis.call('HSET', KEYS[1], limit, table.concat({ numbers, me, change, at, state }, ' '))
end

local noted = redis.call('HGET', KEYS[1], limit)
if not noted or string.sub(noted, 1, #numbers) ~= numbers then
  -- Yet other numbers hold by now: their change has settled the buckets.
  if step ~= 'begin' then return 'done' end
  note(instant, '')
  return instant
end
local node, its_change, at, state = string.match(string.sub(noted, #numbers + 1), '^ (%d+) (%d+) (%d+) (%a*)$')
if not node or state == 'done' then return 'done' end
if node == me and its_change == change then
  if step == 'end' then note(at, 'done') end
  return at
end
if step == 'end' then return 'done' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('HGET', KEYS[2], '\0lease ' .. node) or 0) > now then return 'elsewhere' end
note(at, '')
return at
