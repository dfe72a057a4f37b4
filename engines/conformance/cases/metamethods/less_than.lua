-- __lt and __le serve all four comparisons; there is no swap of __lt for __le.
local mt = {}
mt.__lt = function(a, b) return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b) end
local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
print(a < b, a > b, b < a, b > a, a < 5, 5 < a, a > 0, not (a < b))
print(pcall(function() return a <= b end))
mt.__le = function(x, y) return "le" end
print(a <= b, a >= b, 1 <= a, a >= 1)
print(pcall(function() return a < {} end))
print(pcall(function() return {} < {} end))
print(pcall(function() return {} < 1 end))
print(pcall(function() return nil <= 1 end))
local list = {}
for i, v in ipairs { 5, 3, 9, 1, 7 } do list[i] = setmetatable({ v = v }, mt) end
table.sort(list)
for _, o in ipairs(list) do io.write(o.v, " ") end
print()
