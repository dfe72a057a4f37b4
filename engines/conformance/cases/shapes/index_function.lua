-- __index as a function computes, caches with rawset, and is called only for absent fields.
local calls = 0
local squares = setmetatable({}, { __index = function(t, k)
  calls = calls + 1
  local v = k * k
  rawset(t, k, v)
  return v
end })
local sum = 0
for round = 1, 5 do for i = 1, 10 do sum = sum + squares[i] end end
print(sum, calls)
local defaults = setmetatable({ a = 1 }, { __index = function(_, k) return "<" .. k .. ">" end })
print(defaults.a, defaults.b, defaults["c d"])
defaults.b = false
print(defaults.b)
