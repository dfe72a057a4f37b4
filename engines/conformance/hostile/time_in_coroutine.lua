-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local co = coroutine.create(function() while true do end end)
while true do coroutine.resume(co) end
