-- t.name and t[name] are the same field.
local t, names = {}, { "alpha", "beta", "gamma" }
for i, name in ipairs(names) do t[name] = i end
print(t.alpha, t.beta, t.gamma)
t.alpha = 10
t["be" .. "ta"] = 20
local sum = 0
for _ = 1, 20 do for _, name in ipairs(names) do sum = sum + t[name] end end
print(sum, t.alpha, t.beta)
local key = "gamma"
t[key], key = "changed", "alpha"
print(t.gamma, t[key])
