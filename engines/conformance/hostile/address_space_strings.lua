-- limits: seconds=60 address-space=4194304 slow=1 | ends: 1 not enough memory
local t = {}
while true do t[#t + 1] = ("x"):rep(1000000) .. #t end
