-- Two hundred thousand calls deep, in the main program and in a coroutine.
local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end
print(f(200000))
print(coroutine.wrap(f)(200000))
