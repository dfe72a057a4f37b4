-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local metatable = {}
metatable.__gc = function(object) kept = setmetatable(object, metatable) end
setmetatable({}, metatable)
while true do kept = nil collectgarbage() end
