-- Missing parameters are nil, extra ones are dropped or go to `...`.
local function f(a, b, ...) return a, b, select("#", ...), ... end
print(f())
print(f(1))
print(f(1, 2))
print(f(1, 2, 3))
print(f(1, 2, nil, nil))
local function g(a, b) return b, a end
print(g(1, 2, 3, 4))
print(g(1))
local function h(...) local x <const> = ... return function() return x end end
print(h("captured", "other")())
for i = 0, 6 do io.write(select("#", f(table.unpack({ 1, 2, 3, 4, 5, 6 }, 1, i))), " ") end
print()
