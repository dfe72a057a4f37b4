-- limits: seconds=10 memory=100000000 | ends: 0
-- The state ends although every finaliser makes another object with one.
local metatable = {}
metatable.__gc = function() setmetatable({}, metatable) end
setmetatable({}, metatable)
