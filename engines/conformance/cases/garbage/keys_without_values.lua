-- A key that has lost its value keeps nothing alive, and a traversal can stand on it all the same.
local collected = 0
local metatable = {__gc = function() collected = collected + 1 end}
local t = {}
for i = 1, 10 do t[setmetatable({}, metatable)] = i end
for key in pairs(t) do t[key] = nil end
collectgarbage()
collectgarbage()
print(collected, next(t))

-- While a traversal deletes what it sees, each step may collect.
local seen = 0
for i = 1, 20 do t[setmetatable({}, metatable)] = i end
for key, value in pairs(t) do
  t[key] = nil
  collectgarbage()
  seen = seen + 1
end
collectgarbage()
print(seen, next(t), collected >= 29)

-- Long strings, too.
local before = collectgarbage("count")
t[("x"):rep(1 << 20)] = true
t[("x"):rep(1 << 20)] = nil
collectgarbage()
collectgarbage()
print(collectgarbage("count") - before < 500)
t.x = 1
print(next(t))
