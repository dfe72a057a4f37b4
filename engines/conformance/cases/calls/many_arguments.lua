-- Calls with more arguments than parameters and the other way round, in a loop.
local function f0() return 0 end
local function f3(a, b, c) return (a or 0) + (b or 0) + (c or 0) end
local function f6(a, b, c, d, e, f) return a, b, c, d, e, f end
local sum = 0
for i = 1, 100 do sum = sum + f0(i, i, i) + f3(i) + f3(i, i) + f3(i, i, i, i, i) end
print(sum, f6(1, 2, 3))
print(f6(f6(1, 2, 3, 4, 5, 6, 7)))
print(f3(f3(1, 2, 3), f3(1), f3()))
