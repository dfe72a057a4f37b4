-- A closure equals itself; two closures with different upvalues do not.
local function make(x) return function() return x end end
local a, b = make(1), make(2)
print(a == a, a == b, a() == b(), rawequal(a, a))
local t = { [a] = "a", [b] = "b" }
print(t[a], t[b])
