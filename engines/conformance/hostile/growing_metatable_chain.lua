-- limits: seconds=20 memory=100000000 slow=1 | ends: 1 not enough memory
local t = {}
while true do t = setmetatable({}, {__index = t}) end
