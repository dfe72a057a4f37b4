-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
setmetatable({}, {__gc = function() while true do end end})
collectgarbage()
for i = 1, 10 do end
error("the finaliser was not called, or it was stopped without the program")
