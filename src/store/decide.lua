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
-- ARGV[4]    for each hash of buckets, the number of its last field from 1 on
-- ARGV[5..]  fields of the first hash, then those of the next one
--
-- Returns for each request: refused; then for each charge: admits, bucket. A call that comes after its node has connected
-- again changes nothing: the node believes that it was lost.

local LOCKED, TWO32, EXACT = 4294967295, 4294967296, 9007199254740992
local TOKENS, SLOTS = 0, 2
-- As many buckets as one hash may have. Beyond that a new one replaces one with little use.
local MOST, LOOKED_AT = 2000000, 8
-- Fields and values of one command, an even number. The stack of Lua has a bound.
local AT_ONCE = 2000
-- Seconds of this store's time after which the buckets of a home go that nobody touches: 30 days. As a number it is formatted at each call.
local UNUSED = '2592000'
local floor, fmod, min, max = math.floor, math.fmod, math.min, math.max
local pack, unpack_at = struct.pack, struct.unpack

-- The buckets of a batch, each part by the number of the field: a table for each bucket takes a quarter more time.
local lows, highs, used, part, refused, highest = {}, {}, {}, {}, {}, {}
-- Whether a hash has the bucket, the slots that nodes hold of it, and its value as it is written.
local known, holdings, packed = {}, {}, {}

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

local function read(at, value)
  lows[at], highs[at], used[at], part[at], refused[at], highest[at] = 0, 0, 0, 0, 0, 0
  if not value then return end
  known[at] = true
  if #value < 24 then return end
  lows[at], highs[at], used[at], part[at], refused[at], highest[at] = unpack_at('<I4I4I4I4I4I4', value)
  if #value == 24 then return end
  local held, units = {}, 0
  for place = 25, #value - 7, 8 do
    local node, count = unpack_at('<I4I4', value, place)
    if count > 0 and is_alive(node) then
      held[#held + 1] = { node, count }
      units = units + count
    end
  end
  holdings[at], used[at] = held, units
end

local function written(at)
  local held = holdings[at]
  local head = packed[at] or pack('<I4I4I4I4I4I4', lows[at], highs[at], used[at], part[at], refused[at], highest[at])
  if not held then return head end
  local parts = { head }
  for _, holding in ipairs(held) do
    parts[#parts + 1] = pack('<I4I4', holding[1], holding[2])
  end
  -- A mark without slots: all nodes have given theirs back.
  if #held == 0 then parts[2] = pack('<I4I4', 0, 0) end
  return table.concat(parts)
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

local function advance(at, hi, lo, rest)
  highs[at], lows[at] = later(highs[at], lows[at], hi, lo)
  part[at] = rest
end

-- Gives tokens back where a product passes 53 bits.
local function accrue_wide(at, rule, hi, lo)
  local accrued = times(hi, lo, rule.refill)
  local function fits(tokens)
    return at_most(plus(times(rule.phi, rule.plo, tokens), part[at]), accrued)
  end
  if fits(used[at]) then used[at] = 0 return end
  local least, most = 0, used[at]
  while most - least > 1 do
    local middle = floor((least + most) / 2)
    if fits(middle) then least = middle else most = middle end
  end
  if least == 0 then return end
  used[at] = used[at] - least
  advance(at, divided(plus(times(rule.phi, rule.plo, least), part[at]), rule.refill))
end

local function accrue(at, rule, hi, lo)
  local units, refill, period = used[at], rule.refill, rule.period
  if part[at] >= refill then part[at] = 0 end
  local accrued = (hi * TWO32 + lo) * refill
  local needed = period * units + part[at]
  if needed >= EXACT then return accrue_wide(at, rule, hi, lo) end
  -- Numbers beyond the bound are not exact, but are beyond it: more has accrued than all tokens need.
  if accrued >= EXACT then used[at] = 0 return end
  local rest = max(accrued - part[at], 0)
  local tokens = (rest - fmod(rest, period)) / period
  if tokens == 0 then return end
  if tokens >= units then used[at] = 0 return end
  used[at] = units - tokens
  local moved = part[at] + tokens * period
  local over = fmod(moved, refill)
  local by = (moved - over) / refill
  advance(at, floor(by / TWO32), by % TWO32, over)
end

local function roll(at, rule, hi, lo)
  local kind = rule.kind
  if part[at] == LOCKED then
    if hi < highs[at] or hi == highs[at] and lo < lows[at] then return end
    part[at], highs[at], lows[at] = 0, 0, 0
    if kind ~= SLOTS then used[at] = 0 end
  end
  if kind == SLOTS then return end
  if kind == TOKENS and used[at] == 0 then return end
  -- The time since the instant of the bucket, 0 where that is later.
  hi, lo = hi - highs[at], lo - lows[at]
  if lo < 0 then hi, lo = hi - 1, lo + TWO32 end
  if hi < 0 then hi, lo = 0, 0 end
  if kind == TOKENS then return accrue(at, rule, hi, lo) end
  if hi > rule.phi or hi == rule.phi and lo >= rule.plo then used[at] = 0 end
end

local takes_slots = false
local function hold(at, units)
  takes_slots = true
  local held = holdings[at] or {}
  holdings[at] = held
  for _, holding in ipairs(held) do
    if holding[1] == me then holding[2] = holding[2] + units return end
  end
  held[#held + 1] = { me, units }
end

local function refuse(at, rule, hi, lo)
  refused[at] = min(refused[at] + 1, LOCKED)
  if (rule.lhi > 0 or rule.llo > 0) and part[at] ~= LOCKED then
    highs[at], lows[at] = later(hi, lo, rule.lhi, rule.llo)
    part[at] = LOCKED
  end
end

-- The buckets of each hash: its fields follow one another.
local hashes = #KEYS - 3
local last_of = { [0] = 0 }
for hash = 1, hashes do
  local first, last = last_of[hash - 1] + 1, unpack_at('<I2', ARGV[4], hash * 2 - 1)
  local values = redis.call('HMGET', KEYS[3 + hash], unpack(ARGV, 4 + first, 4 + last))
  for at = first, last do read(at, values[at - first + 1]) end
  last_of[hash] = last
end

local replies, changed, removed = {}, {}, {}

-- Brings a rolled bucket to now for the last time under its numbers, makes it new, or removes it if it is as good as new.
local function keep_up(at, rule, flags, hi, lo)
  packed[at] = nil
  if not known[at] then return end
  if flags == 16 then
    removed[at] = not holdings[at] or nil
    changed[at] = holdings[at] and true
    lows[at], highs[at], part[at], refused[at], highest[at] = 0, 0, 0, 0, used[at]
    return
  end
  if part[at] == LOCKED then return end
  local is_past = hi < highs[at] or hi == highs[at] and lo < lows[at]
  if flags == 8 then
    removed[at] = used[at] == 0 or nil
  elseif rule.kind == TOKENS and not is_past then
    highs[at], lows[at], part[at] = hi, lo, 0
    changed[at] = true
  end
end

-- What a request charges, each part by the number of the charge.
local rule_of, field_of, units_of, is_held, admits = {}, {}, {}, {}, {}

-- How many units of a charge are counted, if any are, and whether the bucket changes.
local function counted(each, at, rule, is_refused)
  if is_refused then
    local counts = rule.counts_refused and rule.kind ~= SLOTS and part[at] ~= LOCKED
    local room = rule.capacity - used[at]
    return counts and room > 0 and min(units_of[each], room), counts or not admits[each]
  end
  local counts = admits[each] and not is_held[each]
  return counts and units_of[each], counts or not admits[each]
end

-- Settles the charges of a request, all of them or none, and adds its buckets to the answer.
local function settle(count, is_refused, peeks, hi, lo)
  local said = #replies - 1
  for each = 1, count do
    local at, rule, fits = field_of[each], rule_of[each], admits[each]
    local units, changes = counted(each, at, rule, is_refused)
    if units then
      local level = used[at]
      if level == 0 then highs[at], lows[at], part[at] = hi, lo, 0 end
      level = min(level + units, LOCKED)
      used[at] = level
      if level > highest[at] then highest[at] = level end
    end
    if not fits then refuse(at, rule, hi, lo) end
    local value = pack('<I4I4I4I4I4I4', lows[at], highs[at], used[at], part[at], refused[at], highest[at])
    said = said + 2
    replies[said], replies[said + 1] = fits and '\1' or '\0', value
    if not peeks then
      packed[at] = value
      changed[at] = changed[at] or changes
      if units and rule.kind == SLOTS then hold(at, units) end
    end
  end
end

local function parts_of(at)
  return { lows[at], highs[at], used[at], part[at], refused[at], highest[at] }
end

local at, requests = 1, ARGV[3]
while at <= #requests do
  local lo, hi, flags, count
  lo, hi, flags, count, at = unpack_at('<I4I4BB', requests, at)
  local is_refused, peeks = flags % 2 == 1, flags == 2 or flags == 3
  local before = peeks and {}
  for each = 1, count do
    local rule, field, units, held
    rule, field, units, held, at = unpack_at('<I2I2I4B', requests, at)
    rule, held = rules[rule], held == 1
    if peeks then before[each] = parts_of(field) end
    roll(field, rule, hi, lo)
    if flags >= 4 then keep_up(field, rule, flags, hi, lo) end
    local fits = held or part[field] ~= LOCKED and used[field] + units <= rule.capacity
    is_refused = is_refused or rule.enforces and not fits
    rule_of[each], field_of[each], units_of[each], is_held[each], admits[each] = rule, field, units, held, fits
  end
  replies[#replies + 1] = is_refused and '\1' or '\0'
  if flags < 4 then settle(count, is_refused, peeks, hi, lo) end
  if peeks then
    for each = count, 1, -1 do
      local field = field_of[each]
      lows[field], highs[field], used[field], part[field], refused[field], highest[field] = unpack(before[each])
    end
  end
end

-- Removes the least used of a few buckets. A field that begins with a zero is none.
local function make_room(key)
  local spare = #ARGV - 3
  local least, least_used
  for _, field in ipairs(redis.call('HRANDFIELD', key, LOOKED_AT)) do
    holdings[spare] = nil
    read(spare, redis.call('HGET', key, field))
    local level = part[spare] == LOCKED and LOCKED or used[spare]
    if string.byte(field) ~= 0 and not holdings[spare] and (not least or level < least_used) then
      least, least_used = field, level
    end
  end
  if least then redis.call('HDEL', key, least) end
end

-- Adds the key of a hash to their set, and makes room in one that is full, before it has a new bucket.
local function prepare(key)
  local size = redis.call('HLEN', key)
  if size == 0 and not in_cluster then redis.call('SADD', KEYS[3], key) end
  if size >= MOST then make_room(key) end
end

-- Writes what has changed in each hash in one command.
for hash = 1, hashes do
  local key, pairs_of, size = KEYS[3 + hash], {}, 0
  for at = last_of[hash - 1] + 1, last_of[hash] do
    if removed[at] then redis.call('HDEL', key, ARGV[4 + at]) end
    if changed[at] then
      if not known[at] then prepare(key) end
      pairs_of[size + 1], pairs_of[size + 2] = ARGV[4 + at], written(at)
      size = size + 2
    end
  end
  for at = 1, size, AT_ONCE do
    redis.call('HSET', key, unpack(pairs_of, at, min(at + AT_ONCE - 1, size)))
  end
  if size > 0 then redis.call('EXPIRE', key, UNUSED) end
end

local answer = table.concat(replies)
if me > 0 then redis.call('HSET', KEYS[2], '\0last ' .. me, sequence .. ' ' .. answer) end
if me > 0 and in_cluster then
  if takes_slots then redis.call('HSET', KEYS[1], '\0lease ' .. me, store_millis() + lease) end
  redis.call('EXPIRE', KEYS[1], UNUSED)
end
return answer
