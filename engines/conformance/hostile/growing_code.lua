-- limits: seconds=20 memory=100000000 slow=1 | ends: 1 not enough memory
local t = {}
for i = 1, math.huge do t[i] = load("local a = " .. i .. " return function(x) return x + a end") end
