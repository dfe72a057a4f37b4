-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local endless = setmetatable({}, {__index = function() return "" end, __len = function() return math.maxinteger end})
table.concat(endless)
