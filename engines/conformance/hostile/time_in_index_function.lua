-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local t = setmetatable({}, {__index = function(t, k) while true do end end})
print(t.x)
