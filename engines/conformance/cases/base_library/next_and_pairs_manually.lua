-- next used by hand, from any key on.
local t = { "a", "b", "c" }
print(next(t), next(t, 1), next(t, 2), next(t, 3))
local iterate, state, first = pairs(t)
print(iterate == next, state == t, first)
local k, v = iterate(state, first)
print(k, v)
local f, s, zero = ipairs(t)
print(s == t, zero, f(s, 0), f(s, 3))
print(pcall(next, {}, {}))
print(pcall(next, 5))
local empty = true
for _ in pairs {} do empty = false end
print(empty)
