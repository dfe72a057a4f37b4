-- next visits an array in order, and each key once.
local t = {}
for i = 1, 50 do t[i] = i end
local previous = 0
for k, v in pairs(t) do
  assert(k == previous + 1 and v == k)
  previous = k
end
print(previous)
local k, v = next(t)
print(k, v, next(t, k))
print(next(t, 50), next({}), next({ nil }), next({ nil, 2 }))
t.name = "n"
local seen = 0
for _ in next, t, nil do seen = seen + 1 end
print(seen)
print(pcall(next, {}, "missing"))
print(pcall(next))
print(rawequal(next, next), type(next))
