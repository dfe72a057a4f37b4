-- Tables on the way to a field that nothing but a weak metatable holds: once they are gone, so are the fields behind them.
local function get(object) return object.x end
local function weak(start)
  local metatable = setmetatable({}, { __mode = "v" })
  metatable.__index = start
  return metatable
end
local function behind_class() return setmetatable({}, { __index = { x = 1 } }) end
local makers = {
  function() local mt = weak(behind_class()) setmetatable({}, mt) return setmetatable({}, mt), mt end,
  function() local mt = weak(behind_class()) return setmetatable({}, mt), mt end,
  function() local mt = weak({ x = 1 }) return setmetatable({}, { __index = setmetatable({}, mt) }), mt end,
}
for i = 1, 3 do
  local object, metatable = makers[i]()
  for _ = 1, 100 do get(object) end
  collectgarbage() collectgarbage()
  print(i, rawget(metatable, "__index"), get(object), object.x)
end

-- Objects that change between two classes, and lose and get them again, take no more memory for it.
local A, B = { name = "a" }, { name = "b" }
A.__index, B.__index = A, B
local state = setmetatable({ n = 0 }, A)
local keep = { setmetatable({}, A), setmetatable({}, A), setmetatable({}, B), setmetatable({}, B) }
local function toggle(times)
  local seen = 0
  for i = 1, times do
    setmetatable(state, i % 3 == 0 and A or i % 3 == 1 and B or nil)
    if state.name then seen = seen + 1 end
  end
  return seen
end
toggle(300)
collectgarbage()
local before = collectgarbage("count")
print(toggle(6000))
collectgarbage()
print(collectgarbage("count") - before < 20, #keep)

-- A metatable that is finished after it was set; many tables whose first keys differ.
local function late(i)
  local metatable = { __index = A }
  local object = setmetatable({ n = i }, metatable)
  metatable.__tostring = function() return "late" .. i end
  return object
end
for i = 1, 3 do local object = late(i) print(tostring(object), object.name, object.n) end
local maps = {}
for i = 1, 300 do maps[i] = { ["key" .. i] = i } end
for i = 1, 300 do local p = {} p.px = i p.py = -i maps[i].sum = p.px + p.py + maps[i]["key" .. i] end
print(maps[1].sum, maps[300].sum)
