-- One call site calls Lua functions of all kinds, native functions and callable tables.
local up = 100
local functions = {
  function(a, b) return a + b end,
  function(...) return select("#", ...) end,
  function() return up end,
  function(a) up = up + a return up, "extra" end,
  math.max, math.type, select,
  setmetatable({}, { __call = function(self, a, b) return a * b end }),
  setmetatable({}, { __call = math.max and function(_, ...) return (select(2, ...)) end }),
}
local out = {}
for i = 1, 45 do
  local f = functions[i % #functions + 1]
  local r = f(i, i + 1)
  if i > 36 then out[#out + 1] = tostring(r) end
end
print(table.concat(out, " "), up)
local function apply(f, ...) return f(...) end
for _, f in ipairs { tostring, type, math.floor, function(x) return x, x end } do io.write(tostring(apply(f, 2.5)), " ") end
print()
