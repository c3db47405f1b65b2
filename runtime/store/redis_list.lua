-- Lists documents of a collection in the order of their keys, bytewise.
--
-- KEYS: prefix. ARGV: collection, key to go on behind ('' for the start), '1' for descending, documents wanted, bytes wanted,
-- keys to look at, then encoded attributes "<length>:<name><length>:<value>" that a document must have.
-- Answer: {state, cursor, key, revision, updated_at, attributes, body, ...}; the state is 'end', 'more' when there is another
-- document, 'continue' when so many keys were looked at: the rest is to be asked for behind the cursor. Or {'corrupt', what}.

local prefix, collection, after = KEYS[1], ARGV[1], ARGV[2]
local descending, documents, bytes, most = ARGV[3] == '1', tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

-- The smallest index is walked, the others are asked for each of its keys.
local walked, others = prefix .. 'keys:' .. collection, {}
for i = 7, #ARGV do others[i - 6] = prefix .. 'index:' .. collection .. '/' .. ARGV[i] end
if #others > 0 then
  local smallest, size = 1, math.huge
  for i, index in ipairs(others) do
    local members = redis.call('ZCARD', index)
    if members < size then smallest, size = i, members end
  end
  walked = table.remove(others, smallest)
end

local function matches(key)
  for _, index in ipairs(others) do
    if not redis.call('ZSCORE', index, key) then return false end
  end
  return true
end

local step = 256
local found, examined, cursor = {}, 0, after
local function answer(state)
  table.insert(found, 1, state)
  table.insert(found, 2, cursor)
  return found
end

while true do
  local keys
  if descending then
    keys = redis.call('ZREVRANGEBYLEX', walked, cursor == '' and '+' or '(' .. cursor, '-', 'LIMIT', 0, step)
  else
    keys = redis.call('ZRANGEBYLEX', walked, cursor == '' and '-' or '(' .. cursor, '+', 'LIMIT', 0, step)
  end
  for _, key in ipairs(keys) do
    if matches(key) then
      if documents == 0 or bytes <= 0 then return answer('more') end
      local fields = redis.call('HMGET', prefix .. 'document:' .. collection .. '/' .. key, 'revision', 'updated_at',
                                'attributes', 'body')
      if not fields[4] then return {'corrupt', "the document '" .. collection .. '/' .. key .. "' is missing"} end
      found[#found + 1] = key
      for i = 1, 4 do found[#found + 1] = fields[i] end
      documents, bytes = documents - 1, bytes - #fields[4]
    end
    cursor = key
  end
  examined = examined + #keys
  if #keys < step then return answer('end') end
  if examined >= most then return answer('continue') end
end
