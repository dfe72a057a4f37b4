-- limits: seconds=20 memory=100000000 | ends: 1 not enough memory
local s = "xxxxxxxxxx"
while true do s = s:gsub("x", "xxxxxxxxxx") end
