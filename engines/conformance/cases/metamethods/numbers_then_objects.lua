-- The same operator sees integers, floats, strings and objects in turn.
local V = {}
V.__index = V
V.__add = function(a, b) return setmetatable({ x = (a.x or a) + (b.x or b) }, V) end
V.__lt = function(a, b) return a.x < b.x end
local function add(a, b) return a + b end
local values = { 1, 2.5, "3", setmetatable({ x = 10 }, V) }
local out = {}
for i = 1, 40 do
  local a, b = values[i % 4 + 1], values[(i // 4) % 4 + 1]
  if type(a) ~= "string" and type(b) ~= "string" or type(a) == type(b) or type(a) == "number" or type(b) == "number" then
    local r = add(a, b)
    out[#out + 1] = type(r) == "table" and "V" .. r.x or tostring(r)
  end
end
print(table.concat(out, " "))
