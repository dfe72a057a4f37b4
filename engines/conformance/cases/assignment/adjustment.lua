-- Too few values are filled with nil, too many are dropped, and extra expressions are still evaluated.
local function f(...) return ... end
local a, b, c = 1
print(a, b, c)
a, b = 1, 2, error and "dropped"
print(a, b)
a, b, c = f(1, 2)
print(a, b, c)
a, b, c = 0, f(1, 2, 3)
print(a, b, c)
a, b, c = f(1, 2), 10
print(a, b, c)
a, b, c = (f(1, 2))
print(a, b, c)
local log = {}
local function mark(v) log[#log + 1] = v return v end
a = mark(1), mark(2), mark(3)
print(a, #log)
local d, e = f()
print(d, e)
