-- Metamethods and iterators that allocate.
local mt = {}
mt.__add = function(a, b) return setmetatable({ v = a.v + b.v, junk = { {} } }, mt) end
mt.__index = function(t, k) return { key = k .. "!" } end
mt.__concat = function(a, b) return setmetatable({ v = a.v * b.v }, mt) end
mt.__eq = function(a, b) local junk = { a, b } return junk[1].v == junk[2].v end
local function new(v) return setmetatable({ v = v }, mt) end
local sum = new(0)
for i = 1, 100 do sum = sum + new(i) end
print(sum.v, sum.absent.key, new(3) == new(3), (new(2) .. new(3) .. new(4)).v)
local function each(n) local i = 0 return function() i = i + 1 if i <= n then return { i }, tostring(i) .. "s" end end end
local length = 0
for t, s in each(100) do length = length + #s + t[1] end
print(length)
local sorted = {}
for i = 1, 40 do sorted[i] = { key = (i * 7) % 41 } end
table.sort(sorted, function(a, b) local junk = { a.key, b.key } return junk[1] < junk[2] end)
print(sorted[1].key, sorted[40].key)
