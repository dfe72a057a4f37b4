-- limits: seconds=60 address-space=4194304 slow=1 | ends: 0
local s = "x"
local ok, message = pcall(function() while true do s = s .. s end end)
assert(not ok and (message == "not enough memory" or message:find("string length overflow", 1, true)), message)
s = nil
collectgarbage()
assert(#("x"):rep(100000000) == 100000000)
