-- Carries out a group of writes in order, each of them whole or not at all, and remembers what became of the last group of a
-- client: one that lost the answer sends the group again and gets the same. A group that a later one overtook takes no effect.
--
-- KEYS: prefix. ARGV: identity of the store, session of the client, number of the group, time in microseconds ('' for the
-- server's), '1' when the group only frees memory, number of items; then of each item: how many arguments follow, its kind, its
-- arguments.
-- Answer: {'done', result...} with results {''...} or {code, message, milliseconds}; {'superseded'}; {'foreign'}.
--
-- Keys: identity, schema, tokens (counter); usage: collection -> bytes; bytes: stream -> bytes; stream:<name>: list of 16 digits
-- of microseconds and a body; document:<collection>/<key>: hash; keys:<collection>: documents in key order; times:<collection>:
-- the same by time; index:<collection>/<attribute>: keys of the documents that have it; lease:<name>; session:<id>.

local prefix = KEYS[1]
local identity, session, number = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now, frees, count = tonumber(ARGV[4]), ARGV[5] == '1', tonumber(ARGV[6])
local at = 6

local last_sequence = 268435455
local session_milliseconds = 600000
local day_milliseconds = 86400000
-- What unpack() takes without running out of Lua's stack.
local chunk = 1000

local function take()
  at = at + 1
  return ARGV[at]
end

local function digits(value) return string.format('%.0f', value) end

local function refuse(code, message, milliseconds) error({code, message, milliseconds or '0'}) end

if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- Documents -------------------------------------------------------------------------------------------------------------

-- The encoded attributes "<length>:<name><length>:<value>..." as a set of pairs.
local function pairs_in(encoded)
  local found, first = {}, 1
  while first <= #encoded do
    local last = first - 1
    for _ = 1, 2 do
      local colon = string.find(encoded, ':', last + 1, true)
      last = colon + tonumber(string.sub(encoded, last + 1, colon - 1))
    end
    found[string.sub(encoded, first, last)] = true
    first = last + 1
  end
  return found
end

local function add_usage(collection, bytes)
  if bytes ~= 0 then redis.call('HINCRBY', prefix .. 'usage', collection, digits(bytes)) end
end

local function load_document(collection, key)
  local path = prefix .. 'document:' .. collection .. '/' .. key
  local stored = redis.call('HMGET', path, 'revision', 'attributes')
  local revision = tonumber(stored[1] or '0')
  return {
    collection = collection, key = key, path = path, revision = revision, before = stored[2] or '', attributes = stored[2] or '',
    size = revision > 0 and redis.call('HSTRLEN', path, 'body') or 0
  }
end

local function index_of(document, pair) return prefix .. 'index:' .. document.collection .. '/' .. pair end

local function reindex(document, after)
  if document.before == after then return end
  local old, new = pairs_in(document.before), pairs_in(after)
  for pair in pairs(old) do
    if not new[pair] then redis.call('ZREM', index_of(document, pair), document.key) end
  end
  for pair in pairs(new) do
    if not old[pair] then redis.call('ZADD', index_of(document, pair), 0, document.key) end
  end
end

local function remove_document(document)
  redis.call('UNLINK', document.path)
  redis.call('ZREM', prefix .. 'keys:' .. document.collection, document.key)
  redis.call('ZREM', prefix .. 'times:' .. document.collection, document.key)
  reindex(document, '')
  add_usage(document.collection, -document.size)
end

local function write_document(document)
  if not document.changed then return end
  if document.revision == 0 then return remove_document(document) end
  redis.call('HSET', document.path, 'revision', digits(document.revision), 'updated_at', digits(document.updated_at),
             'attributes', document.attributes, 'body', document.body)
  redis.call('ZADD', prefix .. 'keys:' .. document.collection, 0, document.key)
  redis.call('ZADD', prefix .. 'times:' .. document.collection, digits(document.updated_at), document.key)
  reindex(document, document.attributes)
  add_usage(document.collection, #document.body - document.size)
end

-- Streams ---------------------------------------------------------------------------------------------------------------

local function collection_of(stream) return string.match(stream, '^([^/]*)') end

local function load_stream(name)
  local path = prefix .. 'stream:' .. name
  local length = redis.call('LLEN', path)
  return {name = name, path = path, length = length, kept = length, added = {}, bytes = 0}
end

-- Its bytes.
local function remove_stream(stream)
  if stream.length == 0 then return 0 end
  local bytes = tonumber(redis.call('HGET', prefix .. 'bytes', stream.name) or '0')
  redis.call('UNLINK', stream.path)
  redis.call('HDEL', prefix .. 'bytes', stream.name)
  add_usage(collection_of(stream.name), -bytes)
  return bytes
end

local function write_stream(stream)
  if stream.kept < stream.length then remove_stream(stream) end
  for first = 1, #stream.added, chunk do
    redis.call('RPUSH', stream.path, unpack(stream.added, first, math.min(first + chunk - 1, #stream.added)))
  end
  if #stream.added > 0 then redis.call('HINCRBY', prefix .. 'bytes', stream.name, digits(stream.bytes)) end
  add_usage(collection_of(stream.name), stream.bytes)
end

local function record_at(stream, sequence)
  if sequence > stream.kept then return stream.added[sequence - stream.kept] end
  return redis.call('LINDEX', stream.path, sequence - 1)
end

-- Batches: first everything is checked against what the operations before did, then written ---------------------------------

local function plan_append(stream)
  local lease, token, expected, time, bodies = take(), take(), tonumber(take()), take(), tonumber(take())
  local first = at + 1
  at = at + bodies
  if lease ~= '' and redis.call('HGET', prefix .. 'lease:' .. lease, 'token') ~= token then
    refuse('conflict', "stream '" .. stream.name .. "': token " .. token .. " of lease '" .. lease .. "' is stale")
  end
  local next = stream.kept + #stream.added + 1
  if expected and expected ~= next then
    local same = bodies > 0 and expected + bodies <= next
    for i = 0, bodies - 1 do
      same = same and string.sub(record_at(stream, expected + i), 17) == ARGV[first + i]
    end
    if same then return end
    refuse('conflict', "stream '" .. stream.name .. "': the next sequence is " .. digits(next) .. ', not ' .. digits(expected))
  end
  if next + bodies - 1 > last_sequence then
    refuse('too_large', "stream '" .. stream.name .. "' is full: it holds " .. digits(last_sequence) .. ' records at most')
  end
  local stamp = string.format('%016.0f', tonumber(time) or now)
  for i = 0, bodies - 1 do
    local body = ARGV[first + i]
    stream.added[#stream.added + 1] = stamp .. body
    stream.bytes = stream.bytes + #body
  end
end

local function plan_put(document)
  local expected, attributes, revision, time, body = tonumber(take()), take(), tonumber(take()), tonumber(take()), take()
  if expected and expected ~= document.revision then
    local same = expected + 1 == document.revision and document.attributes == attributes
    if same and (document.body or redis.call('HGET', document.path, 'body')) == body then return end
    refuse('conflict', "document '" .. document.collection .. '/' .. document.key .. "': the revision is " ..
           digits(document.revision) .. ', not ' .. digits(expected))
  end
  document.changed = true
  document.revision = revision or document.revision + 1
  document.updated_at = time or now
  document.attributes = attributes
  document.body = body
end

local function commit()
  local streams, stream_order, documents, document_order = {}, {}, {}, {}
  local function stream_named(name)
    if not streams[name] then
      streams[name] = load_stream(name)
      stream_order[#stream_order + 1] = streams[name]
    end
    return streams[name]
  end
  local function document_named(collection, key)
    local name = collection .. '/' .. key
    if not documents[name] then
      documents[name] = load_document(collection, key)
      document_order[#document_order + 1] = documents[name]
    end
    return documents[name]
  end
  local operations = {
    append = function() plan_append(stream_named(take())) end,
    put = function()
      local collection = take()
      plan_put(document_named(collection, take()))
    end,
    erase = function()
      local collection = take()
      local document = document_named(collection, take())
      document.changed, document.revision, document.attributes, document.body = true, 0, '', nil
    end,
    drop = function()
      local stream = stream_named(take())
      stream.kept, stream.added, stream.bytes = 0, {}, 0
    end
  }
  for _ = 1, tonumber(take()) do operations[take()]() end
  for _, stream in ipairs(stream_order) do write_stream(stream) end
  for _, document in ipairs(document_order) do write_document(document) end
  return {''}
end

-- Leases ----------------------------------------------------------------------------------------------------------------

local function set_lease(path, holder, token, ttl)
  local expires = digits(now + ttl * 1000)
  redis.call('HSET', path, 'holder', holder, 'token', token, 'expires', expires)
  -- Holders that vanished leave their leases behind.
  redis.call('PEXPIRE', path, digits(ttl + day_milliseconds))
  return {'', token, expires, holder}
end

local function acquire()
  local name, holder, ttl = take(), take(), tonumber(take())
  local path = prefix .. 'lease:' .. name
  local held = redis.call('HMGET', path, 'holder', 'expires')
  if held[1] and held[1] ~= holder and tonumber(held[2]) > now then
    refuse('conflict', "lease '" .. name .. "' is held by '" .. held[1] .. "'",
           digits(math.ceil((tonumber(held[2]) - now) / 1000)))
  end
  return set_lease(path, holder, digits(redis.call('INCR', prefix .. 'tokens')), ttl)
end

local function renew()
  local name, token, ttl = take(), take(), tonumber(take())
  local path = prefix .. 'lease:' .. name
  local held = redis.call('HMGET', path, 'holder', 'token')
  if held[2] ~= token then refuse('conflict', 'token ' .. token .. " of lease '" .. name .. "' is stale") end
  return set_lease(path, held[1], token, ttl)
end

local function release()
  local path = prefix .. 'lease:' .. take()
  if redis.call('HGET', path, 'token') == take() then redis.call('UNLINK', path) end
  return {''}
end

-- Copies: a store is unusable from the first to the last step ----------------------------------------------------------------

local function begin_copy()
  redis.call('SET', prefix .. 'schema', 'copying')
  return {''}
end

local function end_copy()
  local schema, token = take(), take()
  if tonumber(redis.call('GET', prefix .. 'tokens') or '0') < tonumber(token) then
    redis.call('SET', prefix .. 'tokens', token)
  end
  redis.call('SET', prefix .. 'schema', schema)
  return {''}
end

-- Retention -------------------------------------------------------------------------------------------------------------

local function prune()
  local collection, older_than, max_bytes, limit = take(), tonumber(take()), tonumber(take()), tonumber(take())
  local keep = {}
  for i = 1, tonumber(take()) do keep[i] = prefix .. 'index:' .. collection .. '/' .. take() end
  local usage = tonumber(redis.call('HGET', prefix .. 'usage', collection) or '0')
  local documents, records, bytes = 0, 0, 0
  local function report(more) return {'', digits(documents), digits(records), digits(bytes), more} end
  local function kept(key)
    for _, index in ipairs(keep) do
      if redis.call('ZSCORE', index, key) then return true end
    end
  end
  local times, first = prefix .. 'times:' .. collection, 0
  while true do
    local oldest = redis.call('ZRANGE', times, first, first + chunk - 1, 'WITHSCORES')
    for i = 1, #oldest, 2 do
      local key = oldest[i]
      if kept(key) then
        first = first + 1
      else
        local seconds = math.floor((now - tonumber(oldest[i + 1])) / 1000000)
        if not (older_than and seconds >= older_than) and not (max_bytes and usage > max_bytes) then return report('0') end
        if documents == limit then return report('1') end
        local document, stream = load_document(collection, key), load_stream(collection .. '/' .. key)
        remove_document(document)
        local freed = document.size + remove_stream(stream)
        usage = usage - freed
        documents, records, bytes = documents + 1, records + stream.length, bytes + freed
      end
    end
    if #oldest < 2 * chunk then return report('0') end
  end
end

-- The group -------------------------------------------------------------------------------------------------------------

if redis.call('GET', prefix .. 'identity') ~= identity then return {'foreign'} end

local place = prefix .. 'session:' .. session
local remembered = redis.call('HMGET', place, 'last', 'answer')
local last = tonumber(remembered[1] or '0')
if last > number then return {'superseded'} end
if last == number then return cmsgpack.unpack(remembered[2]) end
-- What Redis refuses (memory, disk, a replica) it refuses at the first write of a script, so before anything is done. Freeing
-- memory must be possible when there is none.
local allowed = redis.pcall('HSET', place, 'last', ARGV[3])
if type(allowed) == 'table' and allowed.err and not (frees and string.find(allowed.err, 'OOM', 1, true)) then return allowed end

local kinds = {
  commit = commit, acquire = acquire, renew = renew, release = release, prune = prune, begin_copy = begin_copy,
  end_copy = end_copy
}
local answer = {'done'}
for item = 1, count do
  local arguments = tonumber(take())
  local behind = at + arguments
  local good, result = pcall(kinds[take()])
  if not good and type(result) ~= 'table' then
    result = {'corrupt', tostring(result)}
  elseif not good and result.err then
    result = {'corrupt', result.err}
  end
  answer[item + 1] = result
  at = behind
end
redis.pcall('HSET', place, 'last', ARGV[3], 'answer', cmsgpack.pack(answer))
redis.pcall('PEXPIRE', place, session_milliseconds)
return answer
