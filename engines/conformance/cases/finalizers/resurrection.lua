-- A finaliser sees the whole object and may keep it; it is not called again unless it is asked for again.
local kept
local metatable = {}
metatable.__gc = function(o)
  print("finalised", o.name, o.inner.name, getmetatable(o) == metatable)
  kept = o
end
setmetatable({ name = "object", inner = { name = "inner" } }, metatable)
collectgarbage()
print(kept.name, kept.inner.name)
kept = nil
collectgarbage()
print("not again", kept)
local count = 0
metatable.__gc = function(o)
  count = count + 1
  if count < 3 then setmetatable(o, metatable) end
end
setmetatable({}, metatable)
for _ = 1, 5 do collectgarbage() end
print(count)
-- Weak values forget the object before its finaliser runs, weak keys afterwards.
local values, keys = setmetatable({}, { __mode = "v" }), setmetatable({}, { __mode = "k" })
local both = setmetatable({}, { __mode = "kv" })
do
  local o = setmetatable({}, { __gc = function(o) print(values[1], keys[o], both[o], both[1]) end })
  values[1], keys[o], both[o], both[1] = o, "by weak key", "by both", o
end
collectgarbage()
print(next(values), next(keys) ~= nil, next(both) ~= nil)
collectgarbage()
print(next(values), next(keys), next(both))
-- What a finaliser puts into an ephemeron lives as long as its key.
local anchor = {}
local ephemerons = setmetatable({}, { __mode = "k" })
do
  local o = setmetatable({ 7 }, { __gc = function(o) ephemerons[anchor] = o end })
end
collectgarbage()
collectgarbage()
print(ephemerons[anchor][1])
