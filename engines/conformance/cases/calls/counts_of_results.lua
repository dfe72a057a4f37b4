-- Every number of results into every number of places, by every way in which a call can end: where results overlap the
-- places that they go to, more are wanted than there are, or as many as there are.
local function none() end
local function one(a) return a end
local function three(a) return a, a + 1, a + 2 end
local function shifted(a, b, c) local d, e = 1, 2 return c, b, a, d, e end
local function extra(...) return ... end
local function extra_behind(a, ...) return ..., a end
local function tail(...) return extra(...) end
local function tail_fixed(a, b) return three(a + b) end
local function tail_library(a, b, c) return math.max(a, b, c) end
local functions = { none, one, three, shifted, extra, extra_behind, tail, tail_fixed, tail_library }
local function show(...)
  local texts = { select("#", ...) .. ":" }
  for i = 1, select("#", ...) do texts[#texts + 1] = tostring((select(i, ...))) end
  return table.concat(texts, " ")
end
for number, f in ipairs(functions) do
  f(1, 2, 3)
  local a = f(1, 2, 3)
  local b, c = f(1, 2, 3)
  local d, e, g, h, i, j, k = f(1, 2, 3)
  print(number, show(a), show(b, c), show(d, e, g, h, i, j, k))
  print(number, show(f(1, 2, 3)), show((f(1, 2, 3))), show(0, f(1, 2, 3)), show(f(1, 2, 3), 0), #{ f(1, 2, 3) })
  pcall(f, 1, 2, 3)
  local a = pcall(f, 1, 2, 3)
  local b, c = pcall(f, 1, 2, 3)
  local d, e, g, h, i, j, k = pcall(f, 1, 2, 3)
  print(number, show(a), show(b, c), show(d, e, g, h, i, j, k))
  print(number, show(pcall(f, 1, 2, 3)), show(0, pcall(f, 1, 2, 3)), show(pcall(pcall, f, 1, 2, 3)))
  print(number, show(select(2, pcall(function(...) return f(...) end, 1, 2, 3))))
end
-- An iterator made by a call with fewer results than a loop wants.
local function next_of(list, i) i = i + 1 if list[i] then return i, list[i] end end
local function each(list) return next_of, list, 0 end
local sum = 0
for round = 1, 100 do for i, v in each({ 1, 2, 3 }) do sum = sum + i * v end end
print(sum)
-- More arguments than fit into the caller's own frame.
local many = {}
for i = 1, 240 do many[i] = i end
print(select("#", table.unpack(many)), select("#", extra(table.unpack(many))), #{ tail(table.unpack(many)) })
print((select(240, tail(table.unpack(many)))), three(table.unpack(many)))
-- Metamethods with no result, one, and several; what decides a comparison may be any value.
local odd = setmetatable({}, { __add = none, __sub = three, __lt = function() return nil end,
  __le = function() return 0, false end, __index = three, __call = shifted, __unm = extra,
  __eq = function() return {} end })
odd.x = 1
print(odd + 1, odd - 1 == odd, select("#", odd - 1))
print(odd < odd, odd <= odd, not (odd < odd), not (odd <= odd), odd == setmetatable({}, getmetatable(odd)))
print((function(ok, a, b, self, ...) return ok, a, b, self == odd, ... end)(pcall(odd, 1, 2, 3)))
print((-odd) == odd, odd[5] == odd, select("#", odd[5]))
local count = 0
for i = 1, 300 do
  if odd <= i then count = count + 1 end
  if odd < i then count = count - 100 end
  if not (odd + i) then count = count + 1 end
end
print(count)
