-- limits: seconds=30 memory=60000000 slow=1 | ends: 1 not enough memory
local s, piece = "", ("x"):rep(100000)
while true do s = s .. piece end
