-- limits: seconds=0.3 memory=100000000 | ends: 1 lua: 
-- Ends by the stack or by the time, whichever comes first.
local cycle = setmetatable({}, {})
getmetatable(cycle).__call = cycle
cycle()
