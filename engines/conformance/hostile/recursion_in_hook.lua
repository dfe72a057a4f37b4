-- limits: seconds=30 memory=200000000 | ends: 0
-- A hook is not called inside itself.
local calls = 0
local function hook() calls = calls + 1 for i = 1, 10 do math.abs(i) end end
debug.sethook(hook, "crl", 1)
for i = 1, 100 do math.abs(i) end
debug.sethook()
assert(calls > 100)
