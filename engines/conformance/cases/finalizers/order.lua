-- Finalisers run in the reverse order in which objects got them, at a collection and at the end.
local function object(name)
  return setmetatable({ name = name }, { __gc = function(o) print("finalised", o.name) end })
end
do
  local a, b, c = object("a"), object("b"), object("c")
  a.to, b.to, c.to = c, a, b
end
collectgarbage()
print("collected")
-- A second metatable with __gc keeps the place; what is marked counts, not what is created.
do
  local first, second = {}, {}
  setmetatable(second, { __gc = function() print("second, marked first") end })
  setmetatable(first, { __gc = function() print("first, marked last") end })
  setmetatable(second, { __gc = function() print("second, with another metatable") end })
end
collectgarbage()
-- A table that is only reachable from garbage is garbage too.
do
  local inner = object("inner")
  object("outer").inner = inner
end
collectgarbage()
kept_one, kept_two = object("kept one"), object("kept two")
local three <const> = object("kept three")
collectgarbage()
print("end of the program")
