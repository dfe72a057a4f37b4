-- limits: seconds=20 memory=100000000 slow=1 | ends: 1 not enough memory
local t = {}
for i = 1, math.huge do t[i * 1.5] = true end
