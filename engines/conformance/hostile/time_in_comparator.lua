-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
table.sort({3, 2, 1}, function() while true do end end)
