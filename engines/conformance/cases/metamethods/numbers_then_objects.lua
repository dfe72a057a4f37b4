-- The same operator sees integers, floats, strings and objects in turn.
local V = {}
V.__index = V
V.__add = function(a, b) return setmetatable({ x = (type(a) == "table" and a.x or a) + (type(b) == "table" and b.x or b) }, V) end
V.__lt = function(a, b) return a.x < b.x end
local function add(a, b) return a + b end
local values = { 1, 2.5, "3", setmetatable({ x = 10 }, V) }
local out = {}
for i = 1, 40 do
  local a, b = values[i % 4 + 1], values[(i // 4) % 4 + 1]
  local r = add(a, b)
  out[#out + 1] = type(r) == "table" and "V" .. r.x or tostring(r)
end
print(table.concat(out, " "))
