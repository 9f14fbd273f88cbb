-- Decides a batch of requests over limits, each over all of its limits or none.
--
-- It is the arithmetic of the crate gcmock-limit (`algorithm`, `trial`), which keeps 64-bit integers. Numbers here are
-- doubles, exact below 2^53. Instants are two halves of 32 bits; where a product does not fit, it is made of limbs of
-- 16 bits. Tests hold both to the same decisions.
--
-- KEYS[1]    hash of the nodes: `\0lease` and number -> end of the lease, in milliseconds of this store's time
-- KEYS[2]    hash of the nodes' last calls: `\0last` and number -> sequence and answer; `\0fence` and number -> sequence
-- KEYS[3]    set of the keys of all hashes of buckets
-- KEYS[4..]  hashes of buckets: field -> bucket (24 bytes), and for slots the holdings of each node (8 bytes each)
--            In a cluster all keys are the hash of one home: a slot of the cluster moves key by key.
-- ARGV[1]    number of the node that asks, the sequence of the call, and the length of a lease; 0 for a call of no node
-- ARGV[2]    rules: kind, flags, capacity, refill, period, lockout
-- ARGV[3]    requests: now, flags, count; then for each charge: rule, field, units, held. Flags: 1 it is refused already,
--            2 it charges nothing, 4 the buckets are brought to now before other numbers hold, 8 idle ones are removed,
--            16 they become new, and held slots stay
-- ARGV[4]    for each field, which of the hashes has it
-- ARGV[5..]  fields
--
-- Returns for each request: refused; then for each charge: admits, bucket. A call that comes after its node has connected
-- again changes nothing: the node believes that it was lost.

local LOCKED, TWO32, EXACT = 4294967295, 4294967296, 9007199254740992
local TOKENS, SLOTS = 0, 2
-- As many buckets as one hash may have. Beyond that a new one replaces one with little use.
local MOST, LOOKED_AT = 2000000, 8
-- Fields and values of one command, an even number. The stack of Lua has a bound.
local AT_ONCE = 2000
-- Seconds of this store's time after which the buckets of a home go that nobody touches.
local UNUSED = 30 * 24 * 3600
local floor, fmod, min, max = math.floor, math.fmod, math.min, math.max
local pack, unpack_at = struct.pack, struct.unpack

local me, sequence, lease = string.match(ARGV[1], '^(%d+) (%d+) (%d+)$')
me, sequence = tonumber(me), tonumber(sequence)
local in_cluster = KEYS[4] == KEYS[1]
if me > 0 and sequence < tonumber(redis.call('HGET', KEYS[2], '\0fence ' .. me) or 0) then
  return redis.error_reply('STALE the node has connected again')
end

local rules = {}
for at = 1, #ARGV[2], 26 do
  local kind, flags, capacity, refill, plo, phi, llo, lhi = unpack_at('<BBI4I4I4I4I4I4', ARGV[2], at)
  rules[#rules + 1] = {
    kind = kind, enforces = flags % 2 == 1, counts_refused = flags >= 2, capacity = capacity, refill = refill,
    plo = plo, phi = phi, period = phi * TWO32 + plo, llo = llo, lhi = lhi,
  }
end

local now
local function store_millis()
  if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + floor(time[2] / 1000)
  end
  return now
end

-- Whether the leases of nodes are running, each read when a slot of it is looked at.
local alive = { [me] = true }
local function is_alive(node)
  if alive[node] == nil then
    local ends = redis.call('HGET', KEYS[1], string.format('\0lease %d', node))
    alive[node] = tonumber(ends or 0) > store_millis()
  end
  return alive[node]
end

local function read(value)
  local bucket = { lo = 0, hi = 0, used = 0, part = 0, refused = 0, highest = 0 }
  if not value then return bucket end
  if #value >= 24 then
    bucket.lo, bucket.hi, bucket.used, bucket.part, bucket.refused, bucket.highest =
      unpack_at('<I4I4I4I4I4I4', value)
  end
  bucket.known = true
  if #value > 24 then bucket.used = 0 end
  for at = 25, #value - 7, 8 do
    local node, count = unpack_at('<I4I4', value, at)
    bucket.holdings = bucket.holdings or {}
    if count > 0 and is_alive(node) then
      bucket.holdings[#bucket.holdings + 1] = { node, count }
      bucket.used = bucket.used + count
    end
  end
  return bucket
end

local function written(bucket)
  local parts = { pack('<I4I4I4I4I4I4', bucket.lo, bucket.hi, bucket.used, bucket.part, bucket.refused, bucket.highest) }
  for _, holding in ipairs(bucket.holdings or {}) do
    parts[#parts + 1] = pack('<I4I4', holding[1], holding[2])
  end
  -- A mark without slots: all nodes have given theirs back.
  if bucket.holdings and #bucket.holdings == 0 then parts[2] = pack('<I4I4', 0, 0) end
  return table.concat(parts)
end

-- The difference of two instants, 0 where it is negative.
local function since(hi, lo, bucket)
  hi, lo = hi - bucket.hi, lo - bucket.lo
  if lo < 0 then hi, lo = hi - 1, lo + TWO32 end
  if hi < 0 then return 0, 0 end
  return hi, lo
end

local function later(hi, lo, by_hi, by_lo)
  lo = lo + by_lo
  hi = hi + by_hi + floor(lo / TWO32)
  if hi >= TWO32 then return LOCKED, LOCKED end
  return hi, lo % TWO32
end

-- The product of 64 and 32 bits: limbs of 16 bits, the lowest first.
local function times(hi, lo, by)
  local a = { lo % 65536, floor(lo / 65536), hi % 65536, floor(hi / 65536) }
  local low, high = by % 65536, floor(by / 65536)
  local product, carry = {}, 0
  for at = 1, 6 do
    local sum = carry + (a[at] or 0) * low + (a[at - 1] or 0) * high
    product[at] = sum % 65536
    carry = floor(sum / 65536)
  end
  return product
end

local function plus(limbs, value)
  for at = 1, 6 do
    value = limbs[at] + value
    limbs[at] = value % 65536
    value = floor(value / 65536)
  end
  return limbs
end

local function at_most(one, other)
  for at = 6, 1, -1 do
    if one[at] ~= other[at] then return one[at] < other[at] end
  end
  return true
end

-- The quotient as two halves, and the remainder.
local function divided(limbs, by)
  local quotient, rest = {}, 0
  for at = 6, 1, -1 do
    rest = rest * 65536 + limbs[at]
    quotient[at] = (rest - fmod(rest, by)) / by
    rest = fmod(rest, by)
  end
  local hi = quotient[4] * 65536 + quotient[3]
  if quotient[6] > 0 or quotient[5] > 0 or hi >= TWO32 then return LOCKED, LOCKED, rest end
  return hi, quotient[2] * 65536 + quotient[1], rest
end

local function advance(bucket, hi, lo, part)
  bucket.hi, bucket.lo = later(bucket.hi, bucket.lo, hi, lo)
  bucket.part = part
end

-- Gives tokens back where a product passes 53 bits.
local function accrue_wide(bucket, rule, hi, lo)
  local accrued = times(hi, lo, rule.refill)
  local function fits(tokens)
    return at_most(plus(times(rule.phi, rule.plo, tokens), bucket.part), accrued)
  end
  if fits(bucket.used) then bucket.used = 0 return end
  local least, most = 0, bucket.used
  while most - least > 1 do
    local middle = floor((least + most) / 2)
    if fits(middle) then least = middle else most = middle end
  end
  if least == 0 then return end
  bucket.used = bucket.used - least
  advance(bucket, divided(plus(times(rule.phi, rule.plo, least), bucket.part), rule.refill))
end

local function accrue(bucket, rule, hi, lo)
  if bucket.used == 0 then return end
  if bucket.part >= rule.refill then bucket.part = 0 end
  local elapsed = hi * TWO32 + lo
  local accrued = elapsed * rule.refill
  local needed = rule.period * bucket.used + bucket.part
  if needed >= EXACT then return accrue_wide(bucket, rule, hi, lo) end
  -- Numbers beyond the bound are not exact, but are beyond it: more has accrued than all tokens need.
  if accrued >= EXACT then bucket.used = 0 return end
  local rest = max(accrued - bucket.part, 0)
  local tokens = (rest - fmod(rest, rule.period)) / rule.period
  if tokens == 0 then return end
  if tokens >= bucket.used then bucket.used = 0 return end
  bucket.used = bucket.used - tokens
  local moved = bucket.part + tokens * rule.period
  local part = fmod(moved, rule.refill)
  local by = (moved - part) / rule.refill
  advance(bucket, floor(by / TWO32), by % TWO32, part)
end

local function roll(bucket, rule, hi, lo)
  if bucket.part == LOCKED then
    if hi < bucket.hi or hi == bucket.hi and lo < bucket.lo then return end
    bucket.part, bucket.hi, bucket.lo = 0, 0, 0
    if rule.kind ~= SLOTS then bucket.used = 0 end
  end
  if rule.kind == SLOTS then return end
  local ehi, elo = since(hi, lo, bucket)
  if rule.kind == TOKENS then return accrue(bucket, rule, ehi, elo) end
  if ehi > rule.phi or ehi == rule.phi and elo >= rule.plo then bucket.used = 0 end
end

local function hold(bucket, units)
  bucket.holdings = bucket.holdings or {}
  for _, holding in ipairs(bucket.holdings) do
    if holding[1] == me then holding[2] = holding[2] + units return end
  end
  bucket.holdings[#bucket.holdings + 1] = { me, units }
end

local takes_slots = false
local function charge(bucket, rule, units, hi, lo)
  if bucket.used == 0 then bucket.hi, bucket.lo, bucket.part = hi, lo, 0 end
  bucket.used = min(bucket.used + units, LOCKED)
  bucket.highest = max(bucket.highest, bucket.used)
  if rule.kind == SLOTS then
    hold(bucket, units)
    takes_slots = true
  end
end

local function refuse(bucket, rule, hi, lo)
  bucket.refused = min(bucket.refused + 1, LOCKED)
  if (rule.lhi > 0 or rule.llo > 0) and bucket.part ~= LOCKED then
    bucket.hi, bucket.lo = later(hi, lo, rule.lhi, rule.llo)
    bucket.part = LOCKED
  end
end

-- Charges a bucket, or marks it as having refused.
local function settle(one, refused, hi, lo)
  local bucket, rule, changed = one.bucket, one.rule, false
  if refused then
    local room = max(rule.capacity - bucket.used, 0)
    if rule.counts_refused and rule.kind ~= SLOTS and bucket.part ~= LOCKED then
      if room > 0 then charge(bucket, rule, min(one.units, room), hi, lo) end
      changed = true
    end
  elseif one.admits and not one.held then
    charge(bucket, rule, one.units, hi, lo)
    changed = true
  end
  if not one.admits then
    refuse(bucket, rule, hi, lo)
    changed = true
  end
  return changed
end

-- The fields of each hash, and their buckets.
local fields_of, where, buckets = {}, {}, {}
for at = 5, #ARGV do
  local index = at - 4
  local hash = unpack_at('<I2', ARGV[4], index * 2 - 1)
  fields_of[hash] = fields_of[hash] or {}
  fields_of[hash][#fields_of[hash] + 1] = ARGV[at]
  where[index] = { hash, #fields_of[hash] }
end
local values = {}
for hash, fields in pairs(fields_of) do
  values[hash] = redis.call('HMGET', KEYS[3 + hash], unpack(fields))
end
for index, place in ipairs(where) do
  buckets[index] = read(values[place[1]][place[2]])
end

local function copy(bucket)
  local same = {}
  for name, value in pairs(bucket) do same[name] = value end
  same.holdings = nil
  return same
end

local replies, changed, removed = {}, {}, {}

-- Brings a rolled bucket to now for the last time under its numbers, makes it new, or removes it if it is as good as new.
local function keep_up(one, flags, hi, lo)
  local bucket = one.bucket
  if not bucket.known then return end
  if flags == 16 then
    removed[one.field] = not bucket.holdings or nil
    changed[one.field] = bucket.holdings and true
    bucket.lo, bucket.hi, bucket.part, bucket.refused, bucket.highest = 0, 0, 0, 0, bucket.used
    return
  end
  if bucket.part == LOCKED then return end
  local is_past = hi < bucket.hi or hi == bucket.hi and lo < bucket.lo
  if flags == 8 then
    removed[one.field] = bucket.used == 0 or nil
  elseif one.rule.kind == TOKENS and not is_past then
    bucket.hi, bucket.lo, bucket.part = hi, lo, 0
    changed[one.field] = true
  end
end

local at, requests = 1, ARGV[3]
while at <= #requests do
  local lo, hi, flags, count
  lo, hi, flags, count, at = unpack_at('<I4I4BB', requests, at)
  local refused, peeks, charges = flags % 2 == 1, flags == 2 or flags == 3, {}
  for each = 1, count do
    local rule, field, units, held
    rule, field, units, held, at = unpack_at('<I2I2I4B', requests, at)
    local one = { rule = rules[rule], field = field, units = units, held = held == 1 }
    one.bucket = peeks and copy(buckets[field]) or buckets[field]
    roll(one.bucket, one.rule, hi, lo)
    local bucket = one.bucket
    if flags >= 4 then keep_up(one, flags, hi, lo) end
    one.admits = one.held or bucket.part ~= LOCKED and bucket.used + units <= one.rule.capacity
    refused = refused or one.rule.enforces and not one.admits
    charges[each] = one
  end
  replies[#replies + 1] = refused and '\1' or '\0'
  for _, one in ipairs(flags < 4 and charges or {}) do
    if settle(one, refused, hi, lo) and not peeks then changed[one.field] = true end
    local bucket = one.bucket
    replies[#replies + 1] = pack('<BI4I4I4I4I4I4', one.admits and 1 or 0,
      bucket.lo, bucket.hi, bucket.used, bucket.part, bucket.refused, bucket.highest)
  end
end

-- Removes the least used of a few buckets. A field that begins with a zero is none.
local function make_room(key)
  local least, least_used
  for _, field in ipairs(redis.call('HRANDFIELD', key, LOOKED_AT)) do
    local bucket = read(redis.call('HGET', key, field))
    local used = bucket.part == LOCKED and LOCKED or bucket.used
    if string.byte(field) ~= 0 and not bucket.holdings and (not least or used < least_used) then
      least, least_used = field, used
    end
  end
  if least then redis.call('HDEL', key, least) end
end

for index in pairs(removed) do
  redis.call('HDEL', KEYS[3 + where[index][1]], ARGV[4 + index])
end

-- What is written to each hash, in one command.
local written_to = {}
for index in pairs(changed) do
  local hash, bucket = where[index][1], buckets[index]
  local key, pairs_of = KEYS[3 + hash], written_to[hash]
  if not pairs_of then
    pairs_of = {}
    written_to[hash] = pairs_of
  end
  if not bucket.known then
    local size = redis.call('HLEN', key)
    if size == 0 and not in_cluster then redis.call('SADD', KEYS[3], key) end
    if size >= MOST then make_room(key) end
  end
  pairs_of[#pairs_of + 1] = ARGV[4 + index]
  pairs_of[#pairs_of + 1] = written(bucket)
end
for hash, pairs_of in pairs(written_to) do
  for at = 1, #pairs_of, AT_ONCE do
    redis.call('HSET', KEYS[3 + hash], unpack(pairs_of, at, min(at + AT_ONCE - 1, #pairs_of)))
  end
  redis.call('EXPIRE', KEYS[3 + hash], UNUSED)
end

local answer = table.concat(replies)
if me > 0 then redis.call('HSET', KEYS[2], '\0last ' .. me, sequence .. ' ' .. answer) end
if me > 0 and in_cluster then
  if takes_slots then redis.call('HSET', KEYS[1], '\0lease ' .. me, store_millis() + lease) end
  redis.call('EXPIRE', KEYS[1], UNUSED)
end
return answer
