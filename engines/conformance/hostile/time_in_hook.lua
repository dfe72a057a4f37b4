-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
debug.sethook(function() while true do end end, "l")
local x = 1
while true do x = x + 1 end
