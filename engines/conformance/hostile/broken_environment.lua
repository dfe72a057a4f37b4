-- limits: seconds=10 memory=100000000 | ends: 0
-- Nothing in the runtime relies on what the program can change.
local assert, pcall, collectgarbage, pairs = assert, pcall, collectgarbage, pairs
debug.setmetatable(nil, {__index = function() return nil end})
debug.setmetatable(1, {__index = function(n, k) return k end, __call = function() return 1 end})
local x
assert(x.y == nil and (1).foo == "foo" and (1)() == 1)
debug.setmetatable(nil, nil)
getmetatable("").__index = nil
assert(not pcall(function() return ("x").len end))
getmetatable("").__name = {}
for k in pairs(_G) do if k ~= "_G" then _G[k] = nil end end
collectgarbage()
assert(not pcall(function() return print("x") end))
