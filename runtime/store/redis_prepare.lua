-- Makes the store when there is none. KEYS: prefix. ARGV: identity for a new store, schema version. Answer: {version, identity},
-- either of them empty when a store has lost it.

local version, identity = redis.call('GET', KEYS[1] .. 'schema'), redis.call('GET', KEYS[1] .. 'identity')
if not version and not identity then
  version, identity = ARGV[2], ARGV[1]
  redis.call('SETNX', KEYS[1] .. 'identity', identity)
  redis.call('SET', KEYS[1] .. 'schema', version)
end
return {version or '', identity or ''}
