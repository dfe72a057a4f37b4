-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local f = coroutine.wrap(function() while true do coroutine.yield() end end)
while true do f() end
