-- Takes back the charges of requests that were refused after all, or whose callers stopped waiting.
--
-- KEYS[1]    hash of buckets
-- ARGV[1..]  field, units, the instant of the charge (8 bytes), and `window` for a fixed window

for at = 1, #ARGV, 4 do
  local value = redis.call('HGET', KEYS[1], ARGV[at])
  if value and #value >= 24 then
    local lo, hi, used, part, refused, highest = struct.unpack('<I4I4I4I4I4I4', value)
    local charged_lo, charged_hi = struct.unpack('<I4I4', ARGV[at + 2])
    local is_later = hi > charged_hi or hi == charged_hi and lo > charged_lo
    -- A lockout has no charge. A window that opened later does not have this one.
    if part ~= 4294967295 and not (ARGV[at + 3] == 'window' and is_later) then
      used = math.max(used - tonumber(ARGV[at + 1]), 0)
      local head = struct.pack('<I4I4I4I4I4I4', lo, hi, used, part, refused, highest)
      redis.call('HSET', KEYS[1], ARGV[at], head .. string.sub(value, 25))
    end
  end
end
