-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local subject = ("x"):rep(1000000)
for word in subject:gmatch(("x*"):rep(20) .. "y") do print(word) end
