-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local endless = setmetatable({}, {__len = function() return math.maxinteger - 1 end})
table.insert(endless, 1, "x")
