-- limits: seconds=30 memory=200000000 | ends: 1 stack overflow
local function f() return 1 + f() end
coroutine.wrap(f)()
