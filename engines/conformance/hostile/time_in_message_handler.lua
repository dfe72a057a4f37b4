-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
xpcall(error, function() while true do end end, "x")
