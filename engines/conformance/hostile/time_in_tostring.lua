-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
print(setmetatable({}, {__tostring = function() while true do end end}))
