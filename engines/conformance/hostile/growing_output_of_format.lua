-- limits: seconds=20 memory=100000000 | ends: 1 not enough memory
local s = ("x"):rep(1000)
while true do s = ("%s%s%s"):format(s, s, s) end
