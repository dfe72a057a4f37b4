-- __eq is tried for two tables that are not the same one, with either operand's metamethod.
local calls = 0
local mt = { __eq = function(a, b) calls = calls + 1 return a.id == b.id end }
local a, b, c = setmetatable({ id = 1 }, mt), setmetatable({ id = 1 }, mt), setmetatable({ id = 2 }, mt)
local plain = { id = 1 }
print(a == b, a ~= b, a == c, a == a, a == plain, plain == a, calls)
print(a == 1, a == "x", a == nil, 1 == a, calls)
print(rawequal(a, b), calls)
local other = setmetatable({ id = 1 }, { __eq = function() return false end })
print(a == other, other == a)
local t = { [a] = "by identity" }
print(t[a], t[b])
local n = 0
for i = 1, 40 do if a == (i % 2 == 0 and b or c) then n = n + 1 end end
print(n)
