-- limits: seconds=30 memory=20000000 | ends: 1 not enough memory
local s, piece = "", ("x"):rep(10000)
while true do s = s .. piece end
