-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local metatable = {}
metatable.__close = function() local again <close> = setmetatable({}, {__close = function() while true do end end}) end
local x <close> = setmetatable({}, metatable)
