-- limits: seconds=30 memory=200000000 | ends: 0
-- 200,000 calls inside each other, in the main program and in a coroutine.
local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end
local n = 199900
assert(f(n) == n)
assert(coroutine.wrap(function() return f(n) end)() == n)
assert(coroutine.wrap(function() return coroutine.wrap(function() return f(n) end)() end)() == n)
