-- limits: seconds=20 memory=100000000 | ends: 1 not enough memory
local t = {}
for i = 1, math.huge do t[i] = i + 0.5 end
