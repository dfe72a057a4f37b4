-- __index and __newindex with integer, float and boolean keys.
local log = {}
local t = setmetatable({ 10, 20 }, {
  __index = function(_, k) return "no " .. tostring(k) end,
  __newindex = function(t, k, v) log[#log + 1] = tostring(k) rawset(t, k, v) end,
})
print(t[1], t[3], t[2.5], t[true], t[-1], t[2.0])
t[3], t[1], t[0], t[2.5] = 30, 11, 0, "half"
print(table.concat(log, " "), #t, t[0], t[2.5])
t[2] = nil
print(t[2])
for i = 1, 6 do t[i] = i end
print(table.concat(log, " "), t[6])
