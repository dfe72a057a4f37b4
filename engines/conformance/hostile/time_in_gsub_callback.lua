-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local s = ("x"):rep(10)
while true do pcall(string.gsub, s, "x", function() while true do end end) end
