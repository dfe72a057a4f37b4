-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local endless = setmetatable({}, {__index = function(_, k) return k end})
table.move(endless, 1, math.maxinteger - 1, 1, setmetatable({}, {__newindex = function() end}))
