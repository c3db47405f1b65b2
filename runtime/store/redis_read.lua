-- Reads records of a stream in order. KEYS: prefix. ARGV: stream, first sequence, records wanted, bytes wanted (one record more
-- at most). Answer: the records as they are stored.

local path, from, limit, bytes = KEYS[1] .. 'stream:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if tonumber(redis.call('HGET', KEYS[1] .. 'bytes', ARGV[1]) or '0') <= bytes then
  return redis.call('LRANGE', path, from - 1, from + limit - 2)
end
local found = {}
while #found < limit and bytes > 0 do
  local record = redis.call('LINDEX', path, from - 1 + #found)
  if not record then break end
  found[#found + 1] = record
  bytes = bytes - #record
end
return found
