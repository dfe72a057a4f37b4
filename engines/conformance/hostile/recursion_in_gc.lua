-- limits: seconds=30 memory=200000000 | ends: 0
-- A finaliser that makes work for itself is not called inside itself.
local depth, deepest = 0, 0
local metatable = {}
metatable.__gc = function()
  depth = depth + 1
  deepest = math.max(deepest, depth)
  setmetatable({}, metatable)
  collectgarbage()
  depth = depth - 1
end
for i = 1, 100 do
  setmetatable({}, metatable)
  collectgarbage()
end
assert(deepest == 1, deepest)
