-- limits: seconds=20 memory=100000000 | ends: 1 not enough memory
local s = "x"
while true do s = s .. s end
